"""What supervisors work with: the live wall, reassigning, quality samples and satisfaction."""
