"""Attachments in an object store that speaks S3 (MinIO, Ceph, Aliyun OSS, Tencent COS, AWS)."""

import asyncio
import base64
import hashlib
from dataclasses import dataclass
from typing import Any, Literal

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from bot.errors import AttachmentNotFoundError
from bot.evidence.store import is_key, key_of

_ABSENT = {"404", "NoSuchKey", "NotFound"}


@dataclass(frozen=True)
class S3Address:
    """Which bucket, where, and as whom.

    Parameters
    ----------
    endpoint: None for AWS itself.
    prefix: put before every key, e.g. ``attachments/``.
    access_key, secret_key: None to let boto3 look for credentials as it does (environment, instance role).
    addressing: ``path`` for most servers of one's own, ``virtual`` for Aliyun OSS and Tencent COS.
    """

    bucket: str
    endpoint: str | None = None
    region: str | None = None
    prefix: str = ""
    access_key: str | None = None
    secret_key: str | None = None
    addressing: Literal["auto", "path", "virtual"] = "auto"


class S3Store:
    """Contents as objects ``<prefix>ab/cd/abcd...``.  Every call runs in a thread: boto3 blocks."""

    def __init__(self, address: S3Address) -> None:
        self._address = address
        self._client: Any = boto3.client(
            "s3",
            endpoint_url=address.endpoint,
            region_name=address.region,
            aws_access_key_id=address.access_key,
            aws_secret_access_key=address.secret_key,
            config=Config(
                connect_timeout=5,
                read_timeout=30,
                retries={"max_attempts": 4, "mode": "standard"},
                s3={"addressing_style": address.addressing},
                # Checksums beyond Content-MD5 are unknown to many servers that speak S3.
                request_checksum_calculation="when_required",
                response_checksum_validation="when_required",
            ),
        )

    async def put(self, content: bytes) -> str:
        key = key_of(content)
        if not await self.exists(key):
            await asyncio.to_thread(self._put, key, content)
        return key

    async def get(self, key: str) -> bytes:
        return await asyncio.to_thread(self._get, key)

    async def exists(self, key: str) -> bool:
        return is_key(key) and await asyncio.to_thread(self._exists, key)

    def _put(self, key: str, content: bytes) -> None:
        digest = base64.b64encode(hashlib.md5(content, usedforsecurity=False).digest()).decode()
        self._client.put_object(Bucket=self._address.bucket, Key=self._name(key), Body=content, ContentMD5=digest)

    def _get(self, key: str) -> bytes:
        if not is_key(key):
            raise AttachmentNotFoundError(key)
        try:
            answer = self._client.get_object(Bucket=self._address.bucket, Key=self._name(key))
        except ClientError as error:
            raise _translated(error, key) from error
        with answer["Body"] as body:
            return bytes(body.read())

    def _exists(self, key: str) -> bool:
        try:
            self._client.head_object(Bucket=self._address.bucket, Key=self._name(key))
        except ClientError as error:
            if isinstance(_translated(error, key), AttachmentNotFoundError):
                return False
            raise
        return True

    def _name(self, key: str) -> str:
        return f"{self._address.prefix}{key[:2]}/{key[2:4]}/{key}"


def _translated(error: ClientError, key: str) -> Exception:
    """Absence in our own words; a refused login or a missing bucket stays what it is."""
    return AttachmentNotFoundError(key) if error.response["Error"]["Code"] in _ABSENT else error
