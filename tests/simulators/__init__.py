"""Stand-ins for the services of others: small applications that behave as their documents say."""
