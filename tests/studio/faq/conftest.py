"""The knowledge base's service over a draft in memory."""

from pathlib import Path

import pytest

from bot.db import Database
from bot.settings import Settings
from bot.staff.model import Actor, Role
from bot.studio.faq.service import FaqStudio
from knowledge_base.retriever import Retriever
from tests.conftest import FrozenClock
from tests.knowledge_base.builders import QUESTIONS, NgramEncoder, make_entry, make_factory
from tests.studio.faq.builders import COVERS, GAP
from tests.studio.faq.fakes import FakeDrafts

TRAINER = Actor("agent:he", Role.trainer)
SUPERVISOR = Actor("agent:zhou", Role.supervisor)
AGENT = Actor("agent:lina", Role.agent)


@pytest.fixture
def drafts() -> FakeDrafts:
    entries = {topic: make_entry(topic) for topic in QUESTIONS}
    return FakeDrafts(entries, {**COVERS, GAP: "超期保管费"}, judged=frozenset({"这一句是考题"}))


@pytest.fixture
def published() -> Retriever:
    return make_factory().make([make_entry(topic) for topic in QUESTIONS])


@pytest.fixture
def studio(
    drafts: FakeDrafts, published: Retriever, database: Database, clock: FrozenClock, tmp_path: Path
) -> FaqStudio:
    encoder = NgramEncoder()
    settings = Settings(cache_dir=tmp_path / "cache", data_dir=tmp_path / "var")
    return FaqStudio.build(settings, database, clock, drafts, encoder=lambda: encoder, published=lambda: published)
