"""``nlu_data/domain/responses/*.yml``: what the bot says, in one or more wordings each."""

import json
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from typing import Any

from pydantic import ValidationError

from bot.channels import Button
from bot.studio.drafts.formats.document import (
    Document,
    Edit,
    Source,
    Splice,
    UnreadableFileError,
    UnwritableError,
    compose,
    construct,
    pairs,
)
from bot.studio.drafts.formats.scalars import in_style, scalar
from bot.studio.drafts.model import ResponseValue, Variant
from bot.studio.drafts.words import misfit


class ResponsesFile(Document):
    """Responses by name."""

    def __init__(self, path: str, text: str) -> None:
        super().__init__(path, text)
        self._source = Source(text)
        self._nodes: dict[str, Any] = {}
        root = {key.value: value for key, value in pairs(compose(text))}
        if "responses" not in root:
            raise UnreadableFileError(misfit("no_responses"))
        for key, value in pairs(root["responses"]):
            name = str(key.value)
            self._nodes[self._keep(response_id(name), ResponseValue(name, _variants(name, value)))] = value

    def splices(self, edit: Edit) -> Iterator[Splice]:
        if edit.entry_id is None or not isinstance(edit.value, ResponseValue):
            raise UnwritableError(misfit("response_fixed"))
        before = self.entries[edit.entry_id].value
        assert isinstance(before, ResponseValue)  # noqa: S101 - this file holds nothing else
        items = self._nodes[edit.entry_id].value
        yield from _VariantSplices(self._source, items).of(before.variants, edit.value.variants)


def response_id(name: str) -> str:
    return f"response/{name}"


def _variants(name: str, node: Any) -> tuple[Variant, ...]:
    try:
        return tuple(_variant(content) for content in construct(node))
    except (ValidationError, TypeError, KeyError, AttributeError) as error:
        raise UnreadableFileError(misfit("response", name=name)) from error


def _variant(content: dict[str, Any]) -> Variant:
    rest = {key: value for key, value in content.items() if key not in ("text", "buttons")}
    buttons = tuple(Button.model_validate(button) for button in content.get("buttons") or ())
    return Variant(str(content["text"]), buttons, json.dumps(rest, ensure_ascii=False, default=str) if rest else "")


class _VariantSplices:
    """The difference of two versions of a response, wording by wording."""

    def __init__(self, source: Source, items: Sequence[Any]) -> None:
        self._source = source
        self._items = items

    def of(self, before: tuple[Variant, ...], after: tuple[Variant, ...]) -> Iterator[Splice]:
        for what, i1, i2, j1, j2 in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
            if what == "equal":
                continue
            paired = min(i2 - i1, j2 - j1)
            for number in range(paired):
                yield from self._changed(self._items[i1 + number], before[i1 + number], after[j1 + number])
            for item in self._items[i1 + paired : i2]:
                yield Splice(*self._source.whole_lines(self._source.at(item.start_mark), self._end(item)), "")
            if j1 + paired < j2:
                yield self._inserted(max(i1 + paired - 1, 0), after[j1 + paired : j2])

    def _changed(self, item: Any, before: Variant, after: Variant) -> Iterator[Splice]:
        fields = {key.value: (key, value) for key, value in item.value}
        indent = " " * int(item.start_mark.column)
        if before.text != after.text:
            value = fields["text"][1]
            text = in_style(after.text, value.style, indent + "  ")
            yield Splice(self._source.at(value.start_mark), self._source.end_of(value), text)
        if before.buttons != after.buttons:
            yield self._buttons(item, fields, after.buttons, indent)

    def _buttons(self, item: Any, fields: dict[str, Any], buttons: tuple[Button, ...], indent: str) -> Splice:
        written = _written_buttons(buttons, indent)
        if "buttons" not in fields:
            end = self._end(item)
            return Splice(end, end, f"\n{indent}{written}")
        key, value = fields["buttons"]
        start, end = self._source.at(key.start_mark), self._field_end(key, value)
        if not written:
            return Splice(*self._source.whole_lines(start, end), "")
        return Splice(start, end, written)

    def _inserted(self, behind: int, variants: tuple[Variant, ...]) -> Splice:
        near = self._items[behind]
        start = self._source.at(near.start_mark)
        prefix = self._source.text[self._source.whole_lines(start, start)[0] : start]
        place = self._source.ends[self._source.number(self._end(near))]
        indent = " " * int(near.start_mark.column)
        return Splice(place, place, "".join(f"\n{prefix}{_written(variant, indent)}" for variant in variants))

    def _end(self, item: Any) -> int:
        return max(self._field_end(key, value) for key, value in item.value)

    def _field_end(self, key: Any, value: Any) -> int:
        """A value that stands elsewhere under an anchor ends with its line here."""
        if value.start_mark.index < key.end_mark.index:
            line: int = key.end_mark.line
            return self._source.ends[line]
        return self._source.end_of(value)


def _written(variant: Variant, indent: str) -> str:
    if variant.extra:
        raise UnwritableError(misfit("variant_extra"))
    text = f"text: {in_style(variant.text, '|' if chr(10) in variant.text else chr(34), indent + '  ')}"
    buttons = _written_buttons(variant.buttons, indent)
    return text + (f"\n{indent}{buttons}" if buttons else "")


def _written_buttons(buttons: tuple[Button, ...], indent: str) -> str:
    if not buttons:
        return ""
    return "buttons:" + "".join(
        f"\n{indent}- title: {scalar(button.title)}\n{indent}  payload: {scalar(button.payload)}" for button in buttons
    )
