"""What a start finds in the files, and what the supervisor reads and writes."""

from pathlib import Path

import pytest

from bot.content import Content
from bot.db import Database
from bot.studio.releases.fielded import Fielded
from bot.studio.releases.states import ReleaseState
from bot.training import Trained
from tests.conftest import FrozenClock
from tests.studio.releases.conftest import Shelf


@pytest.fixture
def content(tmp_path: Path) -> Content:
    content = Content(tmp_path / "files")
    for folder in (content.intents, content.faq):
        folder.mkdir(parents=True)
    (content.intents / "greet.yml").write_text("nlu: []", encoding="utf-8")
    content.topics.write_text("{}", encoding="utf-8")
    return content


@pytest.fixture
def fielded(database: Database, clock: FrozenClock, tmp_path: Path) -> Fielded:
    return Fielded(database, clock, tmp_path / "trees")


def make_trained(folder: Path, name: str) -> Trained:
    return Trained(encoder=folder / "encoder", model=folder / f"{name}.tar.gz", is_tuned=True)


async def test_what_a_first_start_finds_gets_a_name_and_serves_everybody(
    fielded: Fielded, content: Content, shelf: Shelf, tmp_path: Path
) -> None:
    name = await fielded.begin(make_trained(tmp_path, "abc"), content, "code")

    assert name == "2026-03-04-1"
    release = await shelf.get(name)
    assert release.state == ReleaseState.stable
    assert (Path(release.tree) / "nlu_data" / "intents" / "greet.yml").exists()
    wanted = await fielded.wanted()
    assert (wanted.stable, [arm.release for arm in wanted.arms]) == (name, [name])


async def test_the_same_model_keeps_its_name_over_starts(fielded: Fielded, content: Content, tmp_path: Path) -> None:
    first = await fielded.begin(make_trained(tmp_path, "abc"), content, "code")

    assert await fielded.begin(make_trained(tmp_path, "abc"), content, "code") == first


async def test_files_that_were_changed_by_hand_replace_what_served(
    fielded: Fielded, content: Content, shelf: Shelf, tmp_path: Path
) -> None:
    first = await fielded.begin(make_trained(tmp_path, "abc"), content, "code")

    second = await fielded.begin(make_trained(tmp_path, "def"), content, "code")

    assert second == "2026-03-04-2"
    assert (await shelf.get(first)).state == ReleaseState.kept
    assert (await fielded.wanted()).stable == second


async def test_files_that_are_those_of_a_known_release_are_that_release(
    fielded: Fielded, content: Content, shelf: Shelf, tmp_path: Path
) -> None:
    await shelf.put("old", ReleaseState.stable)
    await shelf.put("new", ReleaseState.candidate)

    assert await fielded.begin(make_trained(tmp_path, "new"), content, "code") == "new"
    assert (await shelf.get("old")).state == ReleaseState.kept


async def test_after_a_start_no_process_is_up_until_it_says_so(
    fielded: Fielded, content: Content, shelf: Shelf, tmp_path: Path
) -> None:
    await shelf.put("old", ReleaseState.stable)
    await shelf.put("new", ReleaseState.candidate)

    await fielded.begin(make_trained(tmp_path, "old"), content, "code")
    before = (await shelf.get("new")).is_up
    await fielded.is_up("new")

    assert (before, (await shelf.get("new")).is_up) == (False, True)


async def test_a_candidate_that_does_not_start_is_withdrawn(fielded: Fielded, shelf: Shelf) -> None:
    await shelf.put("new", ReleaseState.candidate, is_up=False)

    await fielded.did_not_start("new", "no such model")

    release = await shelf.get("new")
    assert (release.state, release.trouble) == (ReleaseState.withdrawn, "no such model")


async def test_a_better_model_is_for_the_release_that_serves(fielded: Fielded, shelf: Shelf, tmp_path: Path) -> None:
    await shelf.put("old", ReleaseState.stable)
    await shelf.put("older", ReleaseState.kept)

    assert await fielded.retrained("old", make_trained(tmp_path, "tuned"))
    assert not await fielded.retrained("older", make_trained(tmp_path, "tuned"))
    assert (await shelf.get("old")).model_key == "tuned"


async def test_what_was_measured_is_proved_and_what_a_start_found_is_not(
    fielded: Fielded, content: Content, shelf: Shelf, tmp_path: Path
) -> None:
    found = await fielded.begin(make_trained(tmp_path, "abc"), content, "code")
    await shelf.put("new", ReleaseState.kept, report={"any": "report"})

    assert not await fielded.is_proved(found)
    assert await fielded.is_proved("new")
