"""SF Express (顺丰) through its own platform 丰桥."""
