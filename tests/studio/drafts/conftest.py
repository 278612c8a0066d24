"""A draft over a small checkout."""

from pathlib import Path

import pytest

from bot.clock import Clock
from bot.db import Database
from bot.studio.drafts.service import Drafts
from tests.studio.drafts.builders import make_drafts, write_content


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    return write_content(tmp_path)


@pytest.fixture
def drafts(checkout: Path, database: Database, clock: Clock) -> Drafts:
    return make_drafts(checkout.parent, database, clock)


@pytest.fixture
def other(drafts: Drafts, checkout: Path, database: Database, clock: Clock) -> Drafts:
    """The draft as a second replica of the platform sees it."""
    return make_drafts(checkout.parent, database, clock)
