"""A second wish in one message: 我要投诉快递员，另外我那个件到哪了.

Each clause is understood by itself.  A clause that surely wants something of another kind than the whole message is a
second wish; what merely tells the story of the first (碎了，我要赔偿) is not.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

SURE = 0.85
"""From this confidence on a clause is believed to want something by itself."""
SURE_AFTER_JOINT = 0.6
"""The same behind a word that joins two wishes (另外, 顺便)."""

_SHORTEST_CLAUSE = 4
_MOST_CLAUSES = 5
_JOINT = re.compile(
    r"(?:另外|顺便|顺带|对了|还有个?(?:事|问题)?|再(?:一个|问|帮|请问|麻烦|者)|同时|以及|此外|还想|还要|也想|也帮)"
)
_BREAK = re.compile(r"[，,。；;！!？?\n]+|\s{2,}|(?=另外|顺便|顺带|对了|还有|此外|再一个|再问|再帮|以及)")

_FAMILIES: tuple[frozenset[str], ...] = (
    frozenset({"query_waybill", "query_eta", "urge_delivery", "report_stalled"}),
    frozenset({"report_false_delivery", "report_lost", "report_wrong_delivery", "query_waybill", "report_stalled"}),
    frozenset(
        {
            *("report_stalled", "report_false_delivery", "report_lost", "report_damage", "report_missing_items"),
            *("report_wrong_delivery", "report_not_to_door", "report_overcharge", "apply_claim", "complain"),
        }
    ),
    frozenset({"urge_ticket", "query_ticket", "query_claim", "appeal"}),
    frozenset({"query_order", "urge_pickup", "change_pickup_time"}),
    frozenset({"report_fraud", "privacy_request"}),
)
"""Intents of one matter: one of them beside another tells of the same wish, unless a joining word stands between."""

_WISHES = frozenset().union(*_FAMILIES) | {
    *("query_pickup_code", "query_courier", "query_outlet", "query_price", "query_transit_time", "query_coverage"),
    *("place_order", "cancel_order", "change_address", "reschedule_delivery", "delivery_preference"),
    *("intercept_parcel", "refuse_parcel", "faq", "suggest", "praise"),
}


@dataclass(frozen=True)
class Clause:
    """``joined``: a word that joins two wishes leads it."""

    text: str
    joined: bool


@dataclass(frozen=True)
class SecondWish:
    """What else the message wants, and in which words."""

    intent: str
    text: str


@dataclass(frozen=True)
class Reading:
    """What a text was understood as."""

    intent: str
    confidence: float


def clauses(text: str) -> list[Clause]:
    """The parts of a message that could each hold a wish; empty when there is only one."""
    parts = [part.strip() for part in _BREAK.split(text)]
    found = [Clause(part, bool(_JOINT.match(part))) for part in parts if len(part) >= _SHORTEST_CLAUSE]
    return found[:_MOST_CLAUSES] if len(found) > 1 else []


async def second_wish(text: str, understand: Callable[[str], Awaitable[Reading]]) -> SecondWish | None:
    """The surest wish of another kind beside that of the whole message; None in nearly all messages.

    ``understand`` is called once for the message and once for each of its clauses, all at the same time.
    """
    parts = clauses(text)
    if not parts:
        return None
    whole, *readings = await asyncio.gather(understand(text), *(understand(part.text) for part in parts))
    if whole.intent not in _WISHES:
        return None
    best: tuple[float, SecondWish] | None = None
    for part, reading in zip(parts, readings, strict=True):
        if _is_another(whole.intent, reading, joined=part.joined) and (best is None or reading.confidence > best[0]):
            best = reading.confidence, SecondWish(reading.intent, part.text)
    return best[1] if best else None


def _is_another(first: str, reading: Reading, *, joined: bool) -> bool:
    if reading.intent == first or reading.intent not in _WISHES:
        return False
    if joined:
        return reading.confidence >= SURE_AFTER_JOINT
    return reading.confidence >= SURE and not any({first, reading.intent} <= family for family in _FAMILIES)
