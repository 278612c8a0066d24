"""Names that several modules need and no more than that."""

CHANNEL = "sms"
REST = "*"
"""In the routes: every country without a gateway of its own."""
