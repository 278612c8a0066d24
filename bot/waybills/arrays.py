"""Long lists as PostgreSQL array literals: several times faster than adapting every element by itself."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any


def literal(values: Sequence[Any]) -> str:
    """The text of a one-dimensional array, to be cast by the statement; moments keep their zone.

    >>> print(literal(["a", 'say "so"', "", None, True, 1.5]))
    {"a","say \\"so\\"","",NULL,true,1.5}
    """
    kinds = set(map(type, values))
    if kinds and all(issubclass(kind, str) for kind in kinds):
        return _texts(values)
    if kinds <= {int, float}:
        return "{" + ",".join(map(str, values)) + "}"
    if kinds == {datetime}:
        return "{" + ",".join(map(datetime.isoformat, values)) + "}"
    return "{" + ",".join(map(_element, values)) + "}"


def literals(columns: Mapping[str, Sequence[Any]]) -> dict[str, str]:
    return {name: literal(values) for name, values in columns.items()}


def _texts(values: Sequence[str]) -> str:
    """All of a column at once; a text of PostgreSQL has no NUL in it, so that one may stand between them."""
    if any("\0" in value for value in values):
        raise ValueError("PostgreSQL knows no text with NUL")
    joined = "\0".join(values).replace("\\", "\\\\").replace('"', '\\"')
    return '{"' + joined.replace("\0", '","') + '"}'


def _element(value: Any) -> str:
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return "true" if value else "false"
    return value.isoformat() if isinstance(value, datetime) else str(value)
