"""What platforms pushed at us: stored before it is acknowledged, then read in order."""
