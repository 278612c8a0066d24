"""The routes of the ticket API, by what they are about."""
