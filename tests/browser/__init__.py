"""The chat widget, driven in a real browser."""
