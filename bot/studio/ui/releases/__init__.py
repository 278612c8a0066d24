"""``/studio/releases``: what serves, what is trained, its report, and how it does with customers."""
