import pytest

from bot.db import Database
from tests.conftest import FrozenClock
from tests.killed.stage import Run, Stage


@pytest.fixture
async def stage(database: Database, clock: FrozenClock, tmp_path):
    stage = Stage(database, clock, tmp_path)
    yield stage
    await stage.service.stop()


@pytest.fixture(scope="session")
def runs() -> dict[str, Run]:
    """What came of each piece of work that nobody disturbed; made when first asked for."""
    return {}


@pytest.fixture
def undisturbed(stage: Stage, runs: dict[str, Run]):
    async def undisturbed(task: str) -> Run:
        if task not in runs:
            await stage.set_up(task)
            runs[task] = await stage.undisturbed(task)
        return runs[task]

    return undisturbed
