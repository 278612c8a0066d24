"""Waybills of other carriers: who gave out a number, and what tracking services know about it."""
