"""Template messages and subscription notices: what may still be said when no window is open."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError
from sqlalchemy import select, update

from bot.clock import Clock
from bot.db import Database
from bot.delivery.ports import ContentRefusedError, Outgoing, QuotaError, Sent, TryAgainError
from bot.errors import DataFileError
from connectors.wechat.api import WeChatApi
from connectors.wechat.codes import PlatformError, code_of
from connectors.wechat.rendering import as_wechat_text
from connectors.wechat.tables import WeChatConsent as Consent

FILE = Path(__file__).parent / "notices.yml"
TEMPLATE_SEND, SUBSCRIBE_SEND = "message/template/send", "message/subscribe/bizsend"
_KNOWN_AGAIN_FOR = timedelta(minutes=9)
"""The platform sends a template message of one ``client_msg_id`` once, for some ten minutes."""
_NO_CONSENT = "43101"
_LONGEST = {"thing": 20, "character_string": 32, "letter": 32, "number": 32, "symbol": 5, "phrase": 5, "name": 10}
_PLACE = re.compile(r"\{(\w+)\}")


class Layout(BaseModel):
    """How one kind of notice fills its template."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    via: Literal["template", "subscribe"] = "template"
    fields: dict[str, str]
    url: str = ""


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid")

    notices: dict[str, Layout]


def read_layouts(path: Path = FILE) -> dict[str, Layout]:
    """Raises `DataFileError`."""
    try:
        return _File.model_validate(yaml.safe_load(path.read_text(encoding="utf-8"))).notices
    except (OSError, yaml.YAMLError, ValidationError) as error:
        raise DataFileError.at(path, 1, f"not a file of notices: {error}") from error


@dataclass(frozen=True)
class Notices:
    """Sends notices by template.

    Parameters
    ----------
    templates: kind of notice -> id of the account's template.
    layouts: how each kind fills it; ``default`` for kinds without one.
    """

    api: WeChatApi
    database: Database
    clock: Clock
    templates: Mapping[str, str]
    layouts: Mapping[str, Layout]

    def has(self, kind: str) -> bool:
        """Whether this kind can be sent without an open window."""
        return kind in self.templates and (kind in self.layouts or "default" in self.layouts)

    def is_repeatable(self, kind: str, since: datetime, now: datetime) -> bool:
        """Whether sending it once more does no harm."""
        return self.has(kind) and self._layout(kind).via == "template" and now - since < _KNOWN_AGAIN_FOR

    async def send(self, outgoing: Outgoing) -> Sent:
        """Raises `QuotaError` when a subscription notice has no consent left."""
        if outgoing.notice is None:
            raise ContentRefusedError("这不是通知")
        layout, template = self._layout(outgoing.notice.kind), self.templates[outgoing.notice.kind]
        if layout.via == "subscribe":
            await self._use_consent(outgoing, template)
        try:
            answer = await self.api.call(
                TEMPLATE_SEND if layout.via == "template" else SUBSCRIBE_SEND,
                _body(outgoing, outgoing.notice.values, layout, template),
            )
        except PlatformError as error:
            await self._return_consent(outgoing)
            raise error.as_delivery_error() from error
        except TryAgainError as error:
            if not error.may_have_arrived:
                await self._return_consent(outgoing)
            raise
        return Sent(platform_id=str(answer.get("msgid", "")))

    def _layout(self, kind: str) -> Layout:
        return self.layouts.get(kind) or self.layouts["default"]

    async def _use_consent(self, outgoing: Outgoing, template: str) -> None:
        """Each consent is good for one notice; a repeated attempt uses the same."""
        free = (
            select(Consent.letter)
            .where(Consent.openid == outgoing.recipient, Consent.template_id == template, Consent.used_by.is_(None))
            .order_by(Consent.given_at)
            .limit(1)
            .with_for_update(skip_locked=True)
        )
        async with self.database.transaction() as session:
            if (await session.scalars(select(Consent).where(Consent.used_by == outgoing.id))).first():
                return
            letter = (await session.scalars(free)).first()
            if letter is None:
                raise QuotaError(code_of(_NO_CONSENT).zh, code=_NO_CONSENT)
            mine = update(Consent).where(Consent.letter == letter, Consent.template_id == template)
            await session.execute(mine.values(used_by=outgoing.id))

    async def _return_consent(self, outgoing: Outgoing) -> None:
        async with self.database.transaction() as session:
            await session.execute(update(Consent).where(Consent.used_by == outgoing.id).values(used_by=None))


def _body(outgoing: Outgoing, values: Mapping[str, str], layout: Layout, template: str) -> dict[str, Any]:
    known = {"text": as_wechat_text(outgoing.text), **values}
    data = {name: {"value": _cut(name, _filled(text, known))} for name, text in layout.fields.items()}
    body: dict[str, Any] = {"touser": outgoing.recipient, "template_id": template, "data": data}
    if layout.via == "template":
        body["client_msg_id"] = outgoing.id.hex
    if layout.url:
        body["url" if layout.via == "template" else "page"] = _filled(layout.url, known)
    return body


def _filled(text: str, values: Mapping[str, str]) -> str:
    return _PLACE.sub(lambda found: str(values.get(found.group(1), "")), text)


def _cut(name: str, value: str) -> str:
    """As long as the platform takes for a field of this kind (``thing2`` is a ``thing``); one line, never empty."""
    longest = _LONGEST.get(name.rstrip("0123456789"), 200)
    line = " ".join(value.split()) or "-"
    return line if len(line) <= longest else line[: longest - 1] + "…"
