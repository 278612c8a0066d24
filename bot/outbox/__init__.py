"""What happened here, told to other systems: once, in order, signed."""
