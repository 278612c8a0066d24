"""The envelope Tencent puts its pushes in (WXBizMsgCrypt): WeChat Official Accounts and WeCom use the same.

A message is AES-256-CBC over ``16 random bytes | length, 4 bytes big-endian | message | receive id``, padded to 32
bytes after PKCS#7, in base64; the receive id is the appid of an Official Account and the corpid of a WeCom company.
"""

import base64
import binascii
import hmac
import os
import re
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha1

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from bot.errors import BotError, SettingsError

_BLOCK = 32
_HEAD = 20
_AES_KEY = re.compile(r"[A-Za-z0-9]{43}")


class CryptError(BotError):
    """An envelope is not what Tencent would have sent us.  ``code`` is the number of its own sample library."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(f"{message} ({code})")
        self.code = code


def signature_of(*parts: str) -> str:
    """Tencent's signature: SHA-1 over the parts, sorted as strings, in hexadecimal."""
    return sha1("".join(sorted(parts)).encode()).hexdigest()  # noqa: S324  (the platform's choice)


def is_signed(signature: str, *parts: str) -> bool:
    """Whether the signature is that of the parts, found out in constant time."""
    return hmac.compare_digest(signature_of(*parts).encode(), signature.encode())


@dataclass(frozen=True)
class Opened:
    """A decrypted message, and which of our keys opened it (0 is the current one)."""

    message: bytes
    key: int


@dataclass(frozen=True)
class Sealed:
    """An encrypted message with what has to stand around it."""

    encrypted: str
    signature: str
    timestamp: str
    nonce: str

    def as_xml(self) -> str:
        return (
            f"<xml><Encrypt><![CDATA[{self.encrypted}]]></Encrypt>"
            f"<MsgSignature><![CDATA[{self.signature}]]></MsgSignature>"
            f"<TimeStamp>{self.timestamp}</TimeStamp><Nonce><![CDATA[{self.nonce}]]></Nonce></xml>"
        )

    def as_json(self) -> dict[str, str]:
        return {
            "Encrypt": self.encrypted,
            "MsgSignature": self.signature,
            "TimeStamp": self.timestamp,
            "Nonce": self.nonce,
        }


class MessageCrypt:
    """Signs, seals and opens messages of one account.

    Parameters
    ----------
    token: the token of the platform's console.
    aes_keys: EncodingAESKeys, the current one first, then the one before, which stays good while a change spreads.
    receive_id: appid or corpid; what was meant for somebody else is refused.

    Raises `SettingsError` for a key that is none.
    """

    def __init__(self, token: str, aes_keys: Sequence[str], receive_id: str) -> None:
        self._token = token
        self._keys = [_key_of(text) for text in aes_keys]
        self._receive_id = receive_id.encode()

    def verify(self, signature: str, timestamp: str, nonce: str, encrypted: str = "") -> None:
        """Raises `CryptError` (-40001) unless this was signed with our token.

        With ``encrypted`` it is the ``msg_signature``, without it the plain ``signature``.
        """
        parts = (self._token, timestamp, nonce, encrypted) if encrypted else (self._token, timestamp, nonce)
        if not is_signed(signature, *parts):
            raise CryptError(-40001, "the signature is not ours")

    def open(self, encrypted: str) -> Opened:
        """Decrypt with the current key, then with earlier ones.  Check the signature before.  Raises `CryptError`."""
        sealed = _decoded(encrypted)
        refusal = CryptError(-40004, "there is no key")
        for number, key in enumerate(self._keys):
            try:
                return Opened(self._unpacked(_decrypted(sealed, key)), number)
            except CryptError as error:
                # Meant for somebody else, but readable: no other key makes more of it.
                if error.code == -40005:
                    raise
                refusal = error
        raise refusal

    def seal(self, message: str, *, timestamp: str, nonce: str, key: int = 0, salt: bytes | None = None) -> Sealed:
        """Encrypt a reply, with the key the question was opened with.  ``salt``: 16 bytes, random unless given."""
        content = message.encode()
        head = (salt or os.urandom(16)) + struct.pack(">I", len(content))
        encrypted = base64.b64encode(_encrypted(head + content + self._receive_id, self._keys[key])).decode()
        signature = signature_of(self._token, timestamp, nonce, encrypted)
        return Sealed(encrypted, signature, timestamp, nonce)

    def _unpacked(self, plain: bytes) -> bytes:
        if len(plain) < _HEAD:
            raise CryptError(-40008, "the content is too short")
        end = _HEAD + int(struct.unpack(">I", plain[16:_HEAD])[0])
        if end > len(plain):
            raise CryptError(-40008, "the content is shorter than it says")
        if not hmac.compare_digest(plain[end:], self._receive_id):
            raise CryptError(-40005, "the message is for somebody else")
        return plain[_HEAD:end]


def _key_of(text: str) -> bytes:
    if not _AES_KEY.fullmatch(text):
        raise SettingsError("an EncodingAESKey has 43 letters and digits")
    return base64.b64decode(text + "=")


def _decoded(encrypted: str) -> bytes:
    try:
        sealed = base64.b64decode(encrypted, validate=True)
    except (binascii.Error, ValueError) as error:
        raise CryptError(-40010, "what is encrypted is not in base64") from error
    if not sealed or len(sealed) % 16:
        raise CryptError(-40007, "what is encrypted has no whole blocks")
    return sealed


def _cipher(key: bytes) -> Cipher[modes.CBC]:
    return Cipher(algorithms.AES(key), modes.CBC(key[:16]))


def _decrypted(sealed: bytes, key: bytes) -> bytes:
    decryptor = _cipher(key).decryptor()
    padded = decryptor.update(sealed) + decryptor.finalize()
    pad = padded[-1]
    if not 1 <= pad <= _BLOCK or len(padded) < pad or padded[-pad:] != bytes([pad]) * pad:
        raise CryptError(-40007, "it cannot be decrypted with our key")
    return padded[:-pad]


def _encrypted(plain: bytes, key: bytes) -> bytes:
    pad = _BLOCK - len(plain) % _BLOCK
    encryptor = _cipher(key).encryptor()
    return encryptor.update(plain + bytes([pad]) * pad) + encryptor.finalize()
