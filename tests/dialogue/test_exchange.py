import asyncio
from dataclasses import replace
from uuid import uuid4

import pytest

from bot.channels import Reply
from bot.dialogue.engine import EngineAnswer, Turn
from bot.dialogue.exchange import ExchangeableEngine, RoutedEngine
from bot.errors import EngineUnavailableError


class PatientEngine:
    """Answers with its name, once it is let."""

    def __init__(self, name: str, *, may_answer: bool = True) -> None:
        self.name = name
        self.may_answer = asyncio.Event()
        self.is_closed = False
        if may_answer:
            self.may_answer.set()

    async def respond(self, turn: Turn) -> EngineAnswer:
        await self.may_answer.wait()
        assert not self.is_closed
        return EngineAnswer((Reply(text=self.name),))

    async def is_ready(self) -> bool:
        return not self.is_closed

    async def close(self) -> None:
        self.is_closed = True


def make_turn(seq: int = 1) -> Turn:
    return Turn(uuid4(), uuid4(), "web", seq, "text", "你好", "")


async def answer_of(engine: ExchangeableEngine) -> str:
    return (await engine.respond(make_turn())).replies[0].text


async def test_a_turn_ends_where_it_began_and_new_ones_go_to_the_successor():
    old, new = PatientEngine("old", may_answer=False), PatientEngine("new")
    engine = ExchangeableEngine(old)
    begun = asyncio.create_task(answer_of(engine))
    await asyncio.sleep(0)

    exchanging = asyncio.create_task(engine.exchange(new))
    await asyncio.sleep(0)
    between = await answer_of(engine)
    was_waiting = not exchanging.done() and not old.is_closed
    old.may_answer.set()
    await exchanging

    assert (await begun, between) == ("old", "new")
    assert was_waiting
    assert old.is_closed


async def test_an_engine_without_turns_is_left_at_once():
    old, new = PatientEngine("old"), PatientEngine("new")
    engine = ExchangeableEngine(old)
    assert await answer_of(engine) == "old"

    await engine.exchange(new)

    assert old.is_closed
    assert await engine.is_ready()
    assert await answer_of(engine) == "new"


class BrokenEngine(PatientEngine):
    """Its process is gone."""

    async def respond(self, turn: Turn) -> EngineAnswer:
        await self.may_answer.wait()
        raise EngineUnavailableError("gone")


def make_routed(served: set[str], **engines: PatientEngine) -> RoutedEngine:
    """The first is the stable one."""

    async def is_served(release: str) -> bool:
        return release in served

    return RoutedEngine(next(iter(engines)), {name: ExchangeableEngine(e) for name, e in engines.items()}, is_served)


async def answered_by(engine: RoutedEngine, release: str | None) -> str:
    return (await engine.respond(replace(make_turn(), release=release))).replies[0].text


async def test_every_turn_goes_to_the_engine_of_its_release():
    engine = make_routed({"new"}, old=PatientEngine("old"), new=PatientEngine("new"))

    assert [await answered_by(engine, release) for release in (None, "old", "new")] == ["old", "old", "new"]


async def test_where_the_engine_of_a_release_is_away_no_other_answers_in_its_place():
    engine = make_routed({"new", "unheard"}, old=PatientEngine("old"), new=BrokenEngine("new"))

    for release in ("new", "unheard"):
        with pytest.raises(EngineUnavailableError):
            await answered_by(engine, release)


async def test_a_withdrawn_release_leaves_its_turns_to_the_stable_one():
    engine = make_routed(set(), old=PatientEngine("old"), new=BrokenEngine("new"))

    assert await answered_by(engine, "new") == "old"
    assert await answered_by(engine, "gone") == "old"


async def test_a_turn_of_a_release_that_is_withdrawn_meanwhile_is_not_lost():
    new, served = BrokenEngine("new", may_answer=False), {"new"}
    engine = make_routed(served, old=PatientEngine("old"), new=new)
    begun = asyncio.create_task(answered_by(engine, "new"))
    await asyncio.sleep(0)

    served.clear()
    new.may_answer.set()

    assert await begun == "old"


async def test_a_removed_release_finishes_the_turns_it_has():
    new = PatientEngine("new", may_answer=False)
    engine = make_routed(set(), old=PatientEngine("old"), new=new)
    begun = asyncio.create_task(answered_by(engine, "new"))
    await asyncio.sleep(0)

    removing = asyncio.create_task(engine.remove("new"))
    await asyncio.sleep(0)
    between = await answered_by(engine, "new")
    new.may_answer.set()
    await removing

    assert (await begun, between) == ("new", "old")
    assert new.is_closed
