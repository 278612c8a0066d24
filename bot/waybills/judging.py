"""The condition of many waybills by the rules, and when each has to be looked at again.  Pure."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from bot.rules.model import RuleBook
from bot.rules.shipped import table_digest
from bot.waybills.columns import Flags, Numbers, StateColumns, Strings
from bot.waybills.model import Condition, Leg

GRACE_S = 24 * 3600.0
"""After its last ticket was closed and reviewed a parcel is left in peace for a day, whatever is late already."""
_MOMENT_LATER_S = 1.0
_CLOCKS = {"hours_since_scan": "last_at", "hours_in_leg": "leg_since", "hours_since_delivery": "delivered_at"}


@dataclass(frozen=True)
class Judgement:
    """What the rules say of ``n`` waybills, in the order of the states they were asked about.

    ``warn_at`` and ``next_check_at`` are seconds since 1970, NaN for never.  ``opens_ticket`` is a category or "".
    """

    states: StateColumns
    facts: dict[str, Any]
    condition: Strings
    opens_ticket: Strings
    tells_outlet: Flags
    is_met: Flags
    warn_at: Numbers
    next_check_at: Numbers
    _book: RuleBook
    _rows: dict[str, Any]
    _signs: Any
    _known: dict[tuple[int, int, bytes], tuple[str, ...]] = field(default_factory=dict)

    def because(self, place: int) -> tuple[str, ...]:
        """The rules behind the condition of one waybill, the deciding one first."""
        warning = int(self._rows["leg_warning"][place]) if self.facts["past_warning"][place] else -1
        key = (int(self._rows["condition"][place]), warning, self._signs[place].tobytes())
        if key not in self._known:
            self._known[key] = self._reasons(key[0], warning, np.flatnonzero(self._signs[place]).tolist())
        return self._known[key]

    def facts_at(self, places: list[int]) -> list[dict[str, Any]]:
        """The facts of some waybills, as they are kept with a change."""
        columns = [[_plain(value) for value in values[places].tolist()] for values in self.facts.values()]
        rows = zip(*columns, strict=True)
        return [{name: value for name, value in zip(self.facts, row, strict=True) if value is not None} for row in rows]

    def changed(self) -> Iterator[int]:
        """The places whose condition is another than before."""
        yield from np.flatnonzero(self.condition != self.states.names["condition"]).tolist()

    def _reasons(self, condition: int, warning: int, risks: list[int]) -> tuple[str, ...]:
        found = [self._rule("condition", condition)]
        if warning >= 0:
            found.append(self._rule("leg_warning", warning))
        return (*found, *(self._rule("risk", row) for row in risks))

    def _rule(self, table: str, row: int) -> str:
        return f"{table}.{self._book.tables[table].rows[int(row)].id}@v{self._book.version}"


JUDGES = ("leg_warning", "risk", "condition")


def rules_digest(book: RuleBook) -> str:
    """A short name of what judges waybills: another one when a publication, a roll back or a new program changed it.

    The version says less: what the program ships is version 0 before and after an update.
    """
    digests = "".join(table_digest(book.tables[name]) for name in JUDGES)
    return hashlib.sha256(digests.encode()).hexdigest()[:16]


def judge(states: StateColumns, book: RuleBook, *, now_s: float) -> Judgement:
    """Judge every state at one moment, ``now_s`` seconds since 1970."""
    moments, names = states.moments, states.names
    finished = names["leg"] == Leg.finished
    left_until = moments["settled_at"] + GRACE_S
    in_peace = (now_s < left_until) & ~(moments["last_at"] > moments["settled_at"])
    leg_rows, warn_at = _warnings(states, book, left_until)
    promise = np.fmax(_first_known(moments["agreed_at"], moments["promised_at"]), left_until)
    track = {
        "leg": names["leg"],
        "status": names["status"],
        **{name: (now_s - moments[since]) / 3600 for name, since in _CLOCKS.items()},
        **states.counts,
        **states.flags,
    }
    signs = book.matches("risk", track) & _is_sign(book) & ~in_peace[:, None]
    heard = np.fmax(moments["last_at"], np.nan_to_num(moments["settled_at"]))
    facts = {
        "open_tickets": states.counts["open_tickets"],
        "contacts_since_progress": (moments["contacted_at"] > heard).astype(np.float64),
        "past_promise": ~finished & (now_s > promise),
        "past_warning": ~finished & (now_s > warn_at),
        "risk_signs": signs.sum(axis=1).astype(np.float64),
        "finished": finished,
    }
    rows = book.first("condition", facts)
    return Judgement(
        states=states,
        facts={**track, **facts, "promise_at": promise, "warn_at": warn_at},
        condition=_outputs(book, "condition", "condition", rows, Condition.normal.value),
        opens_ticket=_outputs(book, "condition", "opens_ticket", rows, ""),
        tells_outlet=_outputs(book, "condition", "tells_outlet", rows, "") == "True",
        is_met=finished | (now_s <= promise),
        warn_at=warn_at,
        next_check_at=_next_check(states, book, [np.where(finished, np.nan, promise), warn_at, left_until], now_s),
        _book=book,
        _rows={"condition": rows, "leg_warning": leg_rows},
        _signs=signs,
    )


def _warnings(states: StateColumns, book: RuleBook, left_until: Numbers) -> tuple[Any, Numbers]:
    """The row of each leg's warning time, and the moment it is over; an agreed date puts it off."""
    rows = book.first("leg_warning", {name: states.names[name] for name in ("leg", "product", "zone")})
    hours = _output_numbers(book, "leg_warning", "warn_after_hours", rows)
    warn_at = states.moments["leg_since"] + hours * 3600
    warn_at[states.names["leg"] == Leg.finished] = np.nan
    put_off = np.where(np.isnan(warn_at), np.nan, np.fmax(states.moments["agreed_at"], left_until))
    return rows, np.fmax(warn_at, put_off)


def _next_check(states: StateColumns, book: RuleBook, moments: list[Numbers], now_s: float) -> Numbers:
    """The first moment after now at which time alone may change the judgement."""
    for name, since in _CLOCKS.items():
        moments += [states.moments[since] + hours * 3600 for hours in book.breakpoints("risk", name)]
    later = np.array(moments) + _MOMENT_LATER_S
    later[~(later > now_s)] = np.inf
    first: Numbers = later.min(axis=0)
    first[np.isinf(first)] = np.nan
    return first


def _is_sign(book: RuleBook) -> Flags:
    """Which rows of the table ``risk`` are risks; a row may also say that something is none."""
    return np.array([row.then["condition"] != Condition.normal.value for row in book.tables["risk"].rows], dtype=bool)


def _outputs(book: RuleBook, table: str, name: str, rows: Any, otherwise: str) -> Strings:
    values = [str(row.then.get(name) if row.then.get(name) is not None else "") for row in book.tables[table].rows]
    found: Strings = np.array([*values, otherwise])[rows]
    return found


def _output_numbers(book: RuleBook, table: str, name: str, rows: Any) -> Numbers:
    values = [row.then.get(name) for row in book.tables[table].rows]
    known = [float(value) if isinstance(value, int | float) else np.nan for value in values]
    found: Numbers = np.array([*known, np.nan])[rows]
    return found


def _first_known(first: Numbers, second: Numbers) -> Numbers:
    known: Numbers = np.where(np.isnan(first), second, first)
    return known


def _plain(value: Any) -> Any:
    """As JSON can keep it; None for a number that is none."""
    if isinstance(value, float):
        return None if value != value else round(value, 2)
    return value
