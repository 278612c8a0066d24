import asyncio
from uuid import uuid4

from bot.channels import Reply
from bot.dialogue.engine import EngineAnswer, Turn
from bot.dialogue.exchange import ExchangeableEngine


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
