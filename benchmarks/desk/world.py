"""People who are logged in and conversations that they have, written straight into the database."""

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import insert, text

from bot.conversations.model import Conversation, ConversationDoor, Message
from bot.customers.model import Customer, Identity
from bot.db import Database
from bot.staff.tables import Agent, DeskSession
from bot.staff.tokens import digest, fresh
from connectors.web.visitors import VisitorTokens

_BATCH = 500


@dataclass(frozen=True)
class Seat:
    """An agent: the cookie, and the conversations with the token of their customers."""

    username: str
    cookie: str
    conversations: tuple[tuple[str, str], ...]


async def seat(
    database: Database, tokens: VisitorTokens, *, agents: int, conversations: int, at: datetime
) -> list[Seat]:
    """Everybody in place: conversations are shared out evenly, each holds one message of its customer."""
    names = [f"load{number:04d}" for number in range(agents)]
    cookies = {name: fresh() for name in names}
    people = [
        {"username": name, "name": f"坐席{name[4:]}", "password_hash": "", "role": "agent", "created_at": at}
        for name in names
    ]
    sessions = [
        {
            "token_hash": digest(cookie),
            "username": name,
            "created_at": at,
            "seen_at": at,
            "expires_at": at + timedelta(hours=12),
            "device": "benchmark",
            "method": "password",
        }
        for name, cookie in cookies.items()
    ]
    async with database.transaction() as session:
        await session.execute(insert(Agent), people)
        await session.execute(insert(DeskSession), sessions)
    held: dict[str, list[tuple[str, str]]] = {name: [] for name in names}
    for first in range(0, conversations, _BATCH):
        numbers = range(first, min(first + _BATCH, conversations))
        await _converse(database, tokens, {number: names[number % agents] for number in numbers}, held, at)
    async with database.transaction() as session:
        await session.execute(text("ANALYZE"))
    return [Seat(name, cookies[name], tuple(held[name])) for name in names]


async def _converse(
    database: Database,
    tokens: VisitorTokens,
    agents: dict[int, str],
    held: dict[str, list[tuple[str, str]]],
    at: datetime,
) -> None:
    customers, identities, conversations, doors, messages = [], [], [], [], []
    for agent in agents.values():
        visitor, token = tokens.issue(at=at)
        customer, conversation = uuid.uuid4(), uuid.uuid4()
        held[agent].append((str(conversation), token))
        customers.append({"id": customer, "created_at": at})
        identities.append({"channel": "web", "external_id": visitor, "customer_id": customer, "created_at": at})
        conversations.append(
            {
                "id": conversation,
                "customer_id": customer,
                "channel": "web",
                "reply_channel": "web",
                "reply_address": visitor,
                "state": "agent",
                "last_seq": 1,
                "customer_seq": 1,
                "handled_seq": 1,
                "agent": agent,
                "agent_name": agent,
                "hand_off_reason": "asked",
                "created_at": at,
                "updated_at": at,
                "queued_at": at,
                "accepted_at": at,
                "state_since": at,
                "priority": 0,
                "route_priority": 0,
                "route_because": [],
                "offer_seconds": 0,
                "let_pass": [],
            }
        )
        doors.append({"channel": "web", "address": visitor, "conversation_id": conversation, "created_at": at})
        messages.append(
            {
                "conversation_id": conversation,
                "seq": 1,
                "author": "customer",
                "external_id": "first",
                "kind": "text",
                "text": "我的快递三天没动了，请帮我看看",
                "payload": "",
                "buttons": [],
                "attachments": [],
                "created_at": at,
            }
        )
    async with database.transaction() as session:
        for table, rows in (
            (Customer, customers),
            (Identity, identities),
            (Conversation, conversations),
            (ConversationDoor, doors),
            (Message, messages),
        ):
            await session.execute(insert(table), rows)
