"""The files that trainers own, where the bot is taught from: read again and again, written at a publishing."""

import contextlib
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bot.studio.drafts.repository import ContentRepository

_FOLDERS = (("nlu_data", "**/*"), ("knowledge_base/faq", "*.yml"), ("knowledge_base", "topics.yml"))
_PASSING = ("~", ".swp", ".swx", ".tmp", ".pyc", ".bak")
_SETTLED_NS = 2_000_000_000


@dataclass(frozen=True)
class _Seen:
    stamp: tuple[int, int, int]
    blob: str
    at_ns: int

    @property
    def is_settled(self) -> bool:
        """Whether the file was old when it was read: else a second change may have the same time and size."""
        return self.at_ns - self.stamp[0] > _SETTLED_NS


class Checkout:
    """The content below a folder."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._seen: dict[str, _Seen] = {}

    def scan(self) -> dict[str, str]:
        """Path -> hash of what stands there, as the repository would call it; only what changed is read."""
        return {path: blob for path in self._paths() if (blob := self._blob(path)) is not None}

    def read(self, path: str) -> bytes:
        return (self._root / path).read_bytes()

    def write(self, path: str, content: bytes | None, *, was: str | None) -> bool:
        """Put other content there, or take the file away; False, and nothing done, where it is not as it ``was``."""
        file = self._root / path
        if self._blob(path, fresh=True) != was:
            return False
        if content is None:
            file.unlink(missing_ok=True)
            return True
        file.parent.mkdir(parents=True, exist_ok=True)
        new = file.with_name(f".{file.name}.studio.tmp")
        with new.open("wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        if file.exists():
            new.chmod(file.stat().st_mode & 0o777)
        new.replace(file)
        return True

    def _paths(self) -> Iterator[str]:
        for folder, pattern in _FOLDERS:
            for file in sorted((self._root / folder).glob(pattern)):
                path = file.relative_to(self._root)
                hidden = any(part.startswith((".", "__")) for part in path.parts)
                if not hidden and not path.name.endswith(_PASSING) and file.is_file() and not file.is_symlink():
                    yield path.as_posix()

    def _blob(self, path: str, *, fresh: bool = False) -> str | None:
        with contextlib.suppress(FileNotFoundError):
            file = self._root / path
            state = file.stat()
            stamp = (state.st_mtime_ns, state.st_size, state.st_ino)
            seen = self._seen.get(path)
            if fresh or seen is None or seen.stamp != stamp or not seen.is_settled:
                now = time.time_ns()
                seen = self._seen[path] = _Seen(stamp, ContentRepository.hash(file.read_bytes()), now)
            return seen.blob
        return None
