"""Entries as text to be compared by eye, and in sentences what a change did."""

import difflib
from collections.abc import Callable, Iterator
from itertools import zip_longest

from bot.channels import Button
from bot.studio.drafts.formats.examples import bare_text
from bot.studio.drafts.model import (
    Entry,
    ExampleValue,
    FaqFields,
    FileValue,
    ResponseValue,
    TopicValue,
    Value,
    Variant,
    WordValue,
)
from bot.studio.drafts.words import draft_words

_SHOWN = 3
_PLAIN_FIELDS = ("related", "action", "when", "valid_from", "valid_until")


def title_of(value: Value) -> str:
    """What an entry is called in a list: short, and enough to find it by."""
    match value:
        case ExampleValue():
            return f"{value.intent} · {bare_text(value.text)}"
        case FaqFields():
            return f"{value.id} · {value.question}"
        case TopicValue():
            return value.topic
        case ResponseValue():
            return value.name
        case WordValue():
            return f"{draft_words().lists.get(value.listed_in, value.listed_in)} · {value.text}"
        case FileValue():
            return value.path


def as_text(value: Value) -> str:
    """All of an entry, a line for each thing that may change."""
    match value:
        case ExampleValue():
            return value.text
        case FaqFields():
            return "\n".join(_faq_lines(value))
        case TopicValue():
            return value.covers
        case ResponseValue():
            return "\n\n".join("\n".join(_variant_lines(variant)) for variant in value.variants)
        case WordValue():
            return f"{value.text} → {value.meaning}" if value.meaning is not None else value.text
        case FileValue():
            return value.blob[:12]


def told(before: Value | None, after: Value | None) -> tuple[str, ...]:
    """Sentences; none where nothing changed."""
    if before == after:
        return ()
    given = after if after is not None else before
    return tuple(_TELL[type(given)](before, after))


def text_diff(before: str | None, after: str | None) -> list[tuple[str, str]]:
    """Lines with ``+``, ``-`` or a blank before each, and ``@`` where unchanged ones are left out."""
    lines = difflib.unified_diff((before or "").splitlines(), (after or "").splitlines(), n=2, lineterm="")
    shown = [(line[:1], "" if line.startswith("@@") else line[1:]) for line in list(lines)[2:]]
    return shown[1:]


def entry_text(entry: Entry | None) -> str | None:
    return None if entry is None else as_text(entry.value)


def _faq_lines(entry: FaqFields) -> Iterator[str]:
    names = draft_words().fields
    yield f"{names['question']}：{entry.question}"
    yield f"{names['phrasings']}："
    yield from (f"- {text}" for text in entry.phrasings)
    yield f"{names['answer']}："
    yield from entry.answer.splitlines()
    for channel, text in entry.answers:
        yield f"{_channel(channel)}：{text}"
    for name in _PLAIN_FIELDS:
        if shown := _shown(getattr(entry, name)):
            yield f"{names[name]}：{shown}"


def _variant_lines(variant: Variant) -> Iterator[str]:
    yield variant.text
    yield from (f"[{button.title}] {button.payload}" for button in variant.buttons)
    if variant.extra:
        yield variant.extra


def _simple(kind: str, shown: Callable[[Value], str]) -> Callable[[Value | None, Value | None], Iterator[str]]:
    def tell(before: Value | None, after: Value | None) -> Iterator[str]:
        what = "added" if before is None else "removed" if after is None else "changed"
        values = {"before": before and shown(before), "after": after and shown(after)}
        yield _said(f"{kind}_{what}", **values)

    return tell


def _example(before: Value | None, after: Value | None) -> Iterator[str]:
    if isinstance(before, ExampleValue) and isinstance(after, ExampleValue):
        old, new = bare_text(before.text), bare_text(after.text)
        if before.intent != after.intent:
            yield _said("example_moved", after=new, source=before.intent, target=after.intent)
        elif old == new:
            yield _said("example_marked", after=new)
        else:
            yield _said("example_changed", before=old, after=new)
    else:
        yield from _simple("example", lambda value: bare_text(as_text(value)))(before, after)


def _faq(before: Value | None, after: Value | None) -> Iterator[str]:
    if not isinstance(before, FaqFields) or not isinstance(after, FaqFields):
        yield from _simple("faq", lambda value: value.question if isinstance(value, FaqFields) else "")(before, after)
        return
    if before.question != after.question:
        yield _said("question_changed", before=before.question, after=after.question)
    yield from _phrasings(before.phrasings, after.phrasings)
    if before.answer != after.answer:
        yield _said("answer_changed")
    yield from _answers(dict(before.answers), dict(after.answers))
    for name in _PLAIN_FIELDS:
        old, new = getattr(before, name), getattr(after, name)
        if old != new:
            nothing, field = draft_words().told["nothing"], draft_words().fields[name]
            yield _said("field_changed", field=field, before=_shown(old) or nothing, after=_shown(new) or nothing)


def _phrasings(before: tuple[str, ...], after: tuple[str, ...]) -> Iterator[str]:
    added = [text for text in after if text not in set(before)]
    removed = [text for text in before if text not in set(after)]
    if added:
        yield _said("phrasings_added", n=len(added), texts=_some(added))
    if removed:
        yield _said("phrasings_removed", n=len(removed), texts=_some(removed))
    if not added and not removed and before != after:
        yield _said("phrasings_moved")


def _answers(before: dict[str, str], after: dict[str, str]) -> Iterator[str]:
    for channel in before | after:
        if before.get(channel) != after.get(channel):
            what = "added" if channel not in before else "removed" if channel not in after else "changed"
            yield _said(f"channel_answer_{what}", channel=_channel(channel))


def _response(before: Value | None, after: Value | None) -> Iterator[str]:
    if not isinstance(before, ResponseValue) or not isinstance(after, ResponseValue):
        yield _said("response_added" if before is None else "response_removed")
        return
    pairs: list[tuple[Variant | None, Variant | None]] = []
    matcher = difflib.SequenceMatcher(None, before.variants, after.variants, autojunk=False)
    for what, i1, i2, j1, j2 in matcher.get_opcodes():
        if what != "equal":
            pairs += zip_longest(before.variants[i1:i2], after.variants[j1:j2])
    for old, new in pairs:
        yield from _variant(old, new)


def _variant(old: Variant | None, new: Variant | None) -> Iterator[str]:
    if old is None or new is None or old.text != new.text:
        what = "added" if old is None else "removed" if new is None else "changed"
        yield _said(f"variant_{what}", before=old and _short(old.text), after=new and _short(new.text))
    if old is not None and new is not None and old.buttons != new.buttons:
        yield _said("buttons_changed", after=_titles(new.buttons) or draft_words().told["nothing"])


_TELL: dict[type, Callable[[Value | None, Value | None], Iterator[str]]] = {
    ExampleValue: _example,
    FaqFields: _faq,
    TopicValue: _simple("topic", as_text),
    ResponseValue: _response,
    WordValue: _simple("word", as_text),
    FileValue: _simple("file", as_text),
}


def _said(name: str, **values: object) -> str:
    return draft_words().told[name].format(**values)


def _channel(name: str) -> str:
    return draft_words().channels.get(name, name)


def _titles(buttons: tuple[Button, ...]) -> str:
    return "、".join(button.title for button in buttons)


def _shown(value: object) -> str:
    if value is None or value == ():
        return ""
    if isinstance(value, tuple):
        return "、".join(map(str, value))
    fields = getattr(value, "model_dump", None)
    return "；".join(_shown(each) for each in fields(mode="json").values() if each) if fields else _plain(value)


def _plain(value: object) -> str:
    return "、".join(map(str, value)) if isinstance(value, list) else str(value)


def _some(texts: list[str]) -> str:
    more = draft_words().told["and_more"].format(n=len(texts)) if len(texts) > _SHOWN else ""
    return "、".join(f"“{text}”" for text in texts[:_SHOWN]) + more


def _short(text: str, most: int = 40) -> str:
    line = " ".join(text.split())
    return line if len(line) <= most else line[: most - 1] + "…"
