"""Gateways to try with: as strict as the real ones, on one's own machine."""
