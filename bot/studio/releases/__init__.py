"""Releases: content that was trained, proved against what serves, and given to a share of customers after the other."""
