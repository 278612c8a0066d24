"""Signs of life: what a process that has no address of its own tells the supervisor."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

WORKER = "worker"
CALLBACK_SOCKET, CALLBACK_NAME = "BOT_CALLBACK_SOCKET", "BOT_CALLBACK_NAME"
"""What the supervisor tells a callback process in its environment: its socket's number and what it is called."""


@dataclass(frozen=True)
class Sign:
    """A process that is up, and the model it works with; empty for one that needs none."""

    pid: int
    model: str = ""

    @property
    def is_alive(self) -> bool:
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return False
        return True


@contextmanager
def shown(data_dir: Path, name: str, model: str = "") -> Iterator[None]:
    """This process is up as long as the block lasts."""
    show(data_dir, name, model)
    try:
        yield
    finally:
        _path(data_dir, name).unlink(missing_ok=True)


def show(data_dir: Path, name: str, model: str = "") -> None:
    path = _path(data_dir, name)
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(".new")
    fresh.write_text(json.dumps(asdict(Sign(os.getpid(), model))), encoding="utf-8")
    fresh.replace(path)


def seen(data_dir: Path, name: str) -> Sign | None:
    """The process of that name, None while none is up.  What a killed one left behind does not count."""
    try:
        sign = Sign(**json.loads(_path(data_dir, name).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None
    return sign if sign.is_alive else None


def _path(data_dir: Path, name: str) -> Path:
    return data_dir / "signs" / f"{name}.json"
