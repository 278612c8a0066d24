"""Tickets and service summaries: the only tie between the people who work on a matter."""
