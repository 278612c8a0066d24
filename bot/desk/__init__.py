"""The desk: people who take over from the bot, what they see, and what they did."""
