"""``nlu_data/intents/*.yml``: Rasa's format, one example a line, entities marked up as ``[text](entity)``."""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import yaml

from bot.studio.drafts.formats.document import (
    Document,
    Edit,
    Source,
    Splice,
    UnreadableFileError,
    UnwritableError,
    compose,
    pairs,
)
from bot.studio.drafts.model import ExampleValue, Marked, digest
from bot.studio.drafts.words import misfit

MARKUP = re.compile(r"\[(?P<text>[^\]\n]+?)\](?:\((?P<kind>[^:)\n]+?)(?::[^)\n]+)?\)|(?P<fields>\{[^}\n]+?\}))")
"""As Rasa reads it: ``[北京](region)``, ``[北京](region:beijing)``, ``[北京]{"entity": "region"}``."""

NEW_FILE = 'version: "3.1"\nnlu:\n- intent: {intent}\n  examples: |\n'


@dataclass(frozen=True, slots=True)
class _Line:
    """Where the text of an example stands, without the dash before it."""

    start: int
    end: int


@dataclass
class _Block:
    """The examples of an intent: what its lines begin with, and where the next one would go."""

    prefix: str
    end: int
    is_literal: bool


class ExamplesFile(Document):
    """One or more intents with their examples."""

    def __init__(self, path: str, text: str) -> None:
        super().__init__(path, text)
        self._source = Source(text)
        self._lines: dict[str, _Line] = {}
        self._blocks: dict[str, _Block] = {}
        for block in _list({key.value: value for key, value in pairs(compose(text))}.get("nlu")):
            known = {key.value: value for key, value in pairs(block)}
            if "intent" in known and "examples" in known:
                self._read(str(known["intent"].value), known["examples"], int(block.start_mark.column))

    @property
    def intents(self) -> tuple[str, ...]:
        return tuple(self._blocks)

    def splices(self, edit: Edit) -> Iterator[Splice]:
        if edit.entry_id is None:
            yield self._appended(edit.value)
            return
        line = self._lines[edit.entry_id]
        if not isinstance(edit.value, ExampleValue):
            yield Splice(*self._source.whole_lines(line.start, line.end), "")
        else:
            yield Splice(line.start, line.end, edit.value.text)

    def _appended(self, value: object) -> Splice:
        if not isinstance(value, ExampleValue) or value.intent not in self._blocks:
            raise UnwritableError(misfit("no_intent"))
        block = self._blocks[value.intent]
        if not block.is_literal:
            raise UnwritableError(misfit("not_lines"))
        lead = "" if block.end == 0 or self.text[block.end - 1] in "\r\n" else "\n"
        return Splice(block.end, block.end, f"{lead}{block.prefix}{value.text}\n")

    def _read(self, intent: str, node: Any, column: int) -> None:
        is_literal = isinstance(node, yaml.ScalarNode) and node.style == "|"
        block = self._blocks.setdefault(intent, _Block(" " * (column + 2) + "- ", 0, is_literal))
        block.is_literal = is_literal
        if not is_literal:
            return
        first = int(node.start_mark.line)
        block.end = self._source.whole_lines(self._source.starts[first], self._source.starts[first])[1]
        for number in range(first + 1, first + 1 + len(Source(node.value.rstrip("\n")).starts)):
            self._read_line(intent, block, number)

    def _read_line(self, intent: str, block: _Block, number: int) -> None:
        start, end = self._source.starts[number], self._source.ends[number]
        raw = self.text[start:end]
        bare = raw.strip()
        text = bare.removeprefix("-").strip()
        if not text:
            return
        begin = start + raw.rindex(text)
        block.prefix = self.text[start:begin]
        block.end = self._source.whole_lines(start, end)[1]
        self._lines[self._keep(example_id(intent, text), ExampleValue(intent, text))] = _Line(begin, begin + len(text))


def example_id(intent: str, text: str) -> str:
    """By the bare text: marking an entity keeps the id."""
    return f"example/{intent}/{digest(bare_text(text))}"


def bare_text(marked_up: str) -> str:
    """What a customer would have written."""
    return MARKUP.sub(lambda found: found["text"], marked_up)


def marks_of(marked_up: str) -> tuple[Marked, ...]:
    """The entities of a text, by their places in the bare one."""
    found, removed = [], 0
    for mark in MARKUP.finditer(marked_up):
        start = mark.start() - removed
        found.append(Marked(start, start + len(mark["text"]), kind_of(mark)))
        removed += len(mark[0]) - len(mark["text"])
    return tuple(found)


def marked_up(text: str, marks: Sequence[Marked]) -> str:
    """A bare text with its entities.  Raises ValueError where they overlap or lie outside."""
    at, pieces = 0, []
    for mark in sorted(marks, key=lambda each: each.start):
        if not at <= mark.start < mark.end <= len(text):
            raise ValueError(mark)
        pieces += [text[at : mark.start], f"[{text[mark.start : mark.end]}]({mark.kind})"]
        at = mark.end
    return "".join([*pieces, text[at:]])


def kind_of(mark: re.Match[str]) -> str:
    """The entity of a mark; the whole of it where its fields cannot be read."""
    if mark["kind"]:
        return mark["kind"].strip()
    try:
        return str(json.loads(mark["fields"])["entity"])
    except (ValueError, KeyError, TypeError):
        return mark["fields"]


def _list(node: Any) -> list[Any]:
    if not isinstance(node, yaml.SequenceNode):
        raise UnreadableFileError(misfit("no_nlu"))
    return list(node.value)
