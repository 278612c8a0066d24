"""A training that was asked for: done once, told line by line, called off, begun again after a crash."""

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import datetime, timezone
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from bot.db import Database
from bot.errors import AccessRefusedError, SetupError
from bot.settings import Settings
from bot.staff.model import Actor, Role
from bot.studio.releases import training
from bot.studio.releases.asking import Asking
from bot.studio.releases.faults import ReleaseRefusedError
from bot.studio.releases.measuring import Job
from bot.studio.releases.ports import NoVerdicts
from bot.studio.releases.replaying import Replaying
from bot.studio.releases.rules import release_rules
from bot.studio.releases.states import ReleaseState, TrainingKind
from bot.studio.releases.training import TrainingRoom, Trainings
from tests.conftest import FrozenClock
from tests.studio.releases.conftest import Shelf
from tests.studio.releases.test_gates import make_report, make_set

TRAINER = Actor("agent:lin", Role.trainer)


class FakeContents:
    """A draft with one change."""

    def __init__(self) -> None:
        self.changes: list[Any] = [
            SimpleNamespace(
                entry_id="x",
                kind="example",
                title="greet",
                before=None,
                after="早",
                told=["新增"],
                who="lin",
                why="",
                when=datetime(2026, 3, 4, tzinfo=timezone.utc),
            )
        ]
        self.written: list[tuple[str, Path]] = []
        self.problems: list[str] = []

    async def diff(self) -> Sequence[Any]:
        return self.changes

    async def head(self) -> str:
        return "abc123"

    async def tree(self, commit: str, folder: Path) -> None:
        self.written.append((commit, folder))

    async def publish(self, commit: str) -> None:
        raise AssertionError(commit)

    async def unsound(self) -> Sequence[str]:
        return self.problems

    async def publish_files(self, folder: Path) -> None:
        raise AssertionError(folder)


class FakeProgram:
    """Says its lines, then gives its answer, fails, or waits to be stopped."""

    def __init__(self, lines: Sequence[str], outcome: Callable[[], str]) -> None:
        self._lines = lines
        self._outcome = outcome
        self.stopped = threading.Event()

    def answer(self, report: Callable[[str], None]) -> str:
        for line in self._lines:
            report(line)
        return self._outcome()

    def stop(self) -> None:
        self.stopped.set()


class Room:
    """Programs that do what a test wants; by default both succeed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.began: list[tuple[str, dict[str, str]]] = []
        self.jobs: list[Job] = []
        self.train: Callable[[FakeProgram], str] = lambda _: self.trained()
        self.report = make_report()

    def trained(self) -> str:
        for name in ("encoder", "new.tar.gz"):
            (self.folder / name).touch()
        paths = {"encoder": str(self.folder / "encoder"), "model": str(self.folder / "new.tar.gz")}
        return json.dumps(paths | {"is_tuned": False})

    def begin(self, command: list[str], environment: dict[str, str]) -> FakeProgram:
        self.began.append((" ".join(command[:2]) if command[0] == "bot.trainer" else command[0], environment))
        if command[0] == "bot.trainer":
            program = FakeProgram(["model: training", "model: trained"], lambda: self.train(program))
        else:
            program = FakeProgram(["report: measuring"], lambda: self._measure(command[1], command[2]))
        return program

    def _measure(self, job: str, report: str) -> str:
        self.jobs.append(Job.model_validate_json(Path(job).read_text(encoding="utf-8")))
        Path(report).write_text(self.report.model_dump_json(), encoding="utf-8")
        return ""


class OneSet:
    async def evaluation_sets(self) -> Sequence[tuple[str, str, Sequence[dict[str, Any]]]]:
        return [("三月/抽样", "nlu", [{"text": "早", "intent": "greet"}])]


@pytest.fixture
def room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Room:
    monkeypatch.setattr(training, "_TELL_EVERY_S", 0.02)
    return Room(tmp_path)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path / "data", cache_dir=tmp_path / "cache")


@pytest.fixture
async def trainings(database: Database, clock: FrozenClock, room: Room, settings: Settings) -> AsyncIterator[Trainings]:
    rules = release_rules()
    replaying = Replaying(database, lambda text: text, NoVerdicts(), rules.replay)
    trainings = Trainings(TrainingRoom(settings, database, clock, rules, OneSet(), replaying, room.begin))
    yield trainings
    await trainings.stop()


@pytest.fixture
def contents() -> FakeContents:
    return FakeContents()


@pytest.fixture
def asking(database: Database, clock: FrozenClock, settings: Settings, contents: FakeContents) -> Asking:
    return Asking(settings, database, clock, contents)


async def ask(asking: Asking, shelf: Shelf, kind: TrainingKind = TrainingKind.quick) -> str:
    await shelf.put("old", ReleaseState.stable)
    return await asking.train(TRAINER, kind=kind)


async def test_what_is_asked_for_is_the_draft_of_that_moment(
    asking: Asking, shelf: Shelf, contents: FakeContents
) -> None:
    name = await ask(asking, shelf)

    release = await shelf.get(name)
    assert (release.state, release.commit, release.asked_by) == (ReleaseState.waiting, "abc123", "lin")
    assert contents.written == [("abc123", Path(release.tree))]
    assert [change["after"] for change in release.changes] == ["早"]


async def test_an_unchanged_draft_and_a_second_training_are_refused(
    asking: Asking, shelf: Shelf, contents: FakeContents
) -> None:
    name = await ask(asking, shelf)
    with pytest.raises(ReleaseRefusedError, match=name):
        await asking.train(TRAINER, kind=TrainingKind.quick)
    contents.changes = []
    with pytest.raises(ReleaseRefusedError, match="没有可训练"):
        await asking.train(TRAINER, kind=TrainingKind.quick)
    with pytest.raises(AccessRefusedError):
        await asking.train(Actor("agent:wang", Role.agent), kind=TrainingKind.quick)


async def test_a_draft_that_cannot_be_indexed_is_refused_before_anything_is_written(
    asking: Asking, shelf: Shelf, contents: FakeContents
) -> None:
    contents.problems = [f"条目 price.n{number}：没有答案" for number in range(5)]

    with pytest.raises(ReleaseRefusedError, match=r"5 处问题.*price\.n0.*price\.n2") as refused:
        await ask(asking, shelf)

    assert "price.n3" not in str(refused.value)
    assert contents.written == []


async def test_a_training_ends_with_a_report_and_its_gates(
    asking: Asking, shelf: Shelf, trainings: Trainings, room: Room
) -> None:
    name = await ask(asking, shelf)

    assert await trainings.look()

    release = await shelf.get(name)
    assert (release.state, release.passed, release.model_key) == (ReleaseState.ready, True, "new")
    assert release.log[:2] == ["model: training", "model: trained"]
    assert [what for what, _ in room.began] == ["bot.trainer release", "bot.studio.releases.measuring"]
    assert room.began[0][1]["BOT_CONTENT_DIR"] == release.tree
    assert (room.jobs[0].old.release, room.jobs[0].new.release) == ("old", name)
    assert [path.name for path in room.jobs[0].sets.iterdir()] == ["nlu_1-三月-抽样.jsonl"]


async def test_a_worse_model_is_ready_but_has_not_passed(
    asking: Asking, shelf: Shelf, trainings: Trainings, room: Room
) -> None:
    name = await ask(asking, shelf)
    room.report = make_report(sets=(make_set(new=0.5),))

    await trainings.look()

    release = await shelf.get(name)
    assert (release.state, release.passed) == (ReleaseState.ready, False)


async def test_a_thorough_training_tunes_the_encoder(
    asking: Asking, shelf: Shelf, trainings: Trainings, room: Room
) -> None:
    await ask(asking, shelf, TrainingKind.thorough)

    await trainings.look()

    assert room.began[0][0] == "bot.trainer tuned"


async def test_a_failed_training_says_why_and_the_next_can_begin(
    asking: Asking, shelf: Shelf, trainings: Trainings, room: Room
) -> None:
    name = await ask(asking, shelf)

    def fail(_: FakeProgram) -> str:
        raise SetupError("the disk is full")

    room.train = fail
    await trainings.look()

    release = await shelf.get(name)
    assert (release.state, release.trouble) == (ReleaseState.failed, "the disk is full")
    assert await asking.train(TRAINER, kind=TrainingKind.quick) != name


async def test_a_training_that_is_called_off_ends_at_once(
    asking: Asking, shelf: Shelf, trainings: Trainings, room: Room
) -> None:
    name = await ask(asking, shelf)
    began = threading.Event()

    def wait(program: FakeProgram) -> str:
        began.set()
        assert program.stopped.wait(20)
        raise SetupError("terminated")

    room.train = wait
    looking = asyncio.create_task(trainings.look())
    await asyncio.to_thread(began.wait, 20)
    await asking.cancel(TRAINER, name)
    await looking

    release = await shelf.get(name)
    assert (release.state, release.cancel_by) == (ReleaseState.cancelled, "lin")


async def test_one_that_only_waits_is_cancelled_without_ever_beginning(
    asking: Asking, shelf: Shelf, trainings: Trainings, room: Room
) -> None:
    name = await ask(asking, shelf)

    await asking.cancel(TRAINER, name)

    assert not await trainings.look()
    assert (await shelf.get(name)).state == ReleaseState.cancelled
    with pytest.raises(ReleaseRefusedError):
        await asking.cancel(TRAINER, name)


@pytest.mark.parametrize("state", [ReleaseState.training, ReleaseState.measuring])
async def test_what_a_killed_process_left_behind_is_begun_again(
    state: ReleaseState, shelf: Shelf, trainings: Trainings
) -> None:
    await shelf.put("old", ReleaseState.stable)
    await shelf.put("new", state)

    assert await trainings.look()

    assert (await shelf.get("new")).state == ReleaseState.ready


async def test_two_processes_never_train_the_same(
    asking: Asking, shelf: Shelf, trainings: Trainings, room: Room, database: Database
) -> None:
    await ask(asking, shelf)
    began, may_end = threading.Event(), threading.Event()

    def wait(_: FakeProgram) -> str:
        began.set()
        assert may_end.wait(20)
        return room.trained()

    room.train = wait
    looking = asyncio.create_task(trainings.look())
    await asyncio.to_thread(began.wait, 20)
    other = Trainings(trainings._room)
    assert not await other.look()
    may_end.set()
    assert await looking
    await other.stop()

    assert len([what for what, _ in room.began if what.startswith("bot.trainer")]) == 1
