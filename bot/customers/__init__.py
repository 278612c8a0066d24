"""Who writes to us: one customer, several identities."""
