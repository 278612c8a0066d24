"""Sentences that models are judged by: those of the shipped sets, and those of the sets made in the studio."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path

from bot.studio.drafts.similar import bare_of


class JudgingSentences:
    """The shipped sets are read again when a file changes.

    Parameters
    ----------
    folder: ``*.jsonl`` with a ``text`` in each line.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._stamps: tuple[tuple[str, int], ...] = ()
        self._shipped: dict[str, str] = {}
        self._made: dict[str, str] = {}

    def set_of(self, text: str) -> str | None:
        bare = bare_of(text)
        return self._made.get(bare) or self._shipped_sets().get(bare)

    def put(self, sets: Mapping[str, Iterable[str]]) -> None:
        """The sets made in the studio, all of them, by name."""
        self._made = {bare_of(text): name for name, texts in sets.items() for text in texts}

    def _shipped_sets(self) -> dict[str, str]:
        files = sorted(self._folder.glob("*.jsonl")) if self._folder.is_dir() else []
        stamps = tuple((file.name, file.stat().st_mtime_ns) for file in files)
        if stamps != self._stamps:
            self._shipped = {bare_of(text): file.stem for file in files for text in _texts(file)}
            self._stamps = stamps
        return self._shipped


def _texts(file: Path) -> Iterable[str]:
    for line in file.read_text(encoding="utf-8-sig").splitlines():
        if line.strip() and isinstance(row := json.loads(line), dict) and isinstance(row.get("text"), str):
            yield row["text"]
