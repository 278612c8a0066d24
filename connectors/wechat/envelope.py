"""What the platform calls us with: whether it is the platform, and what it says.  Pure and cheap."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256

from bot.errors import RefusedError
from connectors.tencent_body import BodyError, Fields, is_json, read_body, write_xml
from connectors.tencent_crypto import CryptError, MessageCrypt
from connectors.wechat.account import WeChatAccount, WeChatMode

PATIENCE = timedelta(minutes=5)
"""A signature is good for so long before and after its moment."""


class ForgedError(RefusedError):
    """Nobody but the platform could have signed this rightly, and it is not signed rightly, or too old."""


@dataclass(frozen=True)
class Push:
    """One verified push.

    Parameters
    ----------
    fields: the content, decrypted where it was encrypted.
    key: which of our keys opened it; None when it came plain.
    as_json: the account gets JSON.
    digest: of the body; the signature of a plain body does not cover it.
    """

    fields: Fields
    key: int | None
    as_json: bool
    timestamp: str
    nonce: str
    digest: str = field(repr=False, default="")

    @property
    def openid(self) -> str:
        return str(self.fields.get("FromUserName", ""))


class Envelope:
    """Opens what comes from the platform and seals what goes back."""

    def __init__(self, account: WeChatAccount) -> None:
        keys = [key.get_secret_value() for key in account.aes_keys]
        self._crypt = MessageCrypt(account.token.get_secret_value(), keys, account.app_id)
        self._mode = account.mode

    def greeted(self, query: Mapping[str, str], *, now: datetime) -> str:
        """The echo the platform wants to hear when the address is set up.  Raises `ForgedError`."""
        self._verify_plain(query, now)
        return query.get("echostr", "")

    def open(self, query: Mapping[str, str], body: bytes, *, now: datetime) -> Push:
        """Verify first, then decrypt and read.  Raises `ForgedError`, and `BodyError` for what cannot be read."""
        is_sealed = query.get("encrypt_type", "raw") != "raw"
        if not is_sealed and self._mode is WeChatMode.safe:
            raise ForgedError("a plain body for an account in safe mode")
        if is_sealed and self._mode is WeChatMode.plain:
            raise ForgedError("an encrypted body for an account in plain mode")
        if not is_sealed:
            self._verify_plain(query, now)
        return self._push(query, body, read_body(body), now, is_sealed=is_sealed)

    def reply(self, push: Push, fields: Mapping[str, object]) -> tuple[str, str]:
        """A passive reply in the form the push came in: content type and body."""
        content = _as_json(dict(fields)) if push.as_json else write_xml(fields)
        if push.key is not None:
            sealed = self._crypt.seal(content, timestamp=push.timestamp, nonce=push.nonce, key=push.key)
            content = _as_json(sealed.as_json()) if push.as_json else sealed.as_xml()
        return ("application/json" if push.as_json else "text/xml"), content

    def _push(self, query: Mapping[str, str], body: bytes, fields: Fields, now: datetime, *, is_sealed: bool) -> Push:
        key: int | None = None
        content = body
        if is_sealed:
            content, key = self._unsealed(query, fields, now)
            fields = read_body(content)
        if not all(isinstance(fields.get(name), str) and fields[name] for name in ("FromUserName", "MsgType")):
            raise BodyError("the push says neither who wrote nor what")
        return Push(
            fields=fields,
            key=key,
            as_json=is_json(content),
            timestamp=query.get("timestamp", ""),
            nonce=query.get("nonce", ""),
            digest=sha256(body).hexdigest(),
        )

    def _unsealed(self, query: Mapping[str, str], fields: Fields, now: datetime) -> tuple[bytes, int]:
        encrypted = fields.get("Encrypt", "")
        if not isinstance(encrypted, str) or not encrypted:
            raise ForgedError("nothing is encrypted in a body that should be")
        _refuse_stale(query, now)
        try:
            self._crypt.verify(
                query.get("msg_signature", ""), query.get("timestamp", ""), query.get("nonce", ""), encrypted
            )
            opened = self._crypt.open(encrypted)
        except CryptError as error:
            raise ForgedError(str(error)) from error
        return opened.message, opened.key

    def _verify_plain(self, query: Mapping[str, str], now: datetime) -> None:
        _refuse_stale(query, now)
        try:
            self._crypt.verify(query.get("signature", ""), query.get("timestamp", ""), query.get("nonce", ""))
        except CryptError as error:
            raise ForgedError(str(error)) from error


def _refuse_stale(query: Mapping[str, str], now: datetime) -> None:
    stamp = query.get("timestamp", "")
    if not (stamp.isascii() and stamp.isdecimal()) or abs(int(stamp[:12]) - now.timestamp()) > PATIENCE.total_seconds():
        raise ForgedError("the signature is too old, or from the future: is the clock of this machine right?")


def _as_json(fields: Mapping[str, object]) -> str:
    return json.dumps(fields, ensure_ascii=False, separators=(",", ":"))
