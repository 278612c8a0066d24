"""The moves of a ticket, by what they are about."""
