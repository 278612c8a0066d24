"""kill -9 in the middle of a sweep, of an import, of ticking chains: nothing is lost and nothing is done twice."""

from random import Random

import pytest

from bot.evidence.store import InMemoryStore
from bot.evidence.verification import EvidenceVerifier
from tests.killed.child import Point
from tests.killed.picture import check
from tests.killed.stage import dead_have_let_go
from tests.killed.world import WAYBILLS

TASKS = ("sweep", "ingest", "chains")
MOMENTS = [("statement", 0.15), ("statement", 0.7), ("commit", 0.5), ("committed", 0.5)]


def at(counts: dict[str, int], what: str, share: float) -> Point:
    """The point that lies this far in the work, of which it is known how many statements and commits it takes."""
    of = counts["statement" if what == "statement" else "commit"]
    return Point(what, max(1, round(share * of)))


def ids(moment: tuple[str, float]) -> str:
    return f"{moment[0]}-{moment[1]:.0%}"


@pytest.mark.parametrize("task", TASKS)
async def test_there_is_enough_to_do_to_be_killed_over(undisturbed, task):
    run = await undisturbed(task)

    told = {"sweep": "ticket.opened", "ingest": "ticket.closed", "chains": "chain.ended"}[task]
    assert run.counts["commit"] >= 7
    assert run.counts["statement"] >= 90
    assert len([event for event in run.picture["outgoing_events"] if f'"{told}"' in event]) >= 7


@pytest.mark.parametrize("moment", MOMENTS, ids=ids)
@pytest.mark.parametrize("task", TASKS)
async def test_killed_at_any_point_and_begun_again_it_ends_as_if_nothing_had_happened(stage, undisturbed, task, moment):
    expected = await undisturbed(task)
    await stage.set_up(task)

    await stage.die_at(task, at(expected.counts, *moment))
    await dead_have_let_go(stage.database)
    await check(stage.database)

    assert await stage.finish(task) == expected.picture


@pytest.mark.parametrize("task", TASKS)
async def test_killed_from_outside_time_and_again_it_ends_all_the_same(stage, undisturbed, task):
    expected = await undisturbed(task)
    await stage.set_up(task)
    chance = Random(task)

    deaths = [await stage.die_after(task, seconds) for seconds in (0, *(chance.uniform(0, 0.2) for _ in range(3)))]

    assert deaths[0], "nobody is so quick"
    assert await stage.finish(task) == expected.picture


async def test_what_was_done_before_a_death_stands_and_the_rest_is_still_due(stage, undisturbed):
    """Of six portions three are committed."""
    await stage.set_up("sweep")
    # The first three commits are those of reading which rules are in force, and of finding nothing that others judged.
    await stage.die_at("sweep", Point("committed", 6))
    await dead_have_let_go(stage.database)

    assert (await stage.service.sweep.run()).seen == WAYBILLS // 2


async def test_the_records_of_evidence_of_killed_chains_are_whole(stage, undisturbed):
    counts = (await undisturbed("chains")).counts
    await stage.set_up("chains")
    for share in (0.1, 0.1, 0.1):
        await stage.die_at("chains", at(counts, "statement", share))
    await stage.finish("chains")

    verified = [each async for each in EvidenceVerifier(stage.database, InMemoryStore()).verify_all()]
    assert len(verified) == 8
    assert [each.broken for each in verified] == [None] * 8
