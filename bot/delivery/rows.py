"""Between what is to be said and the row it stands in."""

from datetime import datetime
from typing import Any, cast

from bot.channels import Attachment, Author, Button
from bot.delivery.model import Delivery, SendState
from bot.delivery.ports import Notice, Outgoing


def values_of(outgoing: Outgoing) -> dict[str, Any]:
    """A new row."""
    notice = outgoing.notice
    return {
        "id": outgoing.id,
        "channel": outgoing.channel,
        "recipient": outgoing.recipient,
        "lane": lane_of(outgoing),
        "author": outgoing.author,
        "text": outgoing.text,
        "buttons": [button.model_dump() for button in outgoing.buttons],
        "attachments": [attachment.model_dump(mode="json") for attachment in outgoing.attachments],
        "notice_kind": notice.kind if notice else None,
        "notice_values": dict(notice.values) if notice else None,
        "conversation_id": outgoing.conversation_id,
        "seq": outgoing.seq,
        "state": SendState.waiting.value,
        "parts_sent": 0,
        "attempts": 0,
        "expires_at": outgoing.expires_at,
        "code": "",
        "error": "",
        "created_at": outgoing.created_at,
        "updated_at": outgoing.created_at,
    }


def outgoing_of(row: Delivery) -> Outgoing:
    notice = Notice(row.notice_kind, row.notice_values or {}) if row.notice_kind else None
    return Outgoing(
        id=row.id,
        channel=row.channel,
        recipient=row.recipient,
        author=cast(Author, row.author),
        text=row.text,
        created_at=row.created_at,
        conversation_id=row.conversation_id,
        seq=row.seq,
        buttons=tuple(Button.model_validate(button) for button in row.buttons),
        attachments=tuple(Attachment.model_validate(attachment) for attachment in row.attachments),
        notice=notice,
        expires_at=row.expires_at,
    )


def lane_of(outgoing: Outgoing) -> str:
    """Secrets are codes that somebody waits for: nothing goes before them."""
    return f"!{outgoing.id}" if outgoing.notice and outgoing.notice.is_secret else outgoing.recipient


def is_expired(row: Delivery, now: datetime) -> bool:
    return row.expires_at is not None and row.expires_at < now
