"""A change of what understands customers, from the announcement to the last turn of the old engine."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.changeover import Changeover
from bot.channels import Reply
from bot.conversations.answering import Answering
from bot.conversations.service import ConversationService
from bot.db import Database
from bot.dialogue.engine import EngineAnswer, ScriptedEngine, Turn
from bot.dialogue.exchange import ExchangeableEngine
from bot.understanding import Lineup, Understanding, announce, announced, unannounce
from tests.conversations.conftest import MakeMessage, conversations, make_message  # noqa: F401


def make_lineup(name: str, port: int = 5055) -> Lineup:
    model = Path("models") / f"{name}.tar.gz"
    return Lineup.alone(Understanding(encoder=Path("encoders") / name, model=model, rasa_port=port))


OLD, NEW = make_lineup("old"), make_lineup("new", 5056)


class SlowEngine:
    """Repeats what it heard after its name; takes its time."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.turns: list[str] = []

    async def respond(self, turn: Turn) -> EngineAnswer:
        self.turns.append(turn.id)
        await asyncio.sleep(0.01)
        return EngineAnswer((Reply(text=f"{self.name}:{turn.says}"),))

    async def is_ready(self) -> bool:
        return True

    async def close(self) -> None:
        self.name = "closed"


async def test_what_is_announced_is_taken_over_once(tmp_path: Path) -> None:
    taken: list[Lineup] = []

    async def take_over(new: Lineup) -> None:
        taken.append(new)

    changeover = Changeover(tmp_path, OLD, take_over)
    announce(tmp_path, OLD)
    assert not await changeover.look()
    announce(tmp_path, NEW)

    assert await changeover.look()
    assert not await changeover.look()
    assert taken == [NEW]
    assert changeover.lineup == NEW


async def test_what_cannot_be_taken_over_leaves_the_old(tmp_path: Path) -> None:
    async def take_over(new: Lineup) -> None:
        raise FileNotFoundError(new.serving.encoder)

    changeover = Changeover(tmp_path, OLD, take_over)
    announce(tmp_path, NEW)

    with pytest.raises(FileNotFoundError):
        await changeover.look()
    assert changeover.lineup == OLD


def test_an_announcement_can_be_taken_back_and_half_of_one_counts_for_nothing(tmp_path: Path) -> None:
    announce(tmp_path, OLD)
    assert announced(tmp_path) == OLD
    unannounce(tmp_path)
    assert announced(tmp_path) is None
    (tmp_path / "understanding.json").write_text('{"encoder": ', encoding="utf-8")
    assert announced(tmp_path) is None


@pytest.fixture
async def watching(tmp_path: Path) -> AsyncIterator[tuple[ExchangeableEngine, SlowEngine, SlowEngine]]:
    """An engine that changes over as soon as something is announced; the old engine and the new one."""
    old, new = SlowEngine("old"), SlowEngine("new")
    engine = ExchangeableEngine(old)
    changeover = Changeover(tmp_path, OLD, lambda _: engine.exchange(new))
    await changeover.start(every_s=0.01)
    yield engine, old, new
    await changeover.stop()


async def test_customers_who_never_stop_writing_notice_no_change(
    watching: tuple[ExchangeableEngine, SlowEngine, SlowEngine],
    conversations: ConversationService,  # noqa: F811
    database: Database,
    make_message: MakeMessage,  # noqa: F811
    tmp_path: Path,
) -> None:
    engine, old, new = watching
    stand_in = ScriptedEngine()
    answering = Answering(conversations, database, engine, stand_in)
    written = [str(number) for number in range(12)]

    async def write(sender: str) -> list[str]:
        for text in written:
            received = await conversations.receive(make_message(text, sender=sender))
            answering.wake(received.conversation_id)
            await asyncio.sleep(0.02)
            if new.turns == [] and text == written[4]:
                announce(tmp_path, NEW)
        while len(told := await _told(conversations, received.conversation_id)) < len(written):
            await asyncio.sleep(0.02)
        return told

    async with asyncio.timeout(30):
        heard = await asyncio.gather(*(write(f"visitor-{number}") for number in range(4)))
        await answering.drain()

    for told in heard:
        assert [text.partition(":")[2] for text in told] == written
    assert old.turns
    assert new.turns
    assert len(set(old.turns) | set(new.turns)) == len(old.turns) + len(new.turns) == 4 * len(written)
    assert stand_in.heard == []


async def _told(conversations: ConversationService, conversation_id: object) -> list[str]:  # noqa: F811
    return [m.text for m in await conversations.messages_after(conversation_id, 1) if m.author == "bot"]
