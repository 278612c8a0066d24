"""Pages of the studio, below ``/studio``."""
