"""The routes of ``/api/v1/leading``."""
