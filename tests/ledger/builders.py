"""A little rule book, and rulings of which a test names only what matters to it."""

from datetime import datetime
from typing import Any

from bot.db import Database
from bot.ledger.model import LedgerEntry
from bot.ledger.service import LedgerService
from bot.rules.model import RuleBook
from bot.rules.yaml_files import read_files

RULES = """
table: ledger
title: 奖惩
hit: all
inputs:
  - {name: kind, title: 来由, type: choice, choices: {complaint: 投诉裁决, chain: 证据链}}
  - {name: cause, title: 问题原因, type: text}
  - {name: amount, title: 数额, type: number}
outputs:
  - {name: entry, title: 种类, type: choice, choices: {fine: 罚款, reward: 奖励, score: 服务分}}
  - {name: amount, title: 金额或分数, type: number}
  - {name: to, title: 记给, type: choice, choices: {liable: 责任方, reporter: 举报方}}
  - {name: note, title: 摘要, type: text}
rows:
  - {id: fine, when: {kind: complaint}, then: {entry: fine, amount: 100.1, to: liable, note: 投诉成立}}
  - {id: score, when: {kind: complaint}, then: {entry: score, amount: -5, to: liable, note: 投诉成立}}
  - {id: attitude, when: {kind: complaint, cause: attitude}, then: {entry: fine, amount: 200, to: liable, note: 态度}}
  - {id: reporter, when: {kind: "complaint, chain"}, then: {entry: reward, amount: 20.2, to: reporter, note: 举报}}
  - {id: nothing, when: {kind: chain}, then: {entry: fine, amount: 0, to: liable, note: 不罚}}
"""
UNITS = {"liable": "GZ001", "reporter": "HZ001"}


def make_book(version: int = 3) -> RuleBook:
    draft = read_files({"ledger.yml": RULES})
    assert not draft.problems
    return RuleBook(version, dict(draft.tables))


async def enter(
    database: Database, ledger: LedgerService, at: datetime, *, reference: str = "ruling:1", **changes: Any
) -> list[LedgerEntry]:
    facts = {"kind": "complaint", "cause": "lost", "amount": None, **changes.pop("facts", {})}
    values: dict[str, Any] = {"ticket_no": "GD1", "units": UNITS, "by": "agent:judge", **changes}
    async with database.transaction() as session:
        return await ledger.enter(session, values.pop("book", make_book()), facts, reference=reference, at=at, **values)


async def take_back(
    database: Database, ledger: LedgerService, at: datetime, reference: str = "ruling:1"
) -> list[LedgerEntry]:
    async with database.transaction() as session:
        return await ledger.reverse_ruling(session, "GD1", reference, by="agent:chief", why="申诉成立", at=at)
