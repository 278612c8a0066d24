"""Chains in PostgreSQL: the clock stands still, people and ticks come in any order, processes die."""

import asyncio
import signal
import subprocess
import sys
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from bot.errors import (
    AccessRefusedError,
    BotError,
    EvidenceClosedError,
    EvidenceRefusedError,
    NotFoundError,
    NotHolderError,
)
from bot.evidence.chains import ChainService
from bot.evidence.model import EvidenceKind, NewEvidence
from bot.evidence.nodes import Finding, Liable
from bot.evidence.service import EvidenceService
from bot.evidence.settling import Settlement
from bot.evidence.words import evidence_words
from bot.outbox.emitting import emit
from bot.outbox.model import OutgoingEvent
from bot.staff.model import SYSTEM, Actor, Role
from tests.builders import make_checkpoint
from tests.evidence.builders import OUTLETS, REVIEWER, RULES, TICKET, Listener, add_time, agent_of, make_damaged_parcel

CODES = tuple(OUTLETS)
DAY = timedelta(days=1)


class Walk:
    """The whole story of one ticket, told briefly."""

    def __init__(self, database, items, chains, clock, ticket_no: str = TICKET) -> None:
        self.database, self.items, self.chains, self.clock = database, items, chains, clock
        self.ticket_no = ticket_no

    async def open(self, waybill=None):
        async with self.database.transaction() as session:
            return await self.chains.open(session, self.ticket_no, waybill or make_damaged_parcel(), at=self.clock())

    async def hand_in(self, unit: str, kind=EvidenceKind.scan, *, words_only: bool = False) -> int:
        new = NewEvidence(kind, "出站扫描，外包装完好", snapshot={} if words_only else {"weight_g": 1200})
        async with self.database.transaction() as session:
            return (await self.items.add(session, self.ticket_no, new, by=agent_of(unit), at=self.clock())).seq

    async def prove(self, unit: str, *evidence: int, turn=None, by: Actor | None = None):
        seqs = evidence or (await self.hand_in(unit),)
        async with self.database.transaction() as session:
            by = by or agent_of(unit)
            return await self.chains.prove(session, self.ticket_no, seqs, by=by, at=self.clock(), turn=turn)

    async def admit(self, unit: str, words: str = "装车时压坏", *, by: Actor | None = None):
        async with self.database.transaction() as session:
            by = by or agent_of(unit)
            return await self.chains.admit(session, self.ticket_no, words, by=by, at=self.clock())

    async def unproven(self, position: int, *, by: Actor = REVIEWER):
        async with self.database.transaction() as session:
            return await self.chains.unproven(
                session, self.ticket_no, position, "照片不是这票件", by=by, at=self.clock()
            )

    async def withdraw(self, *, by: Actor):
        async with self.database.transaction() as session:
            return await self.chains.withdraw(session, self.ticket_no, "客户撤回", by=by, at=self.clock())

    async def tick(self) -> int:
        return await self.chains.tick(self.clock())

    async def stands(self):
        return await self.chains.of_ticket(self.ticket_no)


@pytest.fixture
def walk(database, items, chains, clock) -> Walk:
    return Walk(database, items, chains, clock)


async def test_two_prove_and_the_third_is_silent(walk, clock, listener, told):
    await walk.open()
    for unit in CODES[:2]:
        clock.advance(timedelta(hours=20))
        await walk.prove(unit)
    clock.advance(DAY - timedelta(seconds=1))
    assert await walk.tick() == 0
    clock.advance(timedelta(seconds=1))
    assert await walk.tick() == 1

    chain = await walk.stands()
    assert [node.state for node in chain.nodes] == ["proved", "proved", "silent", "waiting"]
    assert (chain.ending.finding, chain.ending.liable_unit) == (Finding.silent, "GZ900")
    assert [step.holder.outlet_code for step in listener.steps] == ["HZ900", "GZ900"]
    assert listener.endings == [chain.ending]
    assert told.of("chain.ended") == [
        {
            "ticket_no": TICKET,
            "waybill_no": "YD2026000000011",
            "liable": "GZ900",
            "finding": "silent",
            "node": 2,
            "because": ["liability.silent@v0"],
            "by": "system",
        }
    ]


async def test_the_third_admits(walk, items, listener):
    await walk.open()
    for unit in CODES[:2]:
        await walk.prove(unit)
    await walk.admit("GZ900")

    chain = await walk.stands()
    assert (chain.ending.finding, chain.ending.liable_unit, chain.ending.by) == (
        Finding.admitted,
        "GZ900",
        "agent:gz900",
    )
    admission, ending = (await items.of_ticket(TICKET))[-2:]
    assert (admission.kind, admission.text, admission.unit) == ("admission", "装车时压坏", "GZ900")
    assert (ending.kind, ending.by) == ("system", "system")
    assert ending.snapshot["because"] == ["liability.admitted@v0"]
    assert len(listener.endings) == 1


async def test_all_prove(walk, told):
    await walk.open()
    for unit in CODES:
        await walk.prove(unit)

    chain = await walk.stands()
    assert (chain.ending.finding, chain.ending.liable, chain.holder) == (Finding.all_proven, Liable.network, None)
    assert [moved["to_unit"] for moved in told.of("chain.moved")] == list(CODES[1:])


async def test_the_first_item_of_a_chain_is_the_track_as_it_stood(walk, items, source):
    await walk.open()
    (opening,) = await items.of_ticket(TICKET)

    assert (opening.kind, opening.by) == (EvidenceKind.track, "system")
    assert [scan["outlet_code"] for scan in opening.snapshot["track"]][:3] == ["HZ001", "HZ001", "HZ900"]
    assert opening.snapshot["nodes"] == list(CODES)


async def test_scans_that_come_later_leave_the_chain_alone_and_are_visible(walk, chains, source):
    await walk.open()
    late = make_checkpoint(hours_ago=30, outlet_code="XX001", outlet_name="补录网点")
    source.add(make_damaged_parcel(track=(*make_damaged_parcel().track, late)))

    (found,) = await chains.late_scans(TICKET)

    assert (found.scan, found.backdated) == (late, True)
    assert [node.outlet_code for node in (await walk.stands()).nodes] == list(CODES)


async def test_opening_again_gives_the_chain_there_is(walk, items, clock):
    first = await walk.open()
    await walk.prove("HZ001")
    clock.advance(DAY)

    again = await walk.open()

    assert (again.opened_at, again.holder.outlet_code) == (first.opened_at, "HZ900")
    assert sum(item.kind is EvidenceKind.track for item in await items.of_ticket(TICKET)) == 1


async def test_twenty_openings_at_once_open_one_chain(walk, items):
    opened = await asyncio.gather(*(walk.open() for _ in range(20)), return_exceptions=True)

    assert [found for found in opened if isinstance(found, BaseException)] == []
    assert len(await items.of_ticket(TICKET)) == 1


async def test_evidence_after_the_end_is_refused(walk, items):
    await walk.open()
    await walk.admit("HZ001")
    before = await items.of_ticket(TICKET)

    with pytest.raises(EvidenceClosedError, match=evidence_words().refusal("ended")):
        await walk.hand_in("HZ001")
    with pytest.raises(EvidenceClosedError):
        await walk.prove("HZ001", 2)
    assert await items.of_ticket(TICKET) == before


async def test_a_node_rests_its_case_on_its_own_items_only(walk):
    await walk.open()
    foreign = await walk.hand_in("GZ001")

    with pytest.raises(EvidenceRefusedError, match=f"第 {foreign} 条"):
        await walk.prove("HZ001", foreign)
    with pytest.raises(EvidenceRefusedError, match="第 99 条"):
        await walk.prove("HZ001", 99)
    assert (await walk.stands()).holder.outlet_code == "HZ001"


async def test_words_alone_or_the_common_track_prove_nothing(walk):
    await walk.open()
    words = await walk.hand_in("HZ001", EvidenceKind.statement)
    called_scan = await walk.hand_in("HZ001", words_only=True)

    for evidence in ([words], [called_scan], [1], [1, words, called_scan]):
        with pytest.raises(EvidenceRefusedError, match=evidence_words().refusal("no_proof")):
            await walk.prove("HZ001", *evidence)
    scan = await walk.hand_in("HZ001")
    chain = await walk.prove("HZ001", 1, words, scan)
    assert chain.nodes[0].evidence == (1, words, scan)


async def test_other_units_cannot_answer(walk):
    await walk.open()

    with pytest.raises(NotHolderError, match="杭州西湖网点"):
        await walk.prove("HZ900")
    with pytest.raises(NotHolderError):
        await walk.admit("HZ900")


@pytest.mark.parametrize("role", [Role.agent, Role.trainer, Role.admin, Role.provincial_arbitrator, None])
async def test_only_who_handles_tickets_answers_for_a_unit(walk, role):
    await walk.open()
    seq = await walk.hand_in("HZ001")

    with pytest.raises(NotHolderError):
        await walk.prove("HZ001", seq, by=Actor("x", role, "HZ001"))
    with pytest.raises(NotHolderError):
        await walk.admit("HZ001", by=Actor("x", role, "HZ001"))


async def test_a_reviewer_finds_evidence_unproven(walk, items):
    await walk.open()
    await walk.prove("HZ001")

    chain = await walk.unproven(0)

    assert (chain.ending.finding, chain.ending.liable_unit) == (Finding.unproven, "HZ001")
    assert [item.text for item in await items.of_ticket(TICKET)][-2] == "照片不是这票件"


@pytest.mark.parametrize(
    "by",
    [agent_of("HZ900"), Actor("agent:a", Role.agent), SYSTEM, agent_of("HZ001", Role.provincial_agent)],
)
async def test_nobody_reviews_without_the_role_or_the_own_unit(walk, by):
    await walk.open()

    with pytest.raises(AccessRefusedError, match=evidence_words().refusal("reviewer")):
        await walk.unproven(0, by=by)
    assert (await walk.stands()).ending is None


async def test_who_may_not_review_is_refused_before_anything_is_said_of_the_node(walk):
    await walk.open()

    with pytest.raises(AccessRefusedError):
        await walk.unproven(3, by=agent_of("GZ001"))
    with pytest.raises(EvidenceRefusedError, match=evidence_words().refusal("ahead")):
        await walk.unproven(3)


@pytest.mark.parametrize("by", [Actor("agent:li", Role.agent), REVIEWER, Actor("agent:sun", Role.headquarters_agent)])
async def test_a_withdrawn_chain_leaves_nobody_liable(walk, by):
    await walk.open()
    await walk.withdraw(by=by)

    chain = await walk.stands()
    assert (chain.ending.finding, chain.ending.liable) == (Finding.withdrawn, Liable.nobody)


@pytest.mark.parametrize(
    "by",
    [
        agent_of("HZ001"),
        agent_of("GZ001"),
        agent_of("XX001"),
        agent_of("GZ900", Role.provincial_agent),
        Actor("agent:t", Role.trainer),
        Actor("agent:a", Role.admin),
        Actor("agent:z", Role.provincial_arbitrator, "ZJ000"),
        SYSTEM,
    ],
)
async def test_whom_the_chain_might_find_liable_and_who_has_no_part_in_it_withdraws_nothing(walk, by):
    await walk.open()

    with pytest.raises(AccessRefusedError, match=evidence_words().refusal("withdrawer")):
        await walk.withdraw(by=by)
    assert (await walk.stands()).ending is None


async def test_the_same_turn_moves_once(walk, items):
    await walk.open()
    seq = await walk.hand_in("HZ001")

    moved = [await walk.prove("HZ001", seq, turn="t:1") for _ in range(3)]

    assert {chain.holder.outlet_code for chain in moved} == {"HZ900"}
    assert len(await items.of_ticket(TICKET)) == 3


async def test_a_ticket_without_a_chain_has_none(walk, chains):
    with pytest.raises(NotFoundError):
        await walk.stands()
    with pytest.raises(NotFoundError):
        await walk.admit("HZ001")


async def test_the_whole_walk_is_in_the_record_and_the_record_is_whole(walk, items, verifier):
    await walk.open()
    await walk.prove("HZ001")
    await walk.admit("HZ900")

    kinds = [item.kind.value for item in await items.of_ticket(TICKET)]
    assert kinds == ["track", "scan", "system", "admission", "system"]
    assert (await verifier.verify(TICKET)).broken is None


async def test_repeated_and_concurrent_ticks_end_each_chain_once(database, items, chains, clock, listener):
    walks = [Walk(database, items, chains, clock, f"GD{number:02}") for number in range(12)]
    for walk in walks:
        await walk.open()
    clock.advance(DAY)

    looked_at = await asyncio.gather(*(chains.tick(clock()) for _ in range(6)))

    assert sum(looked_at) == 12
    assert await chains.tick(clock()) == 0
    assert len(listener.endings) == 12
    endings = [item for walk in walks for item in await items.of_ticket(walk.ticket_no) if item.kind == "system"]
    assert len(endings) == 12


async def test_a_tick_does_no_more_than_it_is_told(database, items, chains, clock):
    for number in range(5):
        await Walk(database, items, chains, clock, f"GD{number}").open()
    clock.advance(DAY)

    assert [await chains.tick(clock(), limit=2) for _ in range(4)] == [2, 2, 1, 0]


async def test_a_chain_that_cannot_end_does_not_keep_the_others(database, items, chains, clock, listener):
    walks = [Walk(database, items, chains, clock, f"GD{number}") for number in range(3)]
    for walk in walks:
        await walk.open()
    clock.advance(DAY)
    listener.failing_for = {"GD0"}

    with pytest.raises(ExceptionGroup, match="GD0"):  # noqa: F821 - a built-in since Python 3.11
        await chains.tick(clock())

    assert [(await walk.stands()).ending is None for walk in walks] == [True, False, False]
    assert len(await items.of_ticket("GD0")) == 1
    listener.failing_for = set()
    assert await chains.tick(clock()) == 1
    assert (await walks[0].stands()).ending.finding is Finding.silent


async def test_an_ended_chain_cannot_be_changed_even_in_the_database(walk, database):
    await walk.open()
    await walk.admit("HZ001")

    with pytest.raises(IntegrityError, match="is refused"):
        async with database.transaction() as session:
            await session.execute(text("UPDATE chains SET liable_unit = 'GZ001'"))


async def test_the_database_knows_only_one_holder(walk, database):
    await walk.open()

    with pytest.raises(IntegrityError):
        async with database.transaction() as session:
            await session.execute(text("UPDATE chain_nodes SET state = 'holding'"))


async def test_a_chain_cannot_be_ended_while_somebody_is_proving(walk, database, chains, clock):
    await walk.open()
    seq = await walk.hand_in("HZ001")
    async with database.transaction() as session:
        await chains.prove(session, TICKET, [seq], by=agent_of("HZ001"), at=clock())
        clock.advance(DAY)
        assert await walk.tick() == 0

    assert (await walk.stands()).holder.outlet_code == "HZ900"


async def test_twenty_who_prove_at_once_hand_on_once(walk, items, listener):
    await walk.open()
    seq = await walk.hand_in("HZ001")

    tried = await asyncio.gather(*(walk.prove("HZ001", seq) for _ in range(20)), return_exceptions=True)

    assert sum(isinstance(outcome, NotHolderError) for outcome in tried) == 19
    assert [step.holder.outlet_code for step in listener.steps] == ["HZ900"]
    assert len(await items.of_ticket(TICKET)) == 3


async def test_evidence_that_waits_for_a_chain_that_is_ending_comes_too_late(walk, database, chains, items, clock):
    await walk.open()
    async with database.transaction() as session:
        await chains.admit(session, TICKET, "", by=agent_of("HZ001"), at=clock())
        adding = asyncio.create_task(walk.hand_in("HZ001"))
        await somebody_waits(database)

    with pytest.raises(EvidenceClosedError):
        await adding
    assert (await items.of_ticket(TICKET))[-1].kind is EvidenceKind.system


async def somebody_waits(database) -> None:
    waiting = text("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
    async with asyncio.timeout(30):
        while True:
            async with database.transaction() as session:
                if await session.scalar(waiting):
                    return


async def test_what_is_told_is_kept_with_the_move_or_not_at_all(database, source, clock):
    items = EvidenceService(database, emit)
    settlement = Settlement(items, Listener(), emit)
    chains = ChainService(database, items, source, settlement, rules=lambda: RULES, add=add_time)
    walk = Walk(database, items, chains, clock)
    await walk.open()
    await walk.prove("HZ001")
    with pytest.raises(NotHolderError):
        await walk.prove("HZ001", 2)
    await walk.admit("HZ900")

    async with database.transaction() as session:
        kinds = list(await session.scalars(select(OutgoingEvent.kind).order_by(OutgoingEvent.id)))
    assert sorted(kinds) == ["chain.ended", "chain.moved", *["evidence.added"] * 5]


KILLED = """
import asyncio, os, signal, sys
from datetime import datetime
from bot.db import Database
from bot.evidence.chains import ChainService
from bot.evidence.service import EvidenceService
from bot.evidence.settling import Settlement
from bot.rules.shipped import shipped_rules

async def nobody(session, kind, subject, data, *, at): ...

class Killer:
    async def ended(self, session, chain, ending):
        await session.flush()
        os.kill(os.getpid(), signal.SIGKILL)

async def main():
    database = Database(sys.argv[1])
    items = EvidenceService(database, nobody)
    settlement = Settlement(items, Killer(), nobody)
    chains = ChainService(database, items, None, settlement, rules=shipped_rules, add=None)
    await chains.tick(datetime.fromisoformat(sys.argv[2]))

asyncio.run(main())
"""


async def test_a_process_killed_at_the_last_moment_leaves_a_chain_that_the_next_tick_ends(
    walk, items, clock, listener, postgres_url, verifier
):
    await walk.open()
    clock.advance(DAY)

    arguments = [sys.executable, "-c", KILLED, postgres_url, clock().isoformat()]
    killed = await asyncio.to_thread(subprocess.run, arguments, check=False)

    assert killed.returncode == -signal.SIGKILL
    assert ((await walk.stands()).ending, len(await items.of_ticket(TICKET))) == (None, 1)
    await ends_at_last(walk)
    assert len(listener.endings) == 1
    assert (await verifier.verify(TICKET)).broken is None


async def ends_at_last(walk) -> None:
    """The server notices that the killed process is gone a moment later and lets go of its lock then."""
    async with asyncio.timeout(30):
        while await walk.tick() == 0:
            await asyncio.sleep(0.05)


moves = st.lists(
    st.tuples(st.sampled_from(["prove", "admit", "tick", "wait"]), st.sampled_from(CODES)), min_size=1, max_size=8
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(moves, min_size=2, max_size=3), st.integers(0, 2**31))
async def test_however_nodes_and_ticks_interleave_there_is_one_holder_until_one_ending(
    database, items, chains, clock, listener, verifier, people, number
):
    walk = Walk(database, items, chains, clock, f"GD{number}:{id(people)}:{clock().timestamp()}")
    listener.endings.clear()
    await walk.open()

    await asyncio.gather(*(act(walk, moves) for moves in people))

    chain = await walk.stands()
    holding = [node for node in chain.nodes if node.state == "holding"]
    assert len(holding) == (0 if chain.ending else 1)
    ended = [item for item in await items.of_ticket(walk.ticket_no) if item.snapshot.get("move") == "ended"]
    assert len(ended) == (1 if chain.ending else 0)
    assert listener.endings == ([chain.ending] if chain.ending else [])
    assert (await verifier.verify(walk.ticket_no)).broken is None
    if chain.ending is None:
        clock.advance(DAY)
        await walk.tick()


async def act(walk: Walk, moves) -> None:
    for move, unit in moves:
        try:
            if move == "prove":
                await walk.prove(unit)
            elif move == "admit":
                await walk.admit(unit)
            elif move == "tick":
                await walk.tick()
            else:
                walk.clock.advance(timedelta(hours=7))
        except BotError:
            continue
