"""The demo network: outlets and waybills that look real, made from a seed and told relative to now."""
