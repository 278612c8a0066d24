"""SF's message digest, made the way its Java makes it."""

import base64
import hashlib
from urllib.parse import quote_plus

from connectors.tracking.sf.account import SfAccount


def msg_digest(msg_data: str, timestamp: str, account: SfAccount) -> str:
    """The signature over exactly the ``msg_data`` that is sent; ``timestamp`` in milliseconds."""
    signed = java_url_encode(msg_data + timestamp + account.checkword.get_secret_value())
    return base64.b64encode(hashlib.md5(signed.encode(), usedforsecurity=False).digest()).decode()


def java_url_encode(text: str) -> str:
    """As ``java.net.URLEncoder``: it leaves ``*`` alone and encodes ``~``, the opposite of Python."""
    return quote_plus(text, safe="*").replace("~", "%7E")
