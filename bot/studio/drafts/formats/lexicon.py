"""``nlu_data/lexicon``: lists with a word a line, words between blanks, and short names with what they stand for."""

import re
from abc import abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml

from bot.studio.drafts.formats.document import Document, Edit, Source, Splice, UnwritableError, compose, pairs
from bot.studio.drafts.formats.scalars import in_style, scalar
from bot.studio.drafts.model import WordValue, digest
from bot.studio.drafts.words import misfit

_WIDEST = 120
_WORD = re.compile(r"\S+")


@dataclass(frozen=True)
class ListTitle:
    """A list, with the comment of its file that says what it is."""

    name: str
    comment: str


class LexiconFile(Document):
    """Words by id, in one or more lists."""

    def __init__(self, path: str, text: str) -> None:
        super().__init__(path, text)
        self._source = Source(text)
        self._spans: dict[str, tuple[int, int]] = {}
        self.lists: list[ListTitle] = []
        self._read_all()

    @abstractmethod
    def _read_all(self) -> None: ...

    @property
    def file_name(self) -> str:
        return self.path.rsplit("/", 1)[-1]

    def _read_word(self, word: WordValue, start: int, end: int) -> None:
        self._spans[self._keep(word_id(word), word)] = (start, end)

    def _comment_above(self, line: int) -> str:
        """The comment lines right above a line."""
        found: list[str] = []
        while line > 0 and self._source.line(line - 1).lstrip().startswith("#"):
            line -= 1
            found.insert(0, self._source.line(line).lstrip("# ").rstrip())
        return " ".join(found)


def word_id(word: WordValue) -> str:
    return f"word/{word.listed_in}/{digest(word.text)}"


class LinesFile(LexiconFile):
    """``words.txt`` and the like: ``#`` begins a comment."""

    def _read_all(self) -> None:
        first = self._source.line(0)
        self.lists = [ListTitle(self.file_name, first.lstrip("# ").rstrip() if first.startswith("#") else "")]
        for number, start in enumerate(self._source.starts):
            text = self._source.line(number).split("#", 1)[0].strip()
            if text:
                begin = start + self._source.line(number).index(text)
                self._read_word(WordValue(self.file_name, text), begin, begin + len(text))

    def splices(self, edit: Edit) -> Iterator[Splice]:
        if edit.entry_id is None:
            assert isinstance(edit.value, WordValue)  # noqa: S101 - the caller chose the format by the value
            lead = "" if not self.text or self.text[-1] in "\r\n" else "\n"
            yield Splice(len(self.text), len(self.text), f"{lead}{edit.value.text}\n")
            return
        start, end = self._spans[edit.entry_id]
        if isinstance(edit.value, WordValue):
            yield Splice(start, end, edit.value.text)
        else:
            yield Splice(*self._source.whole_lines(start, end), "")


class ColumnsFile(LexiconFile):
    """``goods.yml`` and the like: under each name, words or regular expressions between blanks."""

    def _read_all(self) -> None:
        self._ends: dict[str, int] = {}
        for key, value in pairs(compose(self.text)):
            if isinstance(value, yaml.ScalarNode) and value.style in (">", None):
                self._read_list(str(key.value), key, value)

    def _read_list(self, key: str, key_node: Any, node: Any) -> None:
        name = f"{self.file_name}:{key}"
        start, end = self._source.at(node.start_mark), self._source.end_of(node)
        if node.style == ">":
            start = self._source.starts[node.start_mark.line + 1]
        found = list(_WORD.finditer(self.text, start, end))
        if [word[0] for word in found] != node.value.split():
            return
        self.lists.append(ListTitle(name, self._comment_above(key_node.start_mark.line)))
        self._ends[name] = end
        for word in found:
            self._read_word(WordValue(name, word[0]), *word.span())

    def splices(self, edit: Edit) -> Iterator[Splice]:
        if edit.entry_id is None:
            assert isinstance(edit.value, WordValue)  # noqa: S101 - the caller chose the format by the value
            yield self._added(edit.value)
            return
        start, end = self._spans[edit.entry_id]
        if isinstance(edit.value, WordValue):
            yield Splice(start, end, edit.value.text)
        else:
            yield self._without(start, end)

    def _added(self, word: WordValue) -> Splice:
        if word.listed_in not in self._ends:
            raise UnwritableError(misfit("no_word_list"))
        end = self._ends[word.listed_in]
        line = self._source.line(self._source.number(end))
        lead = " " if len(line) + len(word.text) < _WIDEST else "\n" + " " * (len(line) - len(line.lstrip()))
        return Splice(end, end, lead + word.text)

    def _without(self, start: int, end: int) -> Splice:
        line_start, line_end = self._source.whole_lines(start, end)
        if not self.text[line_start:start].strip() and not self.text[end:line_end].strip():
            return Splice(line_start, line_end, "")
        while self.text[end] == " ":
            end += 1
        while self.text[end] in "\r\n" and self.text[start - 1] == " ":
            start -= 1
        return Splice(start, end, "")


class AliasesFile(LexiconFile):
    """``aliases.yml``: by entity, what a short name stands for."""

    def _read_all(self) -> None:
        self._nodes: dict[str, tuple[Any, Any]] = {}
        for key, names in pairs(compose(self.text)):
            name = f"{self.file_name}:{key.value}"
            self.lists.append(ListTitle(name, self._comment_above(key.start_mark.line)))
            for short, meaning in pairs(names):
                word = WordValue(name, str(short.value), str(meaning.value))
                self._read_word(word, self._source.at(short.start_mark), self._source.end_of(meaning))
                self._nodes[list(self.entries)[-1]] = (short, meaning)

    def splices(self, edit: Edit) -> Iterator[Splice]:
        if edit.entry_id is None:
            yield self._added(edit.value)
            return
        start, end = self._spans[edit.entry_id]
        if not isinstance(edit.value, WordValue):
            yield Splice(*self._source.whole_lines(start, end), "")
            return
        short, meaning = self._nodes[edit.entry_id]
        if short.value != edit.value.text:
            written = in_style(edit.value.text, short.style, "")
            yield Splice(start, self._source.at(short.end_mark), written)
        if meaning.value != edit.value.meaning:
            written = in_style(edit.value.meaning or "", meaning.style, "")
            yield Splice(self._source.at(meaning.start_mark), end, written)

    def _added(self, word: object) -> Splice:
        assert isinstance(word, WordValue)  # noqa: S101 - the caller chose the format by the value
        kin = [entry_id for entry_id in self._spans if entry_id.startswith(f"word/{word.listed_in}/")]
        if not kin:
            raise UnwritableError(misfit("no_word_list"))
        end = self._spans[kin[-1]][1]
        indent = " " * int(self._nodes[kin[-1]][0].start_mark.column)
        place = self._source.ends[self._source.number(end)]
        return Splice(place, place, f"\n{indent}{scalar(word.text)}: {scalar(word.meaning or '')}")
