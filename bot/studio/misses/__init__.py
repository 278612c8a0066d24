"""What the bot did not understand: found in what is stored anyway, grouped by meaning, mended in one step."""
