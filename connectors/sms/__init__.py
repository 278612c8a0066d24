"""SMS: one channel, a gateway for each part of the world."""
