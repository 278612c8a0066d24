"""Samples are drawn without favour, once, and everybody can see why each was."""

from collections import Counter
from datetime import timedelta
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from bot.conversations.ratings import Rating
from bot.desk.leading.drawing import Service, draw, fingerprint
from bot.desk.leading.kinds import SampleReason, SampleState
from bot.desk.leading.sampling import WEEK, SampleFilter, place_of
from bot.desk.leading.sheets import PlanRule
from bot.desk.leading.tables import QualitySample
from bot.errors import AccessRefusedError, BadQueryError, IllegalMoveError, NotFoundError, RefusedError
from bot.staff.model import Actor, Role
from bot.staff.tables import AuditEntry
from tests.builders import NOW
from tests.desk.leading.site import BOSS, LINA, LeadingSite

PER_AGENT = PlanRule(reason=SampleReason.per_agent, count=2, sheet="service")
RANDOM = PlanRule(reason=SampleReason.random, count=3, sheet="service")


def make_service(move_id: int = 1, agent: str = "lina", **changes: object) -> Service:
    values = {"conversation_id": UUID(int=move_id), "team": None, "channel": "web", "served_at": NOW, "ended_at": NOW}
    return Service(move_id=move_id, agent=agent, **(values | changes))  # type: ignore[arg-type]


def ids(services: list[Service], rules: list[PlanRule], seed: str) -> list[int]:
    return [one.service.move_id for one in draw(services, rules, seed).drawn]


@settings(deadline=None)
@given(st.lists(st.sampled_from(["lina", "zhou", "mei"]), max_size=40), st.text(max_size=8), st.randoms())
def test_the_same_seed_draws_the_same_in_whatever_order_they_come(agents: list[str], seed: str, shuffle) -> None:
    services = [make_service(number, agent) for number, agent in enumerate(agents)]
    again = list(services)
    shuffle.shuffle(again)
    assert ids(services, [PER_AGENT, RANDOM], seed) == ids(again, [PER_AGENT, RANDOM], seed)


@given(st.lists(st.sampled_from(["lina", "zhou", "mei"]), max_size=40))
def test_everybody_has_as_many_drawn_as_there_are(agents: list[str]) -> None:
    services = [make_service(number, agent) for number, agent in enumerate(agents)]
    drawn = Counter(one.service.agent for one in draw(services, [PER_AGENT], "x").drawn)
    assert drawn == {agent: min(2, count) for agent, count in Counter(agents).items()}


def test_every_service_is_as_likely_as_any_other() -> None:
    services = [make_service(number) for number in range(6)]
    drawn = Counter(number for seed in range(3000) for number in ids(services, [RANDOM], str(seed)))
    assert all(1400 < drawn[number] < 1600 for number in range(6))


def test_what_two_rules_draw_is_one_sample_with_two_reasons() -> None:
    rules = [
        PlanRule(reason=SampleReason.low_rating, count=9, threshold=2, sheet="service"),
        PlanRule(reason=SampleReason.long_wait, count=9, threshold=60, sheet="service"),
        PlanRule(reason=SampleReason.complaint, count=9, sheet="service"),
        PlanRule(reason=SampleReason.random, count=9, sheet="service", is_on=False),
    ]
    both = make_service(1, score=1, waited_s=130, complaint="T1")
    found = draw([both, make_service(2, score=3, waited_s=59)], rules, "x")
    (one,) = found.drawn
    assert one.because == (
        {"reason": "low_rating", "score": 1},
        {"reason": "long_wait", "minutes": 2},
        {"reason": "complaint", "ticket_no": "T1"},
    )
    assert found.candidates["low_rating"] == {"count": 1, "sha256": fingerprint([both])}
    assert "random" not in found.candidates


async def test_a_week_is_drawn_with_its_seed_and_cannot_be_drawn_again(site: LeadingSite) -> None:
    begin = site.now
    for number in range(5):
        await site.served("lina", f"l{number}")
    for number in range(2):
        await site.served("zhou", f"z{number}", waited=timedelta(minutes=6))
    site.advance(WEEK)
    row = await site.leading.sampling.draw(BOSS, begin, begin + timedelta(days=1))
    samples = await site.leading.sampling.samples(BOSS, SampleFilter())
    assert len(row.seed) == 32
    assert {name: one["count"] for name, one in row.candidates.items()} == {
        "per_agent": 7,
        "low_rating": 0,
        "long_wait": 2,
        "complaint": 0,
        "random": 7,
    }
    assert Counter(sample.agent for sample in samples)["zhou"] == 2
    waited = [sample for sample in samples if sample.agent == "zhou"]
    assert {"reason": "long_wait", "minutes": 6} in waited[0].because
    for since in (begin, begin + timedelta(hours=12)):
        with pytest.raises(IllegalMoveError, match="不重抽"):
            await site.leading.sampling.draw(BOSS, since, begin + timedelta(days=1, hours=12))
    async with site.database.transaction() as session:
        (entry,) = await session.scalars(select(AuditEntry).where(AuditEntry.what == "quality.drawn"))
    assert (entry.who, entry.details["seed"]) == ("boss", row.seed)


async def test_low_ratings_are_drawn(site: LeadingSite) -> None:
    begin = site.now
    conversation_id = await site.served("lina", "v1")
    async with site.database.transaction() as session:
        session.add(
            Rating(
                conversation_id=conversation_id,
                seq=4,
                about="agent",
                agent_name="李娜",
                score=1,
                reasons=[],
                comment="",
                offered_at=site.now,
                answered_at=site.now,
            )
        )
    site.advance(timedelta(days=1))
    await site.leading.sampling.draw(BOSS, begin, site.now)
    (sample,) = await site.leading.sampling.samples(BOSS, SampleFilter(reason=SampleReason.low_rating))
    assert {"reason": "low_rating", "score": 1} in sample.because
    assert await site.leading.sampling.samples(BOSS, SampleFilter(reason=SampleReason.complaint)) == []


async def test_a_service_that_goes_on_is_not_drawn(site: LeadingSite) -> None:
    begin = site.now
    await site.held("lina")
    site.advance(timedelta(hours=1))
    await site.leading.sampling.draw(BOSS, begin, site.now)
    assert await site.leading.sampling.samples(BOSS, SampleFilter()) == []


async def test_last_week_is_drawn_by_itself_once(site: LeadingSite) -> None:
    await site.served("lina")
    site.advance(WEEK)
    row = await site.leading.sampling.draw_last_week()
    assert row is not None
    assert (row.by, row.until - row.since) == ("system", WEEK)
    assert await site.leading.sampling.draw_last_week() is None


async def test_lists_are_paged(site: LeadingSite) -> None:
    begin = site.now
    for number in range(3):
        await site.served("lina", f"l{number}")
    await site.leading.sampling.draw(BOSS, begin, site.now)
    sampling = site.leading.sampling
    first = await sampling.samples(BOSS, SampleFilter(agent="lina", state=SampleState.open), limit=2)
    rest = await sampling.samples(BOSS, SampleFilter(), before=place_of(first[-1]), limit=2)
    assert len({sample.id for sample in (*first, *rest)}) == 3
    with pytest.raises(BadQueryError):
        await sampling.samples(BOSS, SampleFilter(), before="nonsense")


async def test_what_makes_no_sense_is_refused(site: LeadingSite) -> None:
    sampling, now = site.leading.sampling, site.now
    with pytest.raises(RefusedError, match="时段"):
        await sampling.draw(BOSS, now, now)
    with pytest.raises(RefusedError, match="已经过去"):
        await sampling.draw(BOSS, now, now + WEEK)
    with pytest.raises(AccessRefusedError):
        await sampling.draw(LINA, now - WEEK, now)
    with pytest.raises(AccessRefusedError):
        await sampling.samples(LINA, SampleFilter())


async def test_a_supervisor_of_a_province_sees_samples_of_its_people_only(site: LeadingSite) -> None:
    conversation_id = await site.served("lina")
    await site.leading.sampling.calibrate(BOSS, conversation_id, scorers=1)
    there = Actor("agent:boss", Role.supervisor, province="广东省")
    assert len(await site.leading.sampling.samples(BOSS, SampleFilter())) == 1
    assert await site.leading.sampling.samples(there, SampleFilter()) == []
    with pytest.raises(NotFoundError):
        await site.leading.scoring.dossier(there, await _only(site))


async def _only(site: LeadingSite) -> UUID:
    async with site.database.transaction() as session:
        return (await session.scalars(select(QualitySample.id))).one()
