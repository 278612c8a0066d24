"""Which messages are looked at: every one with the same probability, or with a probability that is kept; pure.

Systematic sampling (Madow 1944): of ``total`` messages in a row, ``size`` are taken at equal distances from a random
start.  Each is taken with probability size/total exactly; and as the row is ordered by channel and day, each of those
is represented in proportion, without anybody having to allot.

Where bands of confidence are sampled unevenly, a sentence stands for ``weight`` messages, total/size of its band.  Sums
with these weights are unbiased (Horvitz and Thompson 1952).
"""

from collections.abc import Mapping
from math import floor

BANDS = (0.4, 0.7, 0.9)
"""Where one band of confidence ends and the next begins; the last reaches to 1, what has no confidence is the first."""
AT_LEAST = 2
"""Of each band, as far as it has so many: less says nothing about its spread."""


def band_of(confidence: float | None) -> int:
    """0 for the least sure."""
    return sum(confidence >= edge for edge in BANDS) if confidence is not None else 0


def is_taken(place: int, total: int, size: int, start: int) -> bool:
    """Whether the message at ``place`` (from 1) of ``total`` is among the ``size`` taken.

    Parameters
    ----------
    start: drawn from 0 to ``total`` - 1, the same for the whole row.
    """
    return (place * size + start) // total != ((place - 1) * size + start) // total


def allot(totals: Mapping[int, int], size: int, *, evenly: bool) -> dict[int, int]:
    """How many of each band: in proportion, or the same of each as far as there are so many.

    Sums to ``size``, or to all there are.
    """
    size = min(size, sum(totals.values()))
    weights = {band: 1.0 if evenly else float(total) for band, total in totals.items() if total}
    given = dict.fromkeys(weights, 0)
    if evenly:
        given = {band: min(AT_LEAST, totals[band]) for band in weights}
        while sum(given.values()) > size:
            given[max(given, key=lambda band: given[band])] -= 1
    while (left := size - sum(given.values())) > 0:
        given = _with_more(given, {band: w for band, w in weights.items() if given[band] < totals[band]}, totals, left)
    return given


def _with_more(
    given: Mapping[int, int], weights: Mapping[int, float], totals: Mapping[int, int], left: int
) -> dict[int, int]:
    """Share out what is left by the largest remainders; no band gets more than it has."""
    whole = sum(weights.values())
    shares = {band: left * weight / whole for band, weight in weights.items()}
    more = {band: floor(share) for band, share in shares.items()}
    for band in sorted(shares, key=lambda band: more[band] - shares[band])[: left - sum(more.values())]:
        more[band] += 1
    return {band: min(totals[band], n + more.get(band, 0)) for band, n in given.items()}
