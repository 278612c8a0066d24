"""A conversation and its release, in the database."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from bot.channels import Reply
from bot.conversations.service import ConversationService
from bot.db import Database
from bot.dialogue.engine import Turn
from bot.studio.releases.choosing import Choosing
from bot.studio.releases.model import Release
from bot.studio.releases.states import ReleaseState
from tests.conftest import FrozenClock
from tests.conversations.conftest import MakeMessage, conversations, make_message  # noqa: F401
from tests.studio.releases.conftest import Shelf


@pytest.fixture
def choosing(database: Database, conversations: ConversationService) -> Choosing:  # noqa: F811
    """Looks at every turn."""
    ticking = iter(range(10**6))
    choosing = Choosing(database, monotonic=lambda: float(next(ticking)))
    conversations.serve_by(choosing)
    return choosing


class Talking:
    """Customers who write, and get answers."""

    def __init__(self, service: ConversationService, make: Callable[..., object]) -> None:
        self._service = service
        self._make = make

    async def turn(self, sender: str = "visitor") -> Turn:
        received = await self._service.receive(self._make("你好", sender=sender))
        turn = await self._service.next_turn(received.conversation_id)
        assert turn is not None
        await self._service.answer(turn, [Reply(text="您好")])
        return turn

    async def release(self, sender: str = "visitor") -> str | None:
        return (await self.turn(sender)).release


@pytest.fixture
def talking(
    conversations: ConversationService,  # noqa: F811
    make_message: MakeMessage,  # noqa: F811
    choosing: Choosing,
) -> Talking:
    return Talking(conversations, make_message)


async def change(database: Database, name: str, **values: object) -> None:
    async with database.transaction() as session:
        release = await session.get(Release, name)
        for key, value in values.items():
            setattr(release, key, value)


async def test_without_any_release_there_is_nothing_to_choose(talking: Talking) -> None:
    assert await talking.release() is None


async def test_a_conversation_gets_its_release_at_its_first_turn_and_keeps_it(
    talking: Talking, shelf: Shelf, database: Database
) -> None:
    await shelf.put("old", ReleaseState.stable)
    assert await talking.release() == "old"
    await shelf.put("new", ReleaseState.candidate, share=100)

    assert await talking.release() == "old"
    assert await talking.release("another") == "new"

    await change(database, "new", share=0)
    assert await talking.release("another") == "new"


async def test_a_candidate_whose_process_is_not_up_gets_nobody(talking: Talking, shelf: Shelf) -> None:
    await shelf.put("old", ReleaseState.stable)
    await shelf.put("new", ReleaseState.candidate, share=100, is_up=False)

    assert await talking.release() == "old"


async def test_a_withdrawn_release_loses_its_conversations_at_their_next_turn(
    talking: Talking, shelf: Shelf, database: Database
) -> None:
    await shelf.put("old", ReleaseState.stable)
    await shelf.put("new", ReleaseState.candidate, share=100)
    assert await talking.release() == "new"

    await change(database, "new", state=ReleaseState.withdrawn.value)

    assert await talking.release() == "old"


async def test_who_comes_back_after_a_day_gets_what_new_customers_get(
    talking: Talking, shelf: Shelf, clock: FrozenClock
) -> None:
    await shelf.put("old", ReleaseState.stable)
    await talking.turn()
    await shelf.put("new", ReleaseState.candidate, share=100)

    clock.advance(timedelta(hours=23))
    before = await talking.release()
    clock.advance(timedelta(hours=25))

    assert (before, await talking.release()) == ("old", "new")


async def test_those_who_began_with_a_leaving_release_go_on_with_it(talking: Talking, shelf: Shelf) -> None:
    await shelf.put("old", ReleaseState.stable)
    await talking.turn()
    async with shelf.database.transaction() as session:
        (await session.get(Release, "old")).state = ReleaseState.leaving.value
    await shelf.put("new", ReleaseState.stable)

    assert await talking.release() == "old"
    assert await talking.release("another") == "new"


async def test_a_withdrawn_release_is_not_served(choosing: Choosing, shelf: Shelf) -> None:
    await shelf.put("old", ReleaseState.stable)
    await shelf.put("new", ReleaseState.withdrawn)

    assert await choosing.is_served("old")
    assert not await choosing.is_served("new")
