"""The evidence chain: what each node of a track can prove, append-only and linked by hashes."""
