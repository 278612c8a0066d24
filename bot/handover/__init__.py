"""Handing a conversation to people: by which rule, to which team, to whom of those who are there, and back."""
