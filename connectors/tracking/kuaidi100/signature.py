"""Kuaidi100's signatures: MD5 in capitals, over exactly the text that is sent."""

import hashlib
import hmac

from connectors.tracking.kuaidi100.account import Kuaidi100Account


def query_sign(param: str, account: Kuaidi100Account) -> str:
    """The signature of a question; ``param`` is the JSON text as it goes out."""
    return _md5(param + account.key.get_secret_value() + account.customer)


def push_sign(param: str, account: Kuaidi100Account) -> str:
    """The signature a push must carry; ``param`` is its text after url-decoding, untouched."""
    return _md5(param + account.salt.get_secret_value())


def is_from_kuaidi100(param: str, sign: str, account: Kuaidi100Account) -> bool:
    return hmac.compare_digest(push_sign(param, account).encode(), sign.upper().encode("utf-8", "replace"))


def _md5(text: str) -> str:
    return hashlib.md5(text.encode("utf-8", "surrogatepass"), usedforsecurity=False).hexdigest().upper()
