"""Twilio, for every country but mainland China."""
