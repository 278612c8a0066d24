"""The desk under load: many agents at their pages, many open conversations."""
