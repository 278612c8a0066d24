"""The tools over HTTP: ``/api/v1/desk/tools``."""
