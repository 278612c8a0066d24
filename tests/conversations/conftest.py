"""A conversation service over the test database."""

from collections.abc import Callable
from datetime import datetime
from itertools import count

import pytest

from bot.channels import IncomingMessage, MessageKind
from bot.conversations.service import ConversationService
from bot.db import Database
from bot.words import Words

MakeMessage = Callable[..., IncomingMessage]


@pytest.fixture
def conversations(database: Database, clock: Callable[[], datetime], words: Words) -> ConversationService:
    return ConversationService(database, clock, words)


@pytest.fixture
def make_message(clock: Callable[[], datetime]) -> MakeMessage:
    numbers = count(1)

    def make(text: str = "你好", *, sender: str = "visitor-1", external_id: str | None = None) -> IncomingMessage:
        return IncomingMessage(
            channel="web",
            sender=sender,
            external_id=external_id or f"m{next(numbers)}",
            kind=MessageKind.text,
            text=text,
            received_at=clock(),
        )

    return make
