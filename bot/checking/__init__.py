"""Whether what trainers wrote is fit to teach: nothing twice or under two intents, balance, and labels that hold."""
