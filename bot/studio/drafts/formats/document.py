"""One file as it was read, and changes of its text."""

import re
from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import yaml

from bot.studio.drafts.model import Entry, Value
from bot.studio.drafts.words import misfit

_LINE_BREAK = re.compile("\r\n|[\n\r\x85\u2028\u2029]")
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class UnreadableFileError(ValueError):
    """A file that does not fit its format; the message says why, in Chinese."""


@dataclass(frozen=True)
class Edit:
    """What is to become of an entry: ``value`` None takes it away, ``entry_id`` None adds one."""

    entry_id: str | None
    value: Value | None


@dataclass(frozen=True)
class Splice:
    """Characters ``start`` to ``end`` are replaced by ``text``."""

    start: int
    end: int
    text: str


class Document(ABC):
    """The entries of a file by id, in their order, and where each stands."""

    def __init__(self, path: str, text: str) -> None:
        self.path = path
        self.text = text
        self.newline = "\r\n" if "\r\n" in text else "\n"
        self.entries: dict[str, Entry] = {}

    @abstractmethod
    def splices(self, edit: Edit) -> Iterable[Splice]:
        """How the text changes.  Raises KeyError for an entry that is not here, and UnwritableError."""

    def written(self, edits: Sequence[Edit]) -> str:
        """The text with all edits made; additions at one place stand in the order given."""
        splices = sorted((splice for edit in edits for splice in self.splices(edit)), key=lambda each: each.start)
        pieces, at = [], 0
        for splice in splices:
            pieces += [self.text[at : splice.start], splice.text.replace("\n", self.newline)]
            at = splice.end
        return "".join([*pieces, self.text[at:]])

    def _keep(self, entry_id: str, value: Value) -> str:
        """Keep an entry; one that stands twice gets a number behind its id."""
        unique, number = entry_id, 1
        while unique in self.entries:
            number += 1
            unique = f"{entry_id}~{number}"
        self.entries[unique] = Entry(unique, value)
        return unique


class UnwritableError(ValueError):
    """An entry is written in a way that this format does not change; the message says how, in Chinese."""


class Source:
    """A text with the places of its lines, as YAML counts them."""

    def __init__(self, text: str) -> None:
        self.text = text
        breaks = list(_LINE_BREAK.finditer(text))
        self.starts: list[int] = [0, *(found.end() for found in breaks)]
        self.ends = [*(found.start() for found in breaks), len(text)]

    def at(self, mark: Any) -> int:
        """The place of a mark of a YAML node."""
        place: int = self.starts[mark.line] + mark.column
        return min(place, len(self.text))

    def line(self, number: int) -> str:
        return self.text[self.starts[number] : self.ends[number]]

    def whole_lines(self, start: int, end: int) -> tuple[int, int]:
        """From the beginning of the line of ``start`` to behind the break of the line of ``end``."""
        first = self.number(start)
        last = self.number(end)
        return self.starts[first], self.starts[last + 1] if last + 1 < len(self.starts) else len(self.text)

    def number(self, place: int) -> int:
        """The line a place is on."""
        low, high = 0, len(self.starts)
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if self.starts[middle] <= place else (low, middle)
        return low

    def end_of(self, node: Any) -> int:
        """Behind the last sign of a node, before blanks and comments that follow it."""
        if isinstance(node, yaml.ScalarNode):
            start, end = self.at(node.start_mark), self.at(node.end_mark)
            is_block = node.style in ("|", ">")
            return start + len(self.text[start:end].rstrip()) if is_block else end
        if node.flow_style or not node.value:
            return self.at(node.end_mark)
        last = node.value[-1]
        key, value = last if isinstance(last, tuple) else (None, last)
        return max(self.end_of(value), self.end_of(key) if key is not None else 0)


def compose(text: str) -> Any:
    """The root node of a YAML document, None for an empty one.  Raises UnreadableFileError."""
    loader = _LOADER(text)
    try:
        return loader.get_single_node()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        raise UnreadableFileError(misfit("yaml_line", line=line, problem=error.problem)) from error
    except (yaml.YAMLError, ValueError) as error:
        raise UnreadableFileError(misfit("yaml", problem=error)) from error
    finally:
        loader.dispose()


def construct(node: Any) -> Any:
    """The plain values of a node."""
    loader = _LOADER("")
    try:
        return loader.construct_document(node)
    except yaml.YAMLError as error:
        raise UnreadableFileError(misfit("yaml", problem=error)) from error
    finally:
        loader.dispose()


def pairs(node: Any) -> list[tuple[Any, Any]]:
    """Keys and values of a mapping.  Raises UnreadableFileError where it is none."""
    if not isinstance(node, yaml.MappingNode):
        raise UnreadableFileError(misfit("no_mapping", line=node.start_mark.line + 1 if node else 1))
    return list(node.value)
