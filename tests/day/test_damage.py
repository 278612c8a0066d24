"""Chains of evidence down the track, and who is liable in the end."""

import pytest

from bot.errors import EvidenceClosedError
from tests.day.damage import DAMAGE
from tests.day.network import GZ1, GZ9, HZ1, HZ9
from tests.day.parcels import ADMITTED, ALL_PROVEN, SILENT, UNPROVEN
from tests.day.reading import day

TRACK = [HZ1, HZ9, GZ9, GZ1]


async def _chain(world, read, cohort):
    ticket = await read.ticket(cohort.number, DAMAGE)
    return await world.service.evidence.chains.of_ticket(ticket.ticket_no)


@pytest.mark.parametrize(
    ("cohort", "states", "finding", "liable"),
    [
        (SILENT, ["proved", "proved", "silent", "waiting"], "silent", GZ9),
        (ADMITTED, ["proved", "admitted", "waiting", "waiting"], "admitted", HZ9),
        (ALL_PROVEN, ["proved"] * 4, "all_proven", None),
        (UNPROVEN, ["unproven", "excused", "waiting", "waiting"], "unproven", HZ1),
    ],
    ids=["silent", "admitted", "all proven", "unproven"],
)
async def test_who_cannot_prove_it_is_liable_and_the_ticket_closes_with_that(
    world, read, cohort, states, finding, liable
):
    chain = await _chain(world, read, cohort)
    ticket = await read.ticket(cohort.number, DAMAGE)

    assert [node.outlet_code for node in chain.nodes] == TRACK
    assert [node.state for node in chain.nodes] == states
    assert (chain.ending.finding, chain.ending.liable_unit) == (finding, liable)
    assert list(chain.ending.because) == [f"liability.{finding}@v0"]
    assert (ticket.status, ticket.outcome, ticket.finding, ticket.liable_unit) == ("closed", "liable", finding, liable)


async def test_each_node_has_a_day_of_its_own_working_hours_from_when_the_one_before_proved(world, read):
    chain = await _chain(world, read, SILENT)

    assert [node.began_at and (day(node.began_at), day(node.window_ends_at)) for node in chain.nodes] == [
        ("04 16:00", "06 16:00"),
        ("05 10:00", "07 10:00"),
        ("05 14:00", "07 14:00"),
        None,
    ]


async def test_the_ticket_walks_down_the_track_by_itself(read):
    ticket = await read.ticket(ALL_PROVEN.number, DAMAGE)
    events = await read.events(ticket.ticket_no)
    owners = [(event.changed["owner_unit"][1], event.by) for event in events if "owner_unit" in event.changed]

    assert owners == [(unit, "system") for unit in TRACK]


async def test_late_is_late(world):
    assert isinstance(world.refusals["proof after the window"], EvidenceClosedError)


async def test_words_prove_nothing_and_nobody_answers_for_another(world):
    assert "仅有文字说明不足以举证" in str(world.refusals["words prove"])
    assert "杭州西湖网点" in str(world.refusals["a later node proves first"])


async def test_the_record_keeps_the_track_as_it_stood_and_every_step(world, read):
    ticket = await read.ticket(SILENT.number, DAMAGE)
    items = await world.service.evidence.items.of_ticket(ticket.ticket_no)

    assert [(item.kind, item.unit) for item in items] == [
        ("track", None),
        ("statement", HZ1),
        ("photo", HZ1),
        ("system", HZ1),
        ("photo", HZ9),
        ("system", HZ9),
        ("photo", GZ9),
        ("system", None),
    ]
    assert len(items[0].snapshot["track"]) == 9
    assert [item.previous_hash for item in items[1:]] == [item.hash for item in items[:-1]]
