"""The part of the page that runs in the browser."""

from collections.abc import Sequence
from typing import Any

from nicegui.element import Element

from bot.studio.misses.mending import MOST
from bot.studio.misses.replacing import Worded
from bot.studio.misses.words import miss_words


class MissBoard(Element, component="misses.js"):
    """Groups, sentences, and what stands beside one.

    Emits ``filter``, ``group`` (an id, 0 for all), ``more_groups``, ``more_members``, ``open`` (an id), ``begin``,
    ``check``, ``mend`` and ``undo``.
    """

    def __init__(
        self, selects: list[dict[str, Any]], plain: dict[str, str], *, trains: bool, targets: list[dict[str, str]]
    ) -> None:
        super().__init__()
        words = miss_words()
        self._props.update(words=words.ui, keys=words.keys, entities=words.entities, selects=selects, plain=plain)
        self._props.update(trains=trains, most=MOST, targets=tuple(targets), shown=None, undo="", filter=plain)
        self._props.update(groups=[], moreGroups=False, total=0, group=0, title="", groupCount=0)
        self._props.update(members=[], moreMembers=False)

    def show(self, **changed: Any) -> None:
        """Whatever is another one now."""
        if any(self._props.get(name) != value for name, value in changed.items()):
            self._props.update(changed)
            self.update()

    def propose(self, rows: Sequence[Worded], answers: Sequence[str]) -> None:
        """Sentences to be taught, and what agents answered."""
        shown = [{"text": row.text, "marks": [mark.as_row() for mark in row.marks]} for row in rows]
        self.run_method("proposed", shown, list(answers))

    def warn(self, warnings: Sequence[dict[str, str]]) -> None:
        self.run_method("warned", list(warnings))

    def refuse(self, text: str) -> None:
        """Read in the sheet, where one is open."""
        self.run_method("refused", text)

    def done(self) -> None:
        self.run_method("done")
