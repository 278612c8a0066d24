"""How long a browser test waits for what must come: a machine that is busy with other things takes its time."""

PATIENCE_MS = 30_000
