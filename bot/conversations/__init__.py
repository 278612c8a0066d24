"""Conversations: every message in order, who answers, and the way to a person and back."""
