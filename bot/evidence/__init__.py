"""Evidence: files by their content, what was handed in for a ticket, and the walk down the track to who is liable."""
