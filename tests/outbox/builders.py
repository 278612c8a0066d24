"""Events and subscriptions of which a test names only what matters to it."""

import json
from datetime import datetime
from typing import Any

from sqlalchemy import text

from bot.db import Database
from bot.outbox import emit
from bot.outbox.in_memory import InMemorySender
from bot.outbox.webhooks import WebhookService

URL = "https://hooks.example.com/kuaida"


async def tell(
    database: Database, at: datetime, kind: str = "ticket.opened", subject: str = "GD1", **data: Any
) -> None:
    async with database.transaction() as session:
        number = "ticket_no" if kind.startswith("ticket.") else "waybill_no"
        await emit(session, kind, subject, {number: subject, **data}, at=at)


async def subscribe(webhooks: WebhookService, *kinds: str, url: str = URL):
    return await webhooks.subscribe(url, kinds or ("*",), "测试", by="admin")


async def hurry(database: Database) -> None:
    """Jobs that wait for their hour are due now."""
    async with database.transaction() as session:
        await session.execute(text("UPDATE procrastinate_jobs SET scheduled_at = now() WHERE status = 'todo'"))


def bodies(sender: InMemorySender) -> list[dict[str, Any]]:
    return [json.loads(sent.body) for sent in sender.sent]
