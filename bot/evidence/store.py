"""Where the contents of attachments are kept: the port, a folder, and the working in-memory adapter."""

import asyncio
import hashlib
import os
import re
import time
from pathlib import Path
from typing import Protocol
from uuid import uuid4

from bot.errors import AttachmentNotFoundError

_KEY = re.compile(r"[0-9a-f]{64}")
_ABANDONED_S = 24 * 3600.0


class AttachmentStore(Protocol):
    """Contents by their SHA-256.  A key, once put, stands for the same bytes for ever."""

    async def put(self, content: bytes) -> str:
        """Keep these bytes; the key is their SHA-256 in hexadecimal.  The same bytes again change nothing."""
        ...

    async def get(self, key: str) -> bytes:
        """What is kept under the key, unchecked.  Raises `AttachmentNotFoundError`."""
        ...

    async def exists(self, key: str) -> bool: ...


def key_of(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def is_key(text: str) -> bool:
    return _KEY.fullmatch(text) is not None


class InMemoryStore:
    """Contents in a dictionary, for tests and trials."""

    def __init__(self) -> None:
        self.contents: dict[str, bytes] = {}

    async def put(self, content: bytes) -> str:
        key = key_of(content)
        self.contents.setdefault(key, content)
        return key

    async def get(self, key: str) -> bytes:
        if key not in self.contents:
            raise AttachmentNotFoundError(key)
        return self.contents[key]

    async def exists(self, key: str) -> bool:
        return key in self.contents


class FolderStore:
    """Contents as files ``ab/cd/abcd...`` below one folder, on this machine or a shared disk.

    A file appears whole under its name or not at all, whatever is killed when: it is written beside, synced to disk
    and renamed.

    Parameters
    ----------
    root: made when the first content comes.
    """

    def __init__(self, root: Path) -> None:
        self._root = root

    async def put(self, content: bytes) -> str:
        key = key_of(content)
        await asyncio.to_thread(self._write, self._path(key), content)
        return key

    async def get(self, key: str) -> bytes:
        try:
            return await asyncio.to_thread(self._path(key).read_bytes)
        except FileNotFoundError as error:
            raise AttachmentNotFoundError(key) from error

    async def exists(self, key: str) -> bool:
        return await asyncio.to_thread(self._path(key).is_file)

    def forget_abandoned(self) -> int:
        """Remove what killed writers left behind a day ago or earlier; returns how many files that were."""
        old = [path for path in self._incoming.glob("*") if time.time() - path.stat().st_mtime > _ABANDONED_S]
        for path in old:
            path.unlink(missing_ok=True)
        return len(old)

    @property
    def _incoming(self) -> Path:
        return self._root / ".incoming"

    def _path(self, key: str) -> Path:
        """Only a hash is ever part of a path."""
        if not is_key(key):
            raise AttachmentNotFoundError(key)
        return self._root / key[:2] / key[2:4] / key

    def _write(self, path: Path, content: bytes) -> None:
        if path.is_file():
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        self._incoming.mkdir(parents=True, exist_ok=True)
        temporary = self._incoming / f"{path.name}.{uuid4().hex}"
        try:
            _write_synced(temporary, content)
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
        for folder in (path.parent, path.parent.parent, self._root):
            _sync_folder(folder)


def _write_synced(path: Path, content: bytes) -> None:
    with path.open("xb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    path.chmod(0o440)


def _sync_folder(path: Path) -> None:
    """A rename is safe from a power cut only once its folder is on disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
