"""The trainer's studio: what the bot misunderstood, mended, proved and published."""
