"""What a connector is made of, and what it is given to work with."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from uuid import UUID

from fastapi import APIRouter

from bot.clock import Clock
from bot.conversations.service import ConversationService
from bot.db import Database
from bot.delivery.ports import Channel
from bot.evidence.attachments import AttachmentService
from bot.inbox.ports import Inbox, Reader
from bot.jobs import Jobs
from bot.settings import Settings
from bot.words import Words


@dataclass(frozen=True)
class Surroundings:
    """What every connector may use.

    ``wake`` has a conversation answered that may be owed an answer.
    """

    settings: Settings
    database: Database
    clock: Clock
    words: Words
    inbox: Inbox
    jobs: Jobs
    conversations: ConversationService
    attachments: AttachmentService
    wake: Callable[[UUID], None]


async def _nothing() -> None:
    pass


@dataclass(frozen=True)
class Connector:
    """One platform.

    Parameters
    ----------
    callbacks: what the platform calls: verifies, puts letters into the inbox, answers at once.  It runs in processes
        that do nothing else, too, so it must not need a trained model.
    reader: reads those letters, in the worker.
    channel: says what is to be said, in the worker.
    start, stop: around all of it, in the worker.
    """

    name: str
    callbacks: APIRouter | None = None
    reader: Reader | None = None
    channel: Channel | None = None
    start: Callable[[], Awaitable[None]] = _nothing
    stop: Callable[[], Awaitable[None]] = _nothing
