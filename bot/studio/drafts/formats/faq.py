"""``knowledge_base/faq/*.yml``: a list of entries, of which only the fields that changed are written anew."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from difflib import SequenceMatcher
from functools import lru_cache
from typing import Any

import yaml
from pydantic import ValidationError

from bot.studio.drafts.formats.document import Document, Edit, Source, Splice, UnreadableFileError, compose, construct
from bot.studio.drafts.formats.scalars import flow_list, flow_map, in_style, scalar
from bot.studio.drafts.model import FaqFields
from bot.studio.drafts.words import misfit
from knowledge_base.entries import FaqEntry

FIELDS = (
    *("id", "question", "phrasings", "answer", "answers"),
    *("related", "action", "when", "valid_from", "valid_until"),
)
"""In the order in which a new entry is written."""
_CACHED = 20_000


@dataclass(frozen=True, slots=True)
class _Place:
    """Where an entry stands: characters ``start`` to ``end``, and the column that it begins in."""

    start: int
    end: int
    column: int


class FaqFile(Document):
    """Entries by topic.

    Where each stands is kept, and nothing of YAML's: nodes of thousands of entries would be a million objects, which
    the interpreter walks through again and again.  An entry that is changed is composed again, alone.
    """

    def __init__(self, path: str, text: str) -> None:
        super().__init__(path, text)
        self._source = Source(text)
        self._places: dict[str, _Place] = {}
        root = compose(text)
        if root is not None and not isinstance(root, yaml.SequenceNode):
            raise UnreadableFileError(misfit("no_list_of_entries"))
        for node in root.value if root is not None else ():
            self._read(node)

    def splices(self, edit: Edit) -> Iterator[Splice]:
        if edit.entry_id is None:
            yield self._appended(_wanted(edit))
            return
        place = self._places[edit.entry_id]
        if edit.value is None:
            yield Splice(*self._source.whole_lines(place.start, place.end), "")
            return
        before, after = self.entries[edit.entry_id].value, _wanted(edit)
        assert isinstance(before, FaqFields)  # noqa: S101 - this file holds nothing else
        yield from self._changed(edit.entry_id, before, after)

    def _read(self, node: Any) -> None:
        place = _Place(self._source.at(node.start_mark), self._source.end_of(node), int(node.start_mark.column))
        raw = " " * place.column + self.text[place.start : place.end] + "\n"
        entry = _parsed(raw) if "&" not in raw and "*" not in raw else None
        entry = entry or _validated(construct(node), node)
        self._places[self._keep(faq_id(entry.id), entry)] = place

    def _changed(self, entry_id: str, before: FaqFields, after: FaqFields) -> Iterator[Splice]:
        """By the lines of the entry alone; by the whole file where those cannot be read without it."""
        place = self._places[entry_id]
        line_end = self._source.ends[self._source.number(place.end)]
        alone = " " * place.column + self.text[place.start : line_end] + "\n"
        shift = place.start - place.column
        try:
            node = compose(alone)
            source = Source(alone)
        except UnreadableFileError:
            node, source, shift = compose(self.text).value[list(self._places).index(entry_id)], self._source, 0
        for each in _FieldSplices(source, node).of(before, after):
            yield Splice(each.start + shift, each.end + shift, each.text)

    def _appended(self, entry: FaqFields) -> Splice:
        end = len(self.text)
        lead = "" if not self.text or self.text.endswith("\n") else "\n"
        gap = "\n" if self._places and not self.text.endswith("\n\n") else ""
        return Splice(end, end, lead + gap + rendered(entry))


def faq_id(topic: str) -> str:
    return f"faq/{topic}"


def rendered(entry: FaqFields) -> str:
    """An entry as one is written by hand, with its dash."""
    lines = [written for name in FIELDS if (written := _field(entry, name, "  "))]
    return "- " + "\n  ".join(lines) + "\n"


def _wanted(edit: Edit) -> FaqFields:
    assert isinstance(edit.value, FaqFields)  # noqa: S101 - the caller chose the format by the kind of the value
    return edit.value


@lru_cache(maxsize=_CACHED)
def _parsed(raw: str) -> FaqFields | None:
    """An entry from its own lines, None where they do not read alone; most are as they were a moment ago."""
    try:
        return _validated(yaml.load(raw, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)), None)  # noqa: S506
    except (yaml.YAMLError, UnreadableFileError):
        return None


def _validated(content: Any, node: Any) -> FaqFields:
    try:
        return FaqFields.of(FaqEntry.model_validate(content))
    except ValidationError as error:
        where = "、".join(".".join(map(str, each["loc"])) for each in error.errors())
        if node is None:
            raise UnreadableFileError(misfit("entry", fields=where)) from error
        raise UnreadableFileError(misfit("entry_line", line=node.start_mark.line + 1, fields=where)) from error


class _FieldSplices:
    """The difference of two versions of an entry, field by field."""

    def __init__(self, source: Source, node: Any) -> None:
        self._source = source
        self._node = node
        self._fields = {key.value: (key, value) for key, value in node.value}
        self._indent = " " * int(node.start_mark.column)

    def of(self, before: FaqFields, after: FaqFields) -> Iterator[Splice]:
        for name in FIELDS:
            if getattr(before, name) == getattr(after, name):
                continue
            if name == "phrasings" and self._is_list("phrasings"):
                yield from self._phrasings(before.phrasings, after.phrasings)
            else:
                yield self._whole(after, name)

    def _whole(self, after: FaqFields, name: str) -> Splice:
        written = _field(after, name, self._indent)
        if name not in self._fields:
            end = self._source.end_of(self._node)
            return Splice(end, end, f"\n{self._indent}{written}")
        key, value = self._fields[name]
        start, end = self._source.at(key.start_mark), self._source.end_of(value)
        if not written:
            return Splice(*self._source.whole_lines(start, end), "")
        if isinstance(value, yaml.ScalarNode) and name in ("question", "answer"):
            text = getattr(after, name) + ("\n" if value.style == "|" else "")
            return Splice(self._source.at(value.start_mark), end, in_style(text, value.style, self._indent + "  "))
        rest = self._source.text[end : self._source.ends[self._source.number(end)]]
        if "\n" in written and rest.lstrip().startswith("#"):
            end += len(rest)  # a block would take the comment for its own
        return Splice(start, end, written)

    def _is_list(self, name: str) -> bool:
        """Whether every item stands on a line of its own."""
        node = self._fields[name][1]
        starts = [item.start_mark.line for item in node.value]
        return not node.flow_style and len(starts) > 0 and len(set(starts)) == len(starts)

    def _phrasings(self, before: tuple[str, ...], after: tuple[str, ...]) -> Iterator[Splice]:
        items = self._fields["phrasings"][1].value
        for what, i1, i2, j1, j2 in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
            paired = min(i2 - i1, j2 - j1) if what != "equal" else 0
            for item, text in zip(items[i1 : i1 + paired], after[j1 : j1 + paired], strict=True):
                yield Splice(self._source.at(item.start_mark), self._source.end_of(item), scalar(text))
            if what == "equal":
                continue
            for item in items[i1 + paired : i2]:
                yield Splice(*self._source.whole_lines(self._source.at(item.start_mark), self._source.end_of(item)), "")
            if j1 + paired < j2:
                yield self._inserted(items, i1 + paired, after[j1 + paired : j2])

    def _inserted(self, items: list[Any], number: int, texts: tuple[str, ...]) -> Splice:
        """Behind the item before, or before the first one."""
        near = items[max(number - 1, 0)]
        start = self._source.at(near.start_mark)
        prefix = self._source.text[self._source.whole_lines(start, start)[0] : start]
        if number == 0:
            place = self._source.whole_lines(start, start)[0]
            return Splice(place, place, "".join(f"{prefix}{scalar(text)}\n" for text in texts))
        place = self._source.ends[self._source.number(self._source.end_of(near))]
        return Splice(place, place, "".join(f"\n{prefix}{scalar(text)}" for text in texts))


def _field(entry: FaqFields, name: str, indent: str) -> str:
    """One field as YAML, its further lines indented; empty where the entry does not have it."""
    value = getattr(entry, name)
    return f"{name}:{_WRITE[name](value, indent)}" if value not in (None, (), "") else ""


def _text(value: str, indent: str) -> str:
    return " " + in_style(value + "\n" if "\n" in value else value, "|" if "\n" in value else None, indent + "  ")


def _phrasing_list(values: tuple[str, ...], indent: str) -> str:
    return "".join(f"\n{indent}  - {scalar(value)}" for value in values)


def _answers(values: tuple[tuple[str, str], ...], indent: str) -> str:
    return "".join(f"\n{indent}  {scalar(channel)}:{_text(text, indent + '  ')}" for channel, text in values)


def _action(value: Any, _: str) -> str:
    return " " + flow_map({"title": scalar(value.title, flow=True), "intent": scalar(value.intent, flow=True)})


def _when(value: Any, _: str) -> str:
    given = {"waybill": [str(state) for state in value.waybill], "after": list(value.after)}
    return " " + flow_map({name: flow_list(texts) for name, texts in given.items() if texts})


def _day(value: date, _: str) -> str:
    return f" {value.isoformat()}"


def _related(values: tuple[str, ...], _: str) -> str:
    return f" {flow_list(values)}"


_WRITE: dict[str, Callable[[Any, str], str]] = {
    "id": _text,
    "question": _text,
    "phrasings": _phrasing_list,
    "answer": _text,
    "answers": _answers,
    "related": _related,
    "action": _action,
    "when": _when,
    "valid_from": _day,
    "valid_until": _day,
}
