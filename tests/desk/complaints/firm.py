"""A desk with a bot that can be held up while it thinks, and channels that remember who was shown what."""

import asyncio
from collections.abc import Callable
from datetime import datetime
from itertools import count
from uuid import UUID

from bot.channels import IncomingMessage, MessageKind, Reply
from bot.conversations.answering import Answering
from bot.conversations.service import ConversationService
from bot.db import Database
from bot.delivery.channels import Channels
from bot.delivery.sending import Sending
from bot.delivery.service import DeliveryService
from bot.dialogue.engine import EngineAnswer, ScriptedEngine, Turn
from bot.handover.dispatcher import Dispatcher
from bot.handover.promises import Promises
from bot.handover.service import Handover
from bot.words import Words
from tests.fakes import RecordingChannel
from tests.handover.desk import Desk

_NUMBERS = count(1)
BOT_SAYS = "这是机器人的回答"


class SlowEngine:
    """Says always the same, but not before it is let: ``begun`` tells that it thinks."""

    def __init__(self) -> None:
        self.begun = asyncio.Event()
        self.may_speak = asyncio.Event()
        self.heard: list[str] = []

    async def respond(self, turn: Turn) -> EngineAnswer:
        self.heard.append(turn.says)
        self.begun.set()
        await self.may_speak.wait()
        return EngineAnswer((Reply(text=BOT_SAYS),))


class Firm(Desk):
    """The desk of `tests.handover.desk` with deliveries and the loop that answers."""

    def __init__(self, database: Database, clock: Callable[[], datetime], words: Words) -> None:
        super().__init__(database, clock, words)
        self.wechat, self.sms = RecordingChannel("wechat"), RecordingChannel("sms")
        self.deliveries = DeliveryService(database, clock, Channels(self.wechat, self.sms))
        self.conversations = ConversationService(database, clock, words, self.deliveries)
        self.handover = Handover(database, clock, self.conversations)
        self.dispatcher = Dispatcher(database, clock, self.conversations, self.handover, Promises(database, clock))
        self.engine = SlowEngine()
        self.answering = Answering(self.conversations, database, self.engine, ScriptedEngine(), sweep_s=0.02)

    async def hears(self, text: str, *, channel: str = "wechat", sender: str = "openid-1") -> UUID:
        """A message on a channel, and the bot woken by it."""
        incoming = IncomingMessage(channel, sender, f"c{next(_NUMBERS)}", MessageKind.text, text, self.clock())
        received = await self.conversations.receive(incoming)
        self.answering.wake(received.conversation_id)
        return received.conversation_id

    async def thinks(self) -> None:
        async with asyncio.timeout(30):
            await self.engine.begun.wait()

    async def answers(self) -> None:
        """The bot may speak from here on, and has nothing left to say."""
        self.engine.may_speak.set()
        await self.answering.drain()

    async def deliver(self) -> None:
        sending = Sending(self.deliveries)
        await sending.run_due()
        await sending.stop()

    async def bot_said(self, conversation_id: UUID) -> list[str]:
        return [text for text in await self.said(conversation_id, "bot") if text == BOT_SAYS]
