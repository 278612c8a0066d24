"""Pages for supervisors: the wall, quality and satisfaction."""
