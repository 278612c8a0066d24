"""Tencent Cloud's signature V3 (TC3-HMAC-SHA256), for a POST of JSON."""

import hashlib
import hmac
from datetime import datetime, timezone

ALGORITHM = "TC3-HMAC-SHA256"
CONTENT_TYPE = "application/json"
_SERVICE = "sms"


def authorization(body: bytes, *, host: str, at: datetime, secret_id: str, secret_key: str) -> str:
    """The value of the header ``Authorization``; ``at`` must be what ``X-TC-Timestamp`` says."""
    day = at.astimezone(timezone.utc).strftime("%Y-%m-%d")
    scope = f"{day}/{_SERVICE}/tc3_request"
    request = f"POST\n/\n\ncontent-type:{CONTENT_TYPE}\nhost:{host}\n\ncontent-type;host\n{_sha256(body)}"
    to_sign = f"{ALGORITHM}\n{int(at.timestamp())}\n{scope}\n{_sha256(request.encode())}"
    key = f"TC3{secret_key}".encode()
    for part in (day, _SERVICE, "tc3_request"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    signature = hmac.new(key, to_sign.encode(), hashlib.sha256).hexdigest()
    return f"{ALGORITHM} Credential={secret_id}/{scope}, SignedHeaders=content-type;host, Signature={signature}"


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
