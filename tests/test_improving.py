"""Training in the background: what becomes of what it made."""

from contextlib import ExitStack
from pathlib import Path

import pytest

from bot.errors import SetupError
from bot.improving import Improvement
from bot.training import Trained


class Retraining:
    """Remembers what it was told; the release serves unless said otherwise."""

    def __init__(self, *, serves: bool = True) -> None:
        self.serves = serves
        self.told: list[tuple[str, Trained]] = []

    async def retrained(self, release: str, trained: Trained) -> bool:
        self.told.append((release, trained))
        return self.serves


@pytest.fixture
def trained(tmp_path: Path) -> Trained:
    for name in ("encoder", "new.tar.gz"):
        (tmp_path / name).touch()
    return Trained(encoder=tmp_path / "encoder", model=tmp_path / "new.tar.gz", is_tuned=True)


class Trial:
    """An improvement whose training ends with what it is given."""

    def __init__(self, outcome: Trained | SetupError, *, serves: bool = True) -> None:
        self.said: list[str] = []
        self.releases = Retraining(serves=serves)
        self._improvement = Improvement("2026-03-04-1", self.releases, self.said.append)
        self._outcome = outcome
        self._improvement._train = self._train

    async def run(self) -> None:
        with ExitStack() as holds:
            await self._improvement.run(holds)

    async def _train(self) -> Trained:
        if isinstance(self._outcome, SetupError):
            raise self._outcome
        return self._outcome


async def test_what_was_trained_is_offered_to_its_release(trained: Trained) -> None:
    trial = Trial(trained)

    await trial.run()

    assert trial.releases.told == [("2026-03-04-1", trained)]


async def test_a_failed_training_changes_nothing_and_says_why() -> None:
    trial = Trial(SetupError("the disk is full"))

    await trial.run()

    assert trial.releases.told == []
    assert trial.said[-1] == "the service goes on with what it has: the disk is full"


async def test_what_was_trained_for_a_release_that_serves_no_more_is_told_to_be_needless(trained: Trained) -> None:
    trial = Trial(trained, serves=False)

    await trial.run()

    assert "serves no more" in trial.said[-1]
