"""Signed addresses of files: only who was shown a message can open what hangs on it, and only for some hours."""

import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import quote, urlencode

from bot.channels import Attachment
from bot.errors import AccessRefusedError

_GOOD_FOR = timedelta(hours=12)
_ROUND_S = 3600
"""Addresses made within one hour are the same, so that browsers show what they have."""


@dataclass(frozen=True)
class Asked:
    """What an address asks for; ``expires`` in seconds since 1970, ``small`` for a thumbnail."""

    sha256: str
    media_type: str
    expires: int
    small: bool


class FileLinks:
    """Makes and checks the addresses.

    Parameters
    ----------
    secret: the platform's; a key of its own is derived from it.
    """

    def __init__(self, secret: str) -> None:
        self._key = hmac.new(secret.encode(), b"web files", hashlib.sha256).digest()

    def url(self, sha256: str, media_type: str, name: str, *, at: datetime, small: bool = False) -> str:
        """The address, without scheme and host."""
        expires = (int((at + _GOOD_FOR).timestamp()) // _ROUND_S + 1) * _ROUND_S
        asked = Asked(sha256, media_type, expires, small)
        query = urlencode({"t": media_type, "e": expires, "w": int(small), "s": self._sign(asked)})
        return f"/web/files/{sha256}/{quote(name or 'file', safe='')}?{query}"

    def check(self, asked: Asked, signature: str, *, at: datetime) -> None:
        """Raises `AccessRefusedError` for an address that was not made here, or long ago."""
        if not hmac.compare_digest(self._sign(asked).encode(), signature.encode()):
            raise AccessRefusedError("the address of the file was not signed by us")
        if at.timestamp() > asked.expires:
            raise AccessRefusedError("the address of the file has expired")

    def shown(self, attachment: Attachment, *, at: datetime) -> dict[str, object]:
        """An attachment as the widget gets it; a picture has a small form, too."""
        data: dict[str, object] = {
            "id": attachment.id,
            "kind": attachment.kind.value,
            "name": attachment.name,
            "content_type": attachment.content_type,
            "size": attachment.size,
        }
        if attachment.latitude is not None:
            return data | {"latitude": attachment.latitude, "longitude": attachment.longitude}
        if attachment.id:
            data["url"] = self.url(attachment.id, attachment.content_type, attachment.name, at=at)
        if attachment.id and attachment.content_type.startswith("image/"):
            data["thumb"] = self.url(attachment.id, attachment.content_type, attachment.name, at=at, small=True)
        return data

    def _sign(self, asked: Asked) -> str:
        text = f"{asked.sha256}|{asked.media_type}|{asked.expires}|{int(asked.small)}"
        return hmac.new(self._key, text.encode(), hashlib.sha256).hexdigest()[:40]
