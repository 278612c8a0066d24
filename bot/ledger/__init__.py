"""Fines, rewards and service scores that follow from liability."""
