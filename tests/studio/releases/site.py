"""A studio with releases in it: one that serves, one that is tried, one that failed its gates, one in training."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from bot.clock import Clock
from bot.conversations.custody import Move
from bot.conversations.model import Message
from bot.conversations.moves import ConversationMove
from bot.conversations.ratings import Rating
from bot.db import Database
from bot.evaluation.calibration import Bin
from bot.settings import Settings
from bot.studio.releases.gates import judge
from bot.studio.releases.model import Release, make_release
from bot.studio.releases.ports import NothingHeld
from bot.studio.releases.report import (
    Added,
    CalibrationCompared,
    ClassCompared,
    DoubtTold,
    ReleaseReport,
    Replay,
    Replayed,
    ScoreCompared,
    SetCompared,
    Side,
    Turned,
)
from bot.studio.releases.rules import release_rules
from bot.studio.releases.service import Releases
from bot.studio.releases.states import ReleaseState, TrainingKind
from tests.studio.sets.builders import heard, make_conversation

INTENTS = ("query_waybill", "urge_delivery", "query_price", "report_lost", "change_address", "faq", "request_human")
TEXTS = (
    "我的件三天没动了你们到底管不管",
    "改成送到公司前台行吗",
    "到付的能不能先验货再给钱",
    "显示签收了可我没收到",
    "充电宝能寄吗",
    "催一下今天能送到不",
)


@dataclass
class Changed:
    """An entry of the draft that is not as published."""

    entry_id: str
    title: str
    before: str | None
    after: str | None
    told: Sequence[str]
    when: datetime
    kind: str = "example"
    who: str = "贺兰"
    why: str = "客户常这样说"


class OneDraft:
    """A draft with a few changes."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    async def diff(self) -> Sequence[Changed]:
        now = self._clock()
        return [
            Changed("ex1", "urge_delivery", None, "催一下今天能送到不", ["新增例句"], now),
            Changed("faq1", "sending.batteries", "可以寄。", "100Wh 以内可寄，走陆运。", ["改了回答"], now, "faq"),
        ]

    async def head(self) -> str:
        return "c0ffee"

    async def tree(self, commit: str, folder: Path) -> None:
        """Nothing to write."""

    async def publish(self, commit: str) -> None:
        """Nothing to write."""

    async def unsound(self) -> Sequence[str]:
        return []

    async def publish_files(self, folder: Path) -> None:
        """Nothing to write."""


def make_releases(database: Database, clock: Clock, folder: Path) -> Releases:
    settings = Settings(data_dir=folder, cache_dir=folder / "cache", content_dir=folder / "files")
    return Releases.build(settings, database, clock, OneDraft(clock), holdable=NothingHeld())


async def fill(database: Database, clock: Clock, folder: Path, *, conversations: int = 120) -> None:
    """The candidate is somewhat better: fewer are handed over."""
    now = clock()
    await _put(database, folder, "2026-11-18-1", ReleaseState.kept, now - timedelta(days=9), note="双十一前的知识库")
    await _put(
        database,
        folder,
        "2026-11-19-1",
        ReleaseState.withdrawn,
        now - timedelta(days=4),
        note="合并了两个意图",
        left_why="自动撤回：转人工（灰度 31%，正式 18%，120 个会话，第 4 次判断）",
    )
    await _put(database, folder, "2026-11-20-1", ReleaseState.stable, now - timedelta(days=2), note="春节停运说明")
    await _put(
        database,
        folder,
        "2026-11-21-1",
        ReleaseState.ready,
        now - timedelta(days=1),
        note="批量导入的例句",
        passed=False,
        report=judge(make_full_report(poisoned=True), release_rules().gates).model_dump(mode="json"),
    )
    await _put(
        database,
        folder,
        "2026-11-22-1",
        ReleaseState.candidate,
        now - timedelta(hours=6),
        note="充电宝与催派问法",
        share=25,
        published_at=now - timedelta(hours=5),
        log=["model: training", "model: trained in 41 s"],
        report=judge(make_full_report(), release_rules().gates).model_dump(mode="json"),
        changes=[_as_kept(each) for each in await OneDraft(clock).diff()],
    )
    await _talk(
        database, "2026-11-20-1", now - timedelta(hours=4), conversations, handed_over=0.22, luck=random.Random(1)
    )
    await _talk(
        database, "2026-11-22-1", now - timedelta(hours=4), conversations // 2, handed_over=0.14, luck=random.Random(2)
    )


def make_full_report(*, poisoned: bool = False) -> ReleaseReport:
    """Something in every part of it."""
    luck = random.Random(5)
    sets = [
        _set("nlu", "nlu", {"accuracy": (0.945, 0.951), "macro_f1": (0.941, 0.948), "calibration": (0.98, 0.979)}, 725),
        _set("nlu_second_writer", "nlu", {"accuracy": (0.928, 0.903 if poisoned else 0.931)}, 694, floor=0.92),
        _set("faq", "faq", {"hit1": (0.912, 0.918), "hit3": (0.967, 0.967)}, 1005, floor=0.9),
        _set("三月真实会话抽样", "nlu", {"accuracy": (0.874, 0.892)}, 312, is_ours=True),
    ]
    turned = [
        Turned(
            set_name="nlu",
            text=luck.choice(TEXTS),
            truth=luck.choice(INTENTS),
            old=luck.choice(INTENTS),
            new=luck.choice(INTENTS),
            old_sure=luck.random(),
            new_sure=luck.random(),
        )
        for _ in range(70)
    ]
    classes = [
        ClassCompared(
            name=name, n=30 + number, old=0.9, new=0.9 + (3 - number) / 40, old_precision=0.9, new_precision=0.92
        )
        for number, name in enumerate(INTENTS)
    ]
    doubts = [DoubtTold(text=text, intent="complain", given=0.01, other="urge_delivery", sure=0.93) for text in TEXTS]
    return ReleaseReport(
        old=Side(release="2026-11-20-1", model="a", encoder="e"),
        new=Side(release="2026-11-22-1", model="b", encoder="e"),
        sets=tuple(sets),
        intents=tuple(sorted(classes, key=lambda each: each.change)),
        topics=(ClassCompared(name="sending.batteries", n=12, old=0.75, new=0.92),),
        newly_right=tuple(turned[:60]),
        newly_wrong=tuple(turned[60:]),
        newly_right_n=60,
        newly_wrong_n=10,
        calibration=CalibrationCompared(
            old=0.021,
            new=0.024,
            bins=tuple(
                Bin(n=140, lowest=x - 0.1, highest=x, confidence=x - 0.05, right=x - 0.06) for x in (0.5, 0.7, 0.9, 1)
            ),
        ),
        replay=Replay(
            days=7,
            n=1980,
            intents=64,
            decisions=91,
            better=12,
            worse=3,
            changed=(
                Replayed(
                    text=TEXTS[0], channel="wechat", old="query_waybill", new="urge_delivery", person="urge_delivery"
                ),
                Replayed(text=TEXTS[4], channel="web", old="faq:ask", new="faq:answer:sending.batteries"),
            ),
        ),
        added=Added(
            n=200 if poisoned else 24, doubtful=150 if poisoned else 1, doubts=tuple(doubts[: 6 if poisoned else 1])
        ),
        data=(),
    )


def _set(
    name: str,
    part: str,
    scores: dict[str, tuple[float, float]],
    n: int,
    *,
    floor: float | None = None,
    is_ours: bool = False,
) -> SetCompared:
    compared = [ScoreCompared(score=score, old=old, new=new, floor=floor) for score, (old, new) in scores.items()]
    return SetCompared(name=name, part=part, n=n, is_ours=is_ours, scores=tuple(compared))


def _as_kept(change: Changed) -> dict[str, Any]:
    return vars(change) | {"told": list(change.told), "when": change.when.isoformat()}


async def _put(
    database: Database, folder: Path, name: str, state: ReleaseState, at: datetime, *, note: str, **changes: Any
) -> None:
    release: Release = make_release(name, kind=TrainingKind.quick, by="he", at=at, commit=f"c-{name}", note=note)
    served = state in (ReleaseState.stable, ReleaseState.candidate)
    values = {
        "state": state.value,
        "encoder": str(folder / "encoder"),
        "model": str(folder / f"{name}.tar.gz"),
        "passed": True,
        "is_up": served,
        "began_at": at,
        "ended_at": at,
        "published_at": at,
        "settled_at": at if state in (ReleaseState.stable, ReleaseState.kept) else None,
        **changes,
    }
    for key, value in values.items():
        setattr(release, key, value)
    for file in ("encoder", f"{name}.tar.gz"):
        folder.joinpath(file).touch()
    async with database.transaction() as session:
        session.add(release)


async def _talk(
    database: Database, release: str, since: datetime, n: int, *, handed_over: float, luck: random.Random
) -> None:
    for _ in range(n):
        at = since + timedelta(seconds=luck.uniform(0, 9000))
        conversation_id = await make_conversation(database, at, release=release, release_since=at)
        rows: list[Any] = [_message(conversation_id, at, dissatisfied=luck.random() < 0.06)]
        if luck.random() < handed_over:
            rows.append(_queued(conversation_id, at))
        if luck.random() < 0.3:
            rows.append(_rated(conversation_id, at, luck.choice((1, 3, 4, 5, 5))))
        async with database.transaction() as session:
            session.add_all(rows)


def _message(conversation_id: UUID, at: datetime, *, dissatisfied: bool) -> Message:
    return Message(
        conversation_id=conversation_id,
        seq=1,
        author="customer",
        kind="text",
        text="x",
        buttons=[],
        created_at=at,
        understood=heard("dissatisfied" if dissatisfied else "query_waybill"),
    )


def _queued(conversation_id: UUID, at: datetime) -> ConversationMove:
    return ConversationMove(
        conversation_id=conversation_id,
        move=Move.queue.value,
        before="bot",
        after="queued",
        who="bot",
        why="",
        lasted_s=1,
        at=at,
    )


def _rated(conversation_id: UUID, at: datetime, score: int) -> Rating:
    return Rating(
        conversation_id=conversation_id,
        seq=1,
        about="bot",
        score=score,
        reasons=[],
        comment="",
        offered_at=at,
        answered_at=at + timedelta(minutes=1),
    )
