"""One way to write a document down, so that its hash means something for decades.

The form is that of RFC 8785 (JSON Canonicalization Scheme), restricted to what has only one spelling: no
fractions.  ``docs/evidence.md`` describes it for whoever checks a hash with other tools.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timezone

GENESIS = "0" * 64
"""What the first item of a ticket names as the hash before it."""

_EXACT = 2**53
"""Beyond this, whole numbers change when other languages read them."""


def canonical(value: object) -> bytes:
    """UTF-8 without white space, keys in order of their UTF-16 code units.

    Raises `TypeError` for what has no single spelling (floats, moments, keys that are no text), `ValueError` for
    integers beyond 2**53 and for halves of surrogate pairs.
    """
    text = json.dumps(_ordered(value), ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return text.encode("utf-8")


def digest(value: object) -> str:
    """SHA-256 of the canonical form, hexadecimal."""
    return hashlib.sha256(canonical(value)).hexdigest()


def moment(at: datetime) -> str:
    """``2026-03-04T02:00:00.000000Z``: UTC, always six digits of a second.  Raises `ValueError` without a zone."""
    if at.tzinfo is None:
        raise ValueError("a moment without a zone has no single spelling")
    return at.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _ordered(value: object) -> object:
    if value is None or isinstance(value, (str, bool)):
        return value
    if isinstance(value, int):
        if abs(value) >= _EXACT:
            raise ValueError(f"{value} is too large to be exact everywhere")
        return value
    if isinstance(value, Mapping):
        return {key: _ordered(value[key]) for key in sorted(value, key=_utf16)}
    if isinstance(value, Sequence) and not isinstance(value, (bytes, bytearray)):
        return [_ordered(item) for item in value]
    raise TypeError(f"{type(value).__name__} has no canonical form")


def _utf16(key: object) -> bytes:
    if not isinstance(key, str):
        raise TypeError("keys are text")
    return key.encode("utf-16-be")
