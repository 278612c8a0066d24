"""What the platform calls us with: whether it is the platform, and what it says.  Pure and cheap."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from bot.errors import RefusedError
from connectors.tencent_body import BodyError, Fields, read_body
from connectors.tencent_crypto import CryptError, MessageCrypt, Opened
from connectors.wecom.account import WeComAccount

PATIENCE = timedelta(minutes=5)
"""A signature is good for so long before and after its moment."""


class ForgedError(RefusedError):
    """Nobody but the platform could have signed this rightly, and it is not signed rightly, or too old."""


class Envelope:
    """Opens what comes from the platform: everything is encrypted and signed."""

    def __init__(self, account: WeComAccount) -> None:
        keys = [key.get_secret_value() for key in account.aes_keys]
        self._crypt = MessageCrypt(account.token.get_secret_value(), keys, account.corp_id)

    def greeted(self, query: Mapping[str, str], *, now: datetime) -> bytes:
        """What the encrypted echo says, which the platform wants to hear.  Raises `ForgedError`."""
        return self._opened(query, query.get("echostr", ""), now).message

    def open(self, query: Mapping[str, str], body: bytes, *, now: datetime) -> Fields:
        """Verify first, then decrypt and read.  Raises `ForgedError`, and `BodyError` for what cannot be read."""
        fields = read_body(self._opened(query, _text(read_body(body), "Encrypt"), now).message)
        if not _text(fields, "MsgType"):
            raise BodyError("the push says not what it is")
        return fields

    def _opened(self, query: Mapping[str, str], encrypted: str, now: datetime) -> Opened:
        if not encrypted:
            raise ForgedError("nothing is encrypted where everything should be")
        stamp = query.get("timestamp", "")
        _refuse_stale(stamp, now)
        try:
            self._crypt.verify(query.get("msg_signature", ""), stamp, query.get("nonce", ""), encrypted)
            return self._crypt.open(encrypted)
        except CryptError as error:
            raise ForgedError(str(error)) from error


def _refuse_stale(stamp: str, now: datetime) -> None:
    if not (stamp.isascii() and stamp.isdecimal()) or abs(int(stamp[:12]) - now.timestamp()) > PATIENCE.total_seconds():
        raise ForgedError("the signature is too old, or from the future: is the clock of this machine right?")


def _text(fields: Fields, name: str) -> str:
    found = fields.get(name, "")
    return found if isinstance(found, str) else ""
