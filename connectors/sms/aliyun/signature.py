"""Aliyun's signature V3 (ACS3-HMAC-SHA256): over method, path, query, headers and the hash of the body."""

import hashlib
import hmac
from collections.abc import Mapping
from urllib.parse import quote

ALGORITHM = "ACS3-HMAC-SHA256"


def canonical_query(params: Mapping[str, str]) -> str:
    """Sorted and percent-encoded as RFC 3986 has it; sent exactly so."""
    return "&".join(f"{_encoded(name)}={_encoded(value)}" for name, value in sorted(params.items()))


def authorization(
    method: str, query: str, headers: Mapping[str, str], body: bytes, *, access_key: str, secret_key: str
) -> str:
    """The value of the header ``Authorization``; every header given is signed.  ``query`` is canonical."""
    known = {name.lower(): value.strip() for name, value in headers.items()}
    names = sorted(known)
    listed = ";".join(names)
    lines = "".join(f"{name}:{known[name]}\n" for name in names)
    request = f"{method}\n/\n{query}\n{lines}\n{listed}\n{_sha256(body)}"
    to_sign = f"{ALGORITHM}\n{_sha256(request.encode())}"
    signature = hmac.new(secret_key.encode(), to_sign.encode(), hashlib.sha256).hexdigest()
    return f"{ALGORITHM} Credential={access_key},SignedHeaders={listed},Signature={signature}"


def _encoded(text: str) -> str:
    return quote(text, safe="~")


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
