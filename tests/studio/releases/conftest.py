"""Releases in the database."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.db import Database
from bot.studio.releases.model import Release, make_release
from bot.studio.releases.states import ReleaseState, TrainingKind
from tests.conftest import FrozenClock


class Shelf:
    """Puts releases where a test needs them."""

    def __init__(self, database: Database, clock: FrozenClock, folder: Path) -> None:
        self.database = database
        self._clock = clock
        self._folder = folder
        self._asked = clock() - timedelta(days=1)

    async def put(self, name: str, state: ReleaseState, **changes: Any) -> Release:
        self._asked += timedelta(minutes=1)
        release = make_release(name, kind=TrainingKind.quick, by="agent:lin", at=self._asked, commit=f"c-{name}")
        values = {
            "state": state.value,
            "encoder": str(self._folder / "encoder"),
            "model": str(self._folder / f"{name}.tar.gz"),
            "tree": str(self._folder / name),
            "passed": True,
            "is_up": state in (ReleaseState.stable, ReleaseState.candidate, ReleaseState.leaving),
            "settled_at": self._asked if state in (ReleaseState.stable, ReleaseState.leaving) else None,
            **changes,
        }
        for key, value in values.items():
            setattr(release, key, value)
        (self._folder / "encoder").touch()
        (self._folder / f"{name}.tar.gz").touch()
        async with self.database.transaction() as session:
            session.add(release)
        return release

    async def get(self, name: str) -> Release:
        async with self.database.transaction() as session:
            release = await session.get(Release, name)
        assert release is not None
        return release


@pytest.fixture
def shelf(database: Database, clock: FrozenClock, tmp_path: Path) -> Shelf:
    return Shelf(database, clock, tmp_path)
