"""Which tables of the database are described by the code."""

import re

_PARTITION = re.compile(r".+_(rest|y\d{4}m\d{2})")


def is_described(name: str | None, kind: str) -> bool:
    """False for partitions, and for the tables that the job queue brings along."""
    return not (kind == "table" and name and (_PARTITION.fullmatch(name) or name.startswith("procrastinate_")))
