"""How entries stand in files: each format reads its entries, and writes one without touching anything else."""
