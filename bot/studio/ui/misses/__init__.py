"""``/studio/misses``: what the bot did not understand, in groups, mended from the keyboard."""
