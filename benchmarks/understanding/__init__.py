"""How often and how fast customers are understood, side by side with what others would use: ``make bench``."""
