"""The wall shows what is, to those who lead, and is read once for all of them."""

import asyncio
from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from sqlalchemy import insert

from bot.conversations.model import Conversation, HandOffReason
from bot.db import Database
from bot.delivery.model import Delivery
from bot.desk.leading.board import Board, Facts, Risk, Today, board_of
from bot.desk.leading.kinds import Heat
from bot.desk.leading.reading import BoardReading, Slow
from bot.desk.leading.settings import WallSettings, heat
from bot.desk.leading.wall import Wall
from bot.desk.leading.who import EVERYTHING, Scope
from bot.errors import AccessRefusedError
from bot.handover.kinds import AgentState
from bot.handover.presence import AgentCard
from bot.staff.model import Actor, Role
from tests.builders import NOW
from tests.desk.builders import customer_says, make_waiting
from tests.desk.leading.site import BOSS, LeadingSite


async def look(site: LeadingSite, actor: Actor = BOSS) -> Board:
    """The wall, read anew."""
    site.leading.wall._facts_at = site.leading.wall._slow_at = float("-inf")
    return await site.leading.wall.board(actor)


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.supervisor, Role.admin}))
async def test_nobody_sees_it_who_does_not_lead(site: LeadingSite, role: Role) -> None:
    with pytest.raises(AccessRefusedError, match="主管"):
        await site.leading.wall.board(Actor("agent:x", role))
    with pytest.raises(AccessRefusedError), site.leading.wall.watch(Actor("agent:x", role), print):
        pass


async def test_who_waits_is_shown_with_the_longest_wait(site: LeadingSite) -> None:
    first = await make_waiting(site.desk, visitor="v1")
    site.advance(timedelta(seconds=90))
    await make_waiting(site.desk, visitor="v2")
    board = await look(site)
    assert (board.waiting.value, board.waiting.heat) == (2, Heat.calm)
    assert board.longest_since == site.now - timedelta(seconds=90)
    assert board.longest_heat is Heat.amber
    assert board.queue[0].id == first
    assert [(line.waiting, line.longest_since) for line in board.teams] == [(2, board.longest_since)]


async def test_agents_are_shown_with_load_and_how_long(site: LeadingSite) -> None:
    await site.online("lina", "zhou")
    await site.held("lina", "v1")
    site.advance(timedelta(minutes=20))
    board = await look(site)
    lines = {line.username: line for line in board.agents}
    assert set(lines) == {"lina", "zhou"}
    assert (lines["lina"].held, lines["lina"].capacity, lines["lina"].state) == (1, 5, AgentState.online)
    assert site.now - lines["zhou"].since == timedelta(minutes=20)
    assert lines["zhou"].teams == ("理赔组",)
    assert lines["lina"].state_heat is Heat.red, "no page of hers is open"
    assert (board.online, board.held) == (2, 1)


async def test_the_day_is_counted(site: LeadingSite) -> None:
    await customer_says(site.desk, "查件", visitor="v0")
    await site.held("lina", "v1")
    waits = await make_waiting(site.desk, visitor="v2", reason=HandOffReason.dissatisfied)
    site.advance(timedelta(seconds=61))
    await site.held("zhou", "v3")
    await site.desk.conversations.leave_queue(waits)
    board = await look(site)
    assert (board.conversations, board.accepted, board.abandoned.value) == (4, 2, 1)
    assert board.bot_share.value == 0.25
    assert board.service_level.value == pytest.approx(2 / 3)
    assert board.handed_over == (("asked", 2), ("dissatisfied", 1))


async def test_yesterday_does_not_count(site: LeadingSite) -> None:
    await site.served("lina", "v1")
    site.advance(timedelta(days=1))
    board = await look(site)
    assert (board.conversations, board.accepted, board.handed_over) == (0, 0, ())


async def test_failed_deliveries_and_the_backlog_are_shown(site: LeadingSite) -> None:
    async with site.database.transaction() as session:
        for state, channel in (("dead", "sms"), ("dead", "sms"), ("held", "wechat"), ("waiting", "sms")):
            values = {"id": uuid4(), "channel": channel, "state": state, "recipient": "r", "lane": "r", "author": "bot"}
            values |= {"text": "", "buttons": [], "attachments": [], "parts_sent": 0, "attempts": 0, "code": ""}
            await session.execute(
                insert(Delivery).values(values | {"error": "", "created_at": site.now, "updated_at": site.now})
            )
    board = await look(site)
    assert [(line.channel, line.dead, line.held) for line in board.failures] == [("sms", 2, 0), ("wechat", 0, 1)]
    assert (board.outgoing.value, board.failed.value, board.failed.heat) == (1, 2, Heat.amber)


def card(username: str, at: datetime = NOW) -> AgentCard:
    return AgentCard(username, username, AgentState.online, "", at, True, 5, 1, 0, (), at)


def test_a_supervisor_of_a_province_sees_its_people_and_tickets_only() -> None:
    facts = Facts(
        at=NOW,
        agents=[card("a"), card("b")],
        places={"a": (None, "广东省"), "b": (None, "浙江省")},
        risks=[Risk("outlet", "GZ001", "广东省", 2, 1), Risk("outlet", "HZ001", "浙江省", 5, 0)],
    )
    board = board_of(facts, Scope(province="广东省"), WallSettings())
    assert [line.username for line in board.agents] == ["a"]
    assert (board.overdue.value, board.due_soon.value) == (2, 1)
    assert board_of(facts, EVERYTHING, WallSettings()).overdue.value == 7
    assert board_of(facts, Scope(unit="HZ001"), WallSettings()).overdue.value == 5


def test_who_could_still_be_accepted_in_time_counts_neither_way() -> None:
    today = Today(waited=((10, "accept"), (100, "accept"), (5, "waits"), (5, "leave"), (100, "waits")))
    board = board_of(Facts(at=NOW, today=today), EVERYTHING, WallSettings(accept_within_s=60))
    assert board.service_level.value == pytest.approx(1 / 3)


@pytest.mark.parametrize(
    ("value", "steps", "is_"),
    [
        (None, (1, 2), Heat.calm),
        (0.9, (1, 2), Heat.calm),
        (1, (1, 2), Heat.amber),
        (2, (1, 2), Heat.red),
        (0.8, (0.8, 0.6), Heat.calm),
        (0.79, (0.8, 0.6), Heat.amber),
        (0.5, (0.8, 0.6), Heat.red),
    ],
)
def test_a_figure_is_amber_and_red_from_its_steps(value: float | None, steps: tuple[float, float], is_: Heat) -> None:
    assert heat(value, steps) is is_


class Counted(BoardReading):
    """Counts how often it is asked."""

    def __init__(self) -> None:
        self.times = 0

    async def facts(self, slow: Slow) -> Facts:
        self.times += 1
        await asyncio.sleep(0)
        return Facts(at=NOW, bot_now=self.times)

    async def slow(self) -> Slow:
        return Slow()


async def test_however_many_watch_it_is_read_once() -> None:
    reading, got = Counted(), asyncio.Queue[Board]()
    wall = Wall(reading, WallSettings(), rest_s=30)
    with wall.watch(BOSS, got.put_nowait), wall.watch(BOSS, got.put_nowait):
        boards = [await got.get(), await got.get(), *await asyncio.gather(*(wall.board(BOSS) for _ in range(20)))]
    assert reading.times == 1
    assert len({id(board) for board in boards[:2]}) == 1


async def test_it_is_drawn_again_when_something_happens_and_not_more_than_once_a_rest() -> None:
    reading, got = Counted(), asyncio.Queue[Board]()
    wall = Wall(reading, WallSettings(), rest_s=0.05, tick_s=30)
    with wall.watch(BOSS, got.put_nowait):
        await got.get()
        for _ in range(50):
            wall._changed.set()
        await asyncio.wait_for(got.get(), 20)
        await asyncio.sleep(0.2)
        assert got.empty()
        assert reading.times == 2
    assert wall._task is None


async def test_it_is_quick_with_two_thousand_conversations(site: LeadingSite, database: Database) -> None:
    customer = (await site.desk.conversations.view(await customer_says(site.desk, "在吗"))).customer_id
    people = ["lina", "zhou", "mei"]
    rows = [
        {
            "id": uuid4(),
            "customer_id": customer,
            "channel": "web",
            "reply_channel": "web",
            "reply_address": f"v{number}",
            "state": "queued" if number % 4 == 0 else "agent",
            "agent": None if number % 4 == 0 else people[number % 3],
            "queued_at": site.now - timedelta(seconds=number),
            "created_at": site.now,
            "updated_at": site.now,
            "route_because": [],
            "let_pass": [],
        }
        for number in range(2000)
    ]
    async with database.transaction() as session:
        await session.execute(insert(Conversation), rows)
    await look(site)
    began = asyncio.get_running_loop().time()
    board = await look(site)
    assert asyncio.get_running_loop().time() - began < 1.0
    assert (board.waiting.value, board.held) == (500, 1500)
    assert len(board.model_dump_json()) < 60_000
