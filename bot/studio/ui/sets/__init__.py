"""``/studio/sets``: evaluation sets and dialogues that must go on working."""
