"""What the cache keeps: the latest few of everything that is trained, and whatever is in use."""

import fcntl
import hashlib
import json
import os
import shutil
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from knowledge_base.encoder import MANIFEST

Report = Callable[[str], None]

KEPT = 3
"""So many tuned encoders, quick encoders, Rasa models and Rasa caches stay, those used last."""

QUICK = "quick-"
"""What the name of an encoder's folder begins with when nobody tuned it."""

_STALE_S = 24 * 3600.0
"""Half-made things of this age belong to nobody."""


@contextmanager
def in_use(*paths: Path) -> Iterator[None]:
    """Nobody forgets these files and folders meanwhile, whichever process cleans up; ends with the process at last."""
    with ExitStack() as stack:
        for path in paths:
            stack.enter_context(_locked(path, fcntl.LOCK_SH))
        yield


@contextmanager
def one_at_a_time(cache: Path, report: Report) -> Iterator[None]:
    """Hold the cache for a long training; a second one waits, and then finds everything made."""
    path = cache / "training.lock"
    cache.mkdir(parents=True, exist_ok=True)
    path.touch()
    with ExitStack() as stack:
        try:
            stack.enter_context(_locked(path, fcntl.LOCK_EX | fcntl.LOCK_NB))
        except BlockingIOError:
            report("waiting for another training to end")
            stack.enter_context(_locked(path, fcntl.LOCK_EX))
        yield


def mark_used(*paths: Path) -> None:
    """These were used last."""
    for path in paths:
        os.utime(path)


def pin(cache: Path, owner: Path, paths: Iterable[Path]) -> None:
    """These may be needed again: nobody forgets them as long as the data folder ``owner`` is there."""
    folder = cache / "pins"
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{hashlib.sha256(str(owner.resolve()).encode()).hexdigest()[:16]}.json"
    fresh = file.with_suffix(".new")
    content = {"owner": str(owner.resolve()), "paths": sorted({str(path) for path in paths})}
    fresh.write_text(json.dumps(content), encoding="utf-8")
    fresh.replace(file)


def pinned(cache: Path) -> set[Path]:
    """What anybody wants to be kept."""
    wanted = [json.loads(file.read_text(encoding="utf-8")) for file in cache.glob("pins/*.json")]
    return {Path(path) for each in wanted if Path(each["owner"]).exists() for path in each["paths"]}


def forget_old(cache: Path) -> None:
    """Remove what was used longest ago, but nothing that is in use or pinned."""
    kept = pinned(cache)
    encoders = [path for path in cache.glob("encoders/*") if not path.name.startswith(".")]
    quick = [path for path in encoders if path.name.startswith(QUICK)]
    tuned = [path for path in encoders if path not in quick]
    for group in (quick, tuned, cache.glob("models/*.tar.gz"), cache.glob("rasa/*")):
        for path in _all_but_latest(group):
            if path not in kept:
                _forget(path)
    _forget_vectors(cache)
    _forget_half_made(cache)


def _forget_vectors(cache: Path) -> None:
    """Vectors go with the encoder that made them."""
    manifests = cache.glob(f"encoders/*/{MANIFEST}")
    known = {json.loads(path.read_text(encoding="utf-8"))["key"] for path in manifests}
    for path in (*cache.glob("vectors/vectors-*.npz"), *cache.glob("faq/vectors-*.npz")):
        if path.stem.removeprefix("vectors-") not in known:
            path.unlink(missing_ok=True)


def _forget_half_made(cache: Path) -> None:
    for path in cache.glob("*/.*"):
        if path.stat().st_mtime < time.time() - _STALE_S:
            _forget(path)


def _all_but_latest(paths: Iterable[Path]) -> list[Path]:
    return sorted(paths, key=lambda path: path.stat().st_mtime, reverse=True)[KEPT:]


def _forget(path: Path) -> None:
    with suppress(BlockingIOError, FileNotFoundError), _locked(path, fcntl.LOCK_EX | fcntl.LOCK_NB):
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink()


@contextmanager
def _locked(path: Path, how: int) -> Iterator[None]:
    """Advisory, on the file or folder itself; the system ends it with the process, however that ends."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, how)
        yield
    finally:
        os.close(descriptor)
