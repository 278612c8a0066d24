"""Twilio's signature: HMAC-SHA1 over the address it called and every field of the form."""

import base64
import hashlib
import hmac
from collections.abc import Iterable, Mapping, Sequence
from urllib.parse import urlsplit, urlunsplit

Form = Mapping[str, Sequence[str]]
_PORTS = {"https": 443, "http": 80}


def signature(url: str, form: Form, token: str) -> str:
    """Fields sorted by name, each name followed by its values; a value that stands twice counts once."""
    signed = url + "".join(name + value for name in sorted(form) for value in sorted(set(form[name])))
    digest = hmac.new(token.encode(), signed.encode("utf-8", "replace"), hashlib.sha1).digest()
    return base64.b64encode(digest).decode()


def is_from_twilio(url: str, form: Form, given: str, token: str) -> bool:
    """Twilio signs an address with its port or without, by rules of its own."""
    matches = [
        hmac.compare_digest(signature(each, form, token).encode(), given.encode("utf-8", "replace"))
        for each in _spellings(url)
    ]
    return any(matches)


def _spellings(url: str) -> Iterable[str]:
    parts = urlsplit(url)
    host = parts.hostname or ""
    port = parts.port or _PORTS.get(parts.scheme)
    return {url, urlunsplit(parts._replace(netloc=host)), urlunsplit(parts._replace(netloc=f"{host}:{port}"))}
