"""How the bot does, counted day by day, and what to mend next."""
