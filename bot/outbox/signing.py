"""How a receiver knows that a delivery is ours and fresh: ``t=<unix>,v1=<hmac-sha256 of "t.body" in hex>``."""

import hashlib
import hmac
import secrets
from datetime import datetime


def new_secret() -> str:
    return f"whsec_{secrets.token_urlsafe(32)}"


def sign(secret: str, body: bytes, *, at: datetime) -> str:
    """The value of ``X-Kuaida-Signature``; the key is the whole secret as it was shown, in UTF-8."""
    moment = int(at.timestamp())
    digest = hmac.new(secret.encode(), f"{moment}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={moment},v1={digest}"
