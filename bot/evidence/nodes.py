"""What a chain is made of: nodes with their windows, and the ending."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TypeAlias

from bot.network.model import Tier
from bot.rules.cells import Value


class NodePlace(StrEnum):
    """Where on the way a node is: 始发, 中转, 目的."""

    sending = "sending"
    transit = "transit"
    destination = "destination"


class NodeState(StrEnum):
    """What a node did with its window, or that its turn has not come."""

    waiting = "waiting"
    holding = "holding"
    proved = "proved"
    admitted = "admitted"
    silent = "silent"
    unproven = "unproven"
    excused = "excused"


class Finding(StrEnum):
    """How a chain ends: 认责, 逾期未举证, 举证不成立, 全部举证, 撤回."""

    admitted = "admitted"
    silent = "silent"
    unproven = "unproven"
    all_proven = "all_proven"
    withdrawn = "withdrawn"


class Liable(StrEnum):
    """Whom the table ``liability`` points at, seen from the node at which the chain ended."""

    this_node = "this_node"
    previous_node = "previous_node"
    network = "network"
    nobody = "nobody"


AddWorkingTime: TypeAlias = Callable[[str, datetime, timedelta], datetime]
"""(calendar, start, amount) -> the moment when so much working time has passed."""


@dataclass(frozen=True)
class Window:
    """How long each node has.  ``calendar`` "" stands for the working calendar of the node's own tier."""

    amount: timedelta
    calendar: str = ""


@dataclass(frozen=True)
class Node:
    """One outlet's turn.  ``evidence``: the ``seq`` of the items it rested its case on.  Moments are aware.

    From the moment the chain comes to it, it has ``began_at`` and ``window_ends_at``; ``answered_*`` say when it left
    the state `holding` (or who judged it unproven, and when).
    """

    position: int
    place: NodePlace
    outlet_code: str
    outlet_name: str
    tier: Tier
    state: NodeState = NodeState.waiting
    began_at: datetime | None = None
    window_ends_at: datetime | None = None
    answered_at: datetime | None = None
    answered_by: str | None = None
    evidence: tuple[int, ...] = ()

    def is_over(self, at: datetime) -> bool:
        return self.window_ends_at is not None and at >= self.window_ends_at


@dataclass(frozen=True)
class Ending:
    """Who is liable, and which row of which version of the rules said so, from which facts.

    ``node`` is the position at which the chain ended.  ``liable_unit`` is None for `network` and `nobody`.
    ``closes``: whether the ticket closes with it.
    """

    finding: Finding
    node: int
    liable: Liable
    liable_unit: str | None
    closes: bool
    because: tuple[str, ...]
    facts: Mapping[str, Value]
    at: datetime
    by: str


@dataclass(frozen=True)
class HandedOn:
    """A node proved that the parcel left it intact; the next one holds the ticket now."""

    proved: Node
    holder: Node
    at: datetime
    by: str
