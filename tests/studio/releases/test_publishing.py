"""A share, a wider one, everybody, and back: facts about releases in front of customers."""

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from bot.channels import Reply
from bot.conversations.model import Conversation, HandOffReason
from bot.conversations.service import ConversationService
from bot.db import Database
from bot.errors import AccessRefusedError
from bot.settings import Settings
from bot.staff.audit import record
from bot.staff.model import Actor, Role
from bot.staff.tables import AuditEntry
from bot.studio.releases.choosing import Choosing
from bot.studio.releases.comparing import Measure
from bot.studio.releases.faults import ReleaseMoveError, ReleaseRefusedError
from bot.studio.releases.model import Release
from bot.studio.releases.publishing import Publishing
from bot.studio.releases.rules import release_rules
from bot.studio.releases.states import ReleaseState
from tests.conftest import FrozenClock
from tests.conversations.conftest import MakeMessage, conversations, make_message  # noqa: F401
from tests.studio.releases.conftest import Shelf

TRAINER = Actor("agent:lin", Role.trainer)
ADMIN = Actor("agent:admin", Role.admin)
AGENT = Actor("agent:wang", Role.agent)


class FakeContents:
    """A draft that is only asked to publish."""

    def __init__(self) -> None:
        self.published: list[str] = []
        self.is_broken = False

    async def diff(self) -> Sequence[Any]:
        return []

    async def head(self) -> str:
        return "head"

    async def tree(self, commit: str, folder: Path) -> None:
        raise AssertionError(folder)

    async def publish(self, commit: str) -> None:
        if self.is_broken:
            raise OSError("the disk is full")
        self.published.append(commit)

    async def unsound(self) -> Sequence[str]:
        return []

    async def publish_files(self, folder: Path) -> None:
        self.published.append(folder.name)


class FakeHold:
    def __init__(self) -> None:
        self.is_held = False

    def hold(self) -> None:
        self.is_held = True

    def go_on(self) -> None:
        self.is_held = False


@pytest.fixture
def contents() -> FakeContents:
    return FakeContents()


@pytest.fixture
def hold() -> FakeHold:
    return FakeHold()


@pytest.fixture
def publishing(
    database: Database, clock: FrozenClock, contents: FakeContents, hold: FakeHold, tmp_path: Path
) -> Publishing:
    settings = Settings(data_dir=tmp_path, content_dir=tmp_path / "files")
    return Publishing(settings, database, clock, contents, release_rules(), holdable=hold)


async def up(shelf: Shelf, name: str) -> None:
    """Its process has come up."""
    async with shelf.database.transaction() as session:
        release = await session.get(Release, name)
        assert release is not None
        release.is_up = True


async def audited(database: Database) -> list[str]:
    async with database.transaction() as session:
        return list(await session.scalars(select(AuditEntry.what).order_by(AuditEntry.at, AuditEntry.id)))


async def states(shelf: Shelf, *names: str) -> list[str]:
    return [(await shelf.get(name)).state for name in names]


async def test_a_release_is_first_tried_on_a_share(publishing: Publishing, shelf: Shelf) -> None:
    await shelf.put("old", ReleaseState.stable)
    await shelf.put("new", ReleaseState.ready)

    await publishing.publish(TRAINER, "new", share=5)

    release = await shelf.get("new")
    assert (release.state, release.share, release.published_by) == (ReleaseState.candidate, 5, "lin")
    assert await audited(shelf.database) == ["release.published"]


async def test_only_one_is_tried_at_a_time(publishing: Publishing, shelf: Shelf) -> None:
    await shelf.put("one", ReleaseState.candidate)
    await shelf.put("other", ReleaseState.ready)

    with pytest.raises(ReleaseRefusedError, match="one"):
        await publishing.publish(TRAINER, "other", share=5)


async def test_a_closed_gate_keeps_a_release_from_customers(publishing: Publishing, shelf: Shelf) -> None:
    await shelf.put("new", ReleaseState.ready, passed=False)

    with pytest.raises(ReleaseMoveError, match="门槛"):
        await publishing.publish(TRAINER, "new", share=5)
    with pytest.raises(AccessRefusedError):
        await publishing.publish(TRAINER, "new", share=5, override="急用")


async def test_an_administrator_may_open_a_gate_with_a_reason_that_is_kept(
    publishing: Publishing, shelf: Shelf
) -> None:
    await shelf.put("new", ReleaseState.ready, passed=False)

    await publishing.publish(ADMIN, "new", share=5, override="监管要求今天上线")

    release = await shelf.get("new")
    assert (release.overridden_by, release.overridden_why) == ("admin", "监管要求今天上线")
    assert "release.overridden" in await audited(shelf.database)


async def test_who_does_not_train_publishes_nothing(publishing: Publishing, shelf: Shelf) -> None:
    await shelf.put("new", ReleaseState.ready)

    with pytest.raises(AccessRefusedError):
        await publishing.publish(AGENT, "new", share=5)
    with pytest.raises(AccessRefusedError):
        await publishing.roll_back(AGENT, why="不好")


async def test_a_share_only_grows_and_only_by_the_steps(publishing: Publishing, shelf: Shelf) -> None:
    await shelf.put("new", ReleaseState.candidate, share=25)

    for share in (5, 25, 33):
        with pytest.raises(ReleaseRefusedError):
            await publishing.widen(TRAINER, share)
    await publishing.widen(TRAINER, 50)

    assert (await shelf.get("new")).share == 50


async def test_at_all_customers_its_content_goes_into_the_files_and_the_former_leaves(
    publishing: Publishing, shelf: Shelf, contents: FakeContents, hold: FakeHold
) -> None:
    await shelf.put("old", ReleaseState.stable)
    await shelf.put("new", ReleaseState.candidate, share=50)

    await publishing.widen(TRAINER, 100)

    assert contents.published == ["c-new"]
    assert await states(shelf, "old", "new") == [ReleaseState.leaving, ReleaseState.stable]
    assert hold.is_held, "the knowledge base waits for the new release's"


async def test_files_that_cannot_be_written_leave_everything_as_it_was(
    publishing: Publishing, shelf: Shelf, contents: FakeContents, hold: FakeHold
) -> None:
    await shelf.put("old", ReleaseState.stable)
    await shelf.put("new", ReleaseState.candidate, share=50)
    contents.is_broken = True

    with pytest.raises(OSError, match="full"):
        await publishing.widen(TRAINER, 100)

    assert await states(shelf, "old", "new") == [ReleaseState.stable, ReleaseState.candidate]
    assert not hold.is_held


async def test_a_candidate_is_taken_back_in_one_step(
    publishing: Publishing, shelf: Shelf, contents: FakeContents
) -> None:
    await shelf.put("old", ReleaseState.stable)
    await shelf.put("new", ReleaseState.candidate, share=25)

    assert await publishing.roll_back(TRAINER, why="答错运费") == "old"

    assert await states(shelf, "old", "new") == [ReleaseState.stable, ReleaseState.withdrawn]
    assert "答错运费" in (await shelf.get("new")).left_why
    assert contents.published == []


async def test_what_just_took_over_is_taken_back_at_once_while_the_former_still_runs(
    publishing: Publishing, shelf: Shelf, contents: FakeContents
) -> None:
    await shelf.put("old", ReleaseState.stable)
    await shelf.put("new", ReleaseState.candidate, share=50)
    await publishing.widen(TRAINER, 100)

    assert await publishing.roll_back(TRAINER, why="答错运费") == "old"

    assert await states(shelf, "old", "new") == [ReleaseState.stable, ReleaseState.withdrawn]
    assert contents.published == ["c-new", "c-old"]


async def test_one_that_was_taken_back_can_be_tried_again_and_the_former_leaves_in_peace(
    publishing: Publishing, shelf: Shelf
) -> None:
    await shelf.put("old", ReleaseState.stable)
    await shelf.put("new", ReleaseState.candidate, share=50)
    await publishing.widen(TRAINER, 100)
    await publishing.roll_back(TRAINER, why="答错运费")

    await publishing.publish(TRAINER, "new", share=100)
    await up(shelf, "new")
    await publishing.settle_if_due()

    assert await states(shelf, "old", "new") == [ReleaseState.leaving, ReleaseState.stable]


async def test_what_a_start_found_in_the_files_is_written_back_from_its_own_folder(
    publishing: Publishing, shelf: Shelf, contents: FakeContents
) -> None:
    await shelf.put("old", ReleaseState.leaving, commit=None)
    await shelf.put("new", ReleaseState.stable)

    await publishing.roll_back(TRAINER, why="答错运费")

    assert contents.published == ["old"]


async def test_one_that_left_long_ago_comes_back_as_soon_as_its_process_is_up(
    publishing: Publishing, shelf: Shelf, clock: FrozenClock
) -> None:
    await shelf.put("older", ReleaseState.kept, settled_at=clock() - timedelta(days=9))
    await shelf.put("old", ReleaseState.kept, settled_at=clock() - timedelta(days=3))
    await shelf.put("now", ReleaseState.stable)

    assert await publishing.roll_back(TRAINER, why="回到从前") == "old"
    meanwhile = await states(shelf, "old", "now")
    await up(shelf, "old")
    assert await publishing.settle_if_due()

    assert meanwhile == [ReleaseState.candidate, ReleaseState.stable]
    assert await states(shelf, "old", "now") == [ReleaseState.stable, ReleaseState.withdrawn]


async def test_any_kept_release_can_be_gone_back_to_by_name(publishing: Publishing, shelf: Shelf) -> None:
    await shelf.put("older", ReleaseState.kept)
    await shelf.put("now", ReleaseState.stable)

    assert await publishing.roll_back(TRAINER, why="回到从前", to="older") == "older"


async def test_without_a_reason_or_a_release_there_is_no_going_back(publishing: Publishing, shelf: Shelf) -> None:
    await shelf.put("now", ReleaseState.stable)

    with pytest.raises(ReleaseRefusedError, match="理由"):
        await publishing.roll_back(TRAINER, why=" ")
    with pytest.raises(ReleaseRefusedError, match="没有可以回退"):
        await publishing.roll_back(TRAINER, why="不好")


async def test_what_another_program_trained_is_not_served(publishing: Publishing, shelf: Shelf) -> None:
    await shelf.put("new", ReleaseState.ready, code="another")

    with pytest.raises(ReleaseRefusedError, match="旧程序"):
        await publishing.publish(TRAINER, "new", share=5)


async def test_a_release_whose_model_is_gone_is_not_served(publishing: Publishing, shelf: Shelf) -> None:
    await shelf.put("new", ReleaseState.ready, model="/nowhere/new.tar.gz")

    with pytest.raises(ReleaseRefusedError, match="不在"):
        await publishing.publish(TRAINER, "new", share=5)


class Crowd:
    """Conversations of one release, answered, some of them handed over."""

    def __init__(self, service: ConversationService, make: MakeMessage) -> None:
        self._service = service
        self._make = make

    async def talk(self, name: str, n: int, *, handed_over: int = 0, dissatisfied: int = 0) -> None:
        for number in range(n):
            received = await self._service.receive(self._make("你好", sender=f"{name}-{number}"))
            turn = await self._service.next_turn(received.conversation_id)
            assert turn is not None
            assert turn.release == name
            intent = "dissatisfied" if number < dissatisfied else "greet"
            if n - number <= handed_over:
                await self._service.hand_off(
                    received.conversation_id, HandOffReason.unsure, intent=None, summary="", seq=turn.seq
                )
            else:
                await self._service.answer(turn, [Reply(text="您好")], understood={"intent": intent})


@pytest.fixture
def crowd(
    conversations: ConversationService,  # noqa: F811
    make_message: MakeMessage,  # noqa: F811
    database: Database,
) -> Crowd:
    ticking = iter(range(10**9))
    conversations.serve_by(Choosing(database, monotonic=lambda: float(next(ticking))))
    return Crowd(conversations, make_message)


async def begin_trial(shelf: Shelf, clock: FrozenClock, crowd: Crowd, **old: int) -> None:
    """The stable one's customers first, then only the candidate's."""
    await shelf.put("old", ReleaseState.stable)
    await shelf.put("new", ReleaseState.candidate, share=0, published_at=clock())
    await crowd.talk("old", **old)
    async with shelf.database.transaction() as session:
        release = await session.get(Release, "new")
        assert release is not None
        release.share = 100


async def test_two_releases_are_compared_on_conversations_of_the_same_days(
    publishing: Publishing, shelf: Shelf, clock: FrozenClock, crowd: Crowd
) -> None:
    await shelf.put("old", ReleaseState.stable)
    await crowd.talk("old", 3)
    clock.advance(timedelta(hours=1))
    async with shelf.database.transaction() as session:
        await session.delete(await session.get(Release, "old"))
    await begin_trial(shelf, clock, crowd, n=6, handed_over=1)
    await crowd.talk("new", 4, handed_over=2, dissatisfied=1)
    clock.advance(timedelta(hours=1))

    comparison = await publishing.compare()

    assert (comparison.old.n, comparison.new.n) == (3, 4), "those who had talked before are no news"
    assert comparison.of(Measure.handed_over).new.value == 0.5
    assert (comparison.new.dissatisfied, comparison.new.over, comparison.new.resolved) == (1, 4, 1)


async def test_a_clear_rise_of_hand_overs_rolls_a_candidate_back(
    publishing: Publishing, shelf: Shelf, clock: FrozenClock, crowd: Crowd
) -> None:
    await begin_trial(shelf, clock, crowd, n=60, handed_over=6)
    await crowd.talk("new", 60, handed_over=24)

    assert await publishing.watch() is None

    release = await shelf.get("new")
    assert release.state == ReleaseState.withdrawn
    assert "转人工" in release.left_why
    assert "release.withdrawn" in await audited(shelf.database)


async def test_the_same_numbers_are_judged_once_whichever_process_looks(
    publishing: Publishing, shelf: Shelf, clock: FrozenClock, crowd: Crowd
) -> None:
    await begin_trial(shelf, clock, crowd, n=60, handed_over=6)
    await crowd.talk("new", 60, handed_over=10)
    for _ in range(3):
        await publishing.watch()

    assert (await audited(shelf.database)).count("release.compared") == 1


async def test_a_candidate_that_is_tried_again_is_judged_anew(
    publishing: Publishing, shelf: Shelf, clock: FrozenClock, crowd: Crowd
) -> None:
    async with shelf.database.transaction() as session:
        yesterday = clock() - timedelta(days=1)
        record(session, "release.compared", who="system", at=yesterday, about="new", look=9)
    await begin_trial(shelf, clock, crowd, n=60, handed_over=6)
    await crowd.talk("new", 60, handed_over=10)

    await publishing.watch()

    assert (await audited(shelf.database)).count("release.compared") == 2


async def test_a_rise_that_may_be_chance_changes_nothing(
    publishing: Publishing, shelf: Shelf, clock: FrozenClock, crowd: Crowd
) -> None:
    await begin_trial(shelf, clock, crowd, n=60, handed_over=6)
    await crowd.talk("new", 60, handed_over=10)

    assert await publishing.watch() is not None
    assert (await shelf.get("new")).state == ReleaseState.candidate


async def test_a_leaving_release_stays_for_those_in_the_middle_of_a_conversation(
    publishing: Publishing, shelf: Shelf, clock: FrozenClock, crowd: Crowd
) -> None:
    await shelf.put("old", ReleaseState.stable)
    await crowd.talk("old", 1)
    async with shelf.database.transaction() as session:
        (await session.get(Release, "old")).leave(at=clock(), why="")

    await publishing.let_leave()
    meanwhile = await states(shelf, "old")
    clock.advance(timedelta(minutes=31))
    await publishing.let_leave()

    assert meanwhile == [ReleaseState.leaving]
    assert await states(shelf, "old") == [ReleaseState.kept]
    async with shelf.database.transaction() as session:
        assert (await session.scalars(select(Conversation.release))).all() == ["old"]
