"""``/studio`` (what to do next) and ``/studio/numbers``."""
