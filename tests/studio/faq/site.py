"""The knowledge base's pages over a draft of the shipped content, as the composition root puts them together."""

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from argon2 import PasswordHasher
from fastapi import FastAPI

from bot.clock import Clock
from bot.conversations.events import EventHub
from bot.db import Database
from bot.desk.actors import ActorOf
from bot.desk.pages import mount_desk
from bot.desk.workplace import DeskServices
from bot.settings import PROJECT, Settings
from bot.staff.model import Role
from bot.studio.door import StudioDoor
from bot.studio.drafts.service import Drafts
from bot.studio.faq.endpoints import make_router
from bot.studio.faq.service import FaqStudio
from bot.studio.ui.faq.pages import add_faq_pages
from knowledge_base.entries import load_entries
from knowledge_base.factory import RetrieverFactory, unanswerable_sentences
from knowledge_base.retriever import Retriever, Thresholds
from knowledge_base.vectors import SentenceEncoder
from tests.desk.builders import CHEAP, PASSWORD, make_services
from tests.knowledge_base.builders import NgramEncoder

PEOPLE = (("he", "贺兰", Role.trainer), ("tan", "谭静", Role.trainer), ("zhou", "周强", Role.supervisor))


@dataclass(frozen=True)
class FaqSite:
    """Services and desk."""

    desk: DeskServices
    drafts: Drafts
    studio: FaqStudio
    clock: Clock


def copy_content(folder: Path) -> Path:
    """A checkout with the shipped content and nothing else."""
    for part in ("nlu_data", "knowledge_base/faq"):
        shutil.copytree(PROJECT / part, folder / part)
    shutil.copy(PROJECT / "knowledge_base" / "topics.yml", folder / "knowledge_base" / "topics.yml")
    return folder


def make_site(
    database: Database,
    clock: Clock,
    folder: Path,
    *,
    hasher: PasswordHasher = CHEAP,
    encoder: SentenceEncoder | None = None,
    published: Retriever | None = None,
    cache: Path | None = None,
) -> FaqSite:
    """Over the shipped content; without an ``encoder`` sentences are told apart by their characters."""
    settings = Settings(data_dir=folder / "var", cache_dir=cache or folder / "cache")
    content = copy_content(folder / "checkout")
    serving = encoder or NgramEncoder()
    retriever = published or _retriever(serving, content / "knowledge_base" / "faq", Thresholds.of(settings))
    drafts = Drafts.build(settings, database, clock, content=content)
    studio = FaqStudio.build(settings, database, clock, drafts, encoder=lambda: serving, published=lambda: retriever)
    desk = make_services(database, clock, hub=EventHub(database), hasher=hasher)
    return FaqSite(desk, drafts, studio, clock)


def _retriever(encoder: SentenceEncoder, folder: Path, thresholds: Thresholds) -> Retriever:
    entries = [entry.model_copy(update={"phrasings": entry.phrasings[:10]}) for entry in load_entries(folder)]
    return RetrieverFactory(encoder, thresholds, unanswerable=unanswerable_sentences()[:200]).make(entries)


async def fill(site: FaqSite) -> None:
    for username, name, role in PEOPLE:
        await site.desk.agents.create(username, name, PASSWORD, role)


def make_app(site: FaqSite, *, base_url: str = "") -> FastAPI:
    """Pages and API as they are served."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        await site.desk.hub.start()
        await site.drafts.start()
        yield
        await site.drafts.stop()
        await site.desk.hub.stop()

    app = FastAPI(lifespan=lifespan)
    app.include_router(make_router(site.studio, ActorOf(site.desk.agents, "token-of-the-api"), site.clock))
    add_faq_pages(site.desk.agents, site.studio, site.clock)
    mount_desk(app, site.desk, storage_secret="only-for-tests", base_url=base_url)
    app.add_middleware(StudioDoor)
    return app
