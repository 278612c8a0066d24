"""Satisfaction by whatever, with how sure the figures are."""

import csv
import io
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import t
from sqlalchemy import select

from bot.conversations.ratings import Rating
from bot.desk.leading.satisfaction import Asked
from bot.desk.leading.satisfaction_schemas import ReportView, answers_csv
from bot.desk.leading.tallies import Tally, student_t
from bot.errors import AccessRefusedError, BadQueryError, RefusedError
from bot.staff.model import Actor, Role
from bot.staff.tables import AuditEntry
from tests.desk.builders import customer_says
from tests.desk.leading.site import BOSS, LINA, LeadingSite

COUNTS = st.tuples(*[st.integers(0, 300)] * 5)


async def rate(
    site: LeadingSite,
    conversation_id: UUID,
    score: int | None,
    *,
    about: str = "agent",
    comment: str = "",
    reasons: tuple[str, ...] = (),
    at: datetime | None = None,
) -> None:
    async with site.database.transaction() as session:
        session.add(
            Rating(
                conversation_id=conversation_id,
                seq=1,
                about=about,
                agent_name="李娜" if about == "agent" else None,
                score=score,
                reasons=list(reasons),
                comment=comment,
                offered_at=at or site.now,
                answered_at=site.now if score else None,
            )
        )


def of_today(site: LeadingSite, **more: str) -> Asked:
    return Asked(site.now - timedelta(days=2), site.now + timedelta(days=1), **more)


async def view(site: LeadingSite, actor: Actor = BOSS, **more: str) -> ReportView:
    return ReportView.of(await site.leading.satisfaction.report(actor, of_today(site, **more)))


async def fill(site: LeadingSite) -> None:
    """Two answers and a silence for 李娜, one for 周强, one for the bot."""
    for number, score in enumerate((5, 2, None)):
        conversation_id = await site.served("lina", f"l{number}")
        await rate(
            site, conversation_id, score, comment="电话13912345678没人接" if score == 2 else "", reasons=("slow",)
        )
    await rate(site, await site.served("zhou", "z"), 4)
    await rate(site, await customer_says(site.desk, "查件", visitor="b"), 3, about="bot")


async def test_who_served_is_known_by_who_had_taken_the_conversation(site: LeadingSite) -> None:
    await fill(site)
    found = await view(site)
    assert [(line.key, line.figures.offered, line.figures.mean) for line in found.agents] == [
        ("lina", 3, 3.5),
        ("zhou", 1, 4.0),
    ]
    assert {line.key: line.figures.mean for line in found.about} == {"agent": pytest.approx(11 / 3), "bot": 3.0}
    assert (found.total.offered, found.total.answered, found.total.response) == (5, 4, 0.8)
    assert found.total.good == 0.5


async def test_whoever_took_it_last_before_it_was_rated_is_meant(site: LeadingSite) -> None:
    conversation_id = await site.served("lina", "v")
    rated_at = site.now
    site.advance(timedelta(minutes=5))
    await site.served("zhou", "v")
    await rate(site, conversation_id, 5, at=rated_at)
    assert [line.key for line in (await view(site)).agents] == ["lina"]


async def test_what_is_asked_narrows(site: LeadingSite) -> None:
    await fill(site)
    assert (await view(site, about="bot")).total.answered == 1
    assert (await view(site, agent="zhou")).total.answered == 1
    assert (await view(site, channel="sms")).total.offered == 0
    old = Asked(site.now - timedelta(days=9), site.now - timedelta(days=5))
    assert (await site.leading.satisfaction.report(BOSS, old)).cells == ()


async def test_reasons_count_only_where_somebody_answered(site: LeadingSite) -> None:
    await fill(site)
    assert [(line.name, line.count) for line in (await view(site)).reasons] == [("等得太久", 2)]


async def test_comments_are_masked_and_paged(site: LeadingSite) -> None:
    for number in range(3):
        await rate(site, await site.served("lina", f"v{number}"), 1, comment=f"第{number}次，电话13912345678")
    satisfaction = site.leading.satisfaction
    first = await satisfaction.comments(BOSS, of_today(site), limit=2)
    rest = await satisfaction.comments(BOSS, of_today(site), before=first[-1].place, limit=2)
    assert [one.comment for one in (*first, *rest)] == [f"第{n}次，电话139****5678" for n in (2, 1, 0)]
    with pytest.raises(BadQueryError):
        await satisfaction.comments(BOSS, of_today(site), before="nonsense")


async def test_the_file_has_every_answer_without_formulas_and_leaves_a_line_in_the_audit(site: LeadingSite) -> None:
    await rate(site, await site.served("lina", "v"), 1, comment="=HYPERLINK(1)", reasons=("slow",))
    portions = await site.leading.satisfaction.export(BOSS, of_today(site))
    text = "".join([piece async for piece in answers_csv(portions, {})])
    assert text.startswith("\ufeff")
    _, row = csv.reader(io.StringIO(text))
    assert row[2:8] == ["人工", "", "李娜", "1", "等得太久", "'=HYPERLINK(1)"]
    async with site.database.transaction() as session:
        entries = list(await session.scalars(select(AuditEntry).where(AuditEntry.what == "satisfaction.exported")))
    assert [entry.who for entry in entries] == ["boss"]


async def test_of_a_province_only_its_people_are_shown(site: LeadingSite) -> None:
    await fill(site)
    await rate(site, await site.served("chen", "c"), 5)
    there = Actor("agent:boss", Role.supervisor, province="广东省")
    assert [line.key for line in (await view(site, there)).agents] == ["chen"]
    assert (await view(site, there)).total.offered == 1


async def test_nonsense_and_strangers_are_refused(site: LeadingSite) -> None:
    satisfaction = site.leading.satisfaction
    with pytest.raises(RefusedError, match="时段"):
        await satisfaction.report(BOSS, Asked(site.now, site.now))
    for attempt in (
        satisfaction.report(LINA, of_today(site)),
        satisfaction.comments(LINA, of_today(site)),
        satisfaction.export(LINA, of_today(site)),
    ):
        with pytest.raises(AccessRefusedError):
            await attempt


@given(COUNTS)
def test_the_mean_lies_in_its_interval_and_both_on_the_scale(stars: tuple[int, ...]) -> None:
    tally = Tally(sum(stars) + 7, stars)
    if tally.interval is None:
        assert tally.answered < 5
        return
    assert tally.mean is not None
    low, high = tally.interval
    assert 1 <= low <= tally.mean <= high <= 5
    assert high > low, "nothing is certain"


@given(COUNTS, COUNTS)
def test_tallies_add_up(one: tuple[int, ...], other: tuple[int, ...]) -> None:
    both = Tally(1000, one) + Tally(500, other)
    assert both.offered == 1500
    assert both.answered == sum(one) + sum(other)


def test_more_answers_narrow_the_interval() -> None:
    def width(factor: int) -> float:
        low, high = Tally(0, tuple(factor * n for n in (1, 1, 2, 3, 3))).interval or (0, 0)
        return high - low

    assert width(1) > width(10) > width(100)
    assert width(100) == pytest.approx(2 * 1.96 * 1.27 / 1000**0.5, rel=0.05)


@pytest.mark.parametrize("freedom", [4, 5, 8, 20, 500])
def test_the_quantile_is_students(freedom: int) -> None:
    assert student_t(freedom) == pytest.approx(t.ppf(0.975, freedom), abs=0.02)
