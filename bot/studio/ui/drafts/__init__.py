"""Pages of intents, of words and responses, and of the draft."""
