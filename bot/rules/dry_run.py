"""What a draft would decide otherwise than the rules in force, on cases that really happened."""

import asyncio
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from bot.rules.cases import Cases, CaseSource
from bot.rules.model import Facts, RuleBook, Value
from bot.rules.table import HitPolicy, Table

MOST_EXAMPLES = 20
_PER_SHIFT = 3

Outcomes: TypeAlias = tuple[tuple[tuple[str, Value], ...], ...]
"""The outcomes of all rows that decided, as name and value."""


@dataclass(frozen=True)
class Shift:
    """How many cases went from one outcome to another."""

    before: Outcomes
    after: Outcomes
    count: int


@dataclass(frozen=True)
class Example:
    """A case that would be decided otherwise, with the rules of both sides."""

    subject: str
    facts: Facts
    before: Outcomes
    after: Outcomes
    because_before: tuple[str, ...]
    because_after: tuple[str, ...]


@dataclass(frozen=True)
class DryRun:
    """``shifts``: the most frequent first."""

    table: str
    cases_of: str
    total: int
    changed: int
    shifts: tuple[Shift, ...]
    examples: tuple[Example, ...]


@dataclass
class _Tally:
    """What has been counted so far."""

    total: int = 0
    shifts: Counter[tuple[Outcomes, Outcomes]] = field(default_factory=Counter)
    examples: list[Example] = field(default_factory=list)


async def dry_run(now: RuleBook, then: RuleBook, table: str, source: CaseSource) -> DryRun:
    """Judge all cases of a source by both books."""
    tally = _Tally()
    async for cases in source.cases(then.table(table)):
        if len(cases.subjects):
            await asyncio.to_thread(_count, tally, now, then, table, cases)
    shifts = tuple(Shift(before, after, count) for (before, after), count in tally.shifts.most_common())
    return DryRun(
        table, source.name, tally.total, sum(tally.shifts.values()), shifts, tuple(tally.examples[:MOST_EXAMPLES])
    )


def _count(tally: _Tally, now: RuleBook, then: RuleBook, table: str, cases: Cases) -> None:
    """Cases that hit the same rows on both sides are judged together, once."""
    tally.total += len(cases.subjects)
    before = _Patterns(now, table, cases.columns)
    after = _Patterns(then, table, cases.columns)
    combined = before.codes * len(after.outcomes) + after.codes
    pairs, first, counts = np.unique(combined, return_index=True, return_counts=True)
    for pair, case, count in zip(pairs, first, counts, strict=True):
        shift = (before.outcomes[before.codes[case]], after.outcomes[after.codes[case]])
        if shift[0] != shift[1]:
            known = tally.shifts[shift]
            tally.shifts[shift] += int(count)
            wanted = np.flatnonzero(combined == pair)[: max(0, _PER_SHIFT - known)]
            tally.examples += [_example(now, then, table, cases, int(place)) for place in wanted]


class _Patterns:
    """Which rows decided each case, as a code, and the outcomes behind each code."""

    def __init__(self, book: RuleBook, table: str, columns: Mapping[str, NDArray[Any]]) -> None:
        rules = book.table(table)
        found = book.matches(table, columns)
        if rules.hit is HitPolicy.first:
            found &= np.cumsum(found, axis=1) == 1
        patterns, codes = np.unique(np.packbits(found, axis=1), axis=0, return_inverse=True)
        self.codes: NDArray[np.int64] = codes.reshape(-1).astype(np.int64)
        hits = np.unpackbits(patterns, axis=1, count=len(rules.rows)).astype(bool)
        self.outcomes = [_outcomes(rules, row_hits) for row_hits in hits]


def _outcomes(table: Table, hits: NDArray[np.bool_]) -> Outcomes:
    return _in_order(table.rows[int(row)].then for row in np.flatnonzero(hits))


def _in_order(found: Iterable[Mapping[str, Value]]) -> Outcomes:
    """The same outcomes in any order are the same."""
    return tuple(sorted((tuple(sorted(outcome.items())) for outcome in found), key=repr))


def _example(now: RuleBook, then: RuleBook, table: str, cases: Cases, case: int) -> Example:
    facts = cases.facts(case, then.table(table))
    before, after = now.decide(table, facts), then.decide(table, facts)
    return Example(
        subject=str(cases.subjects[case]),
        facts=facts,
        before=_in_order(hit.outcome for hit in before.hits),
        after=_in_order(hit.outcome for hit in after.hits),
        because_before=before.because,
        because_after=after.because,
    )


def dry_run_lines(run: DryRun) -> Iterator[str]:
    """The result for people."""
    yield f"表 {run.table}：{run.total} 例中 {run.changed} 例的结果会不同（{run.cases_of}）"
    for shift in run.shifts:
        yield f"  {shift.count} 例：{outcomes_text(shift.before)} → {outcomes_text(shift.after)}"
    for example in run.examples:
        before, after = ("、".join(because) or "无" for because in (example.because_before, example.because_after))
        yield f"  例 {example.subject}：{before} → {after}"


def outcomes_text(outcomes: Outcomes) -> str:
    """``condition=at_risk, pattern=loop; ...``; empty outputs are left out."""
    rows = [", ".join(f"{name}={value}" for name, value in outcome if value is not None) for outcome in outcomes]
    return "; ".join(rows) or "无"
