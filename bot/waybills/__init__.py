"""Waybills: the numbers, the track, who may see it, and what it means for the customer."""
