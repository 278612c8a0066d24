"""What customers are told of our own accord: what happened to their parcels and tickets, if they agreed."""
