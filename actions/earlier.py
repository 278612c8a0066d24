"""What was said before in this conversation, read from the tracker's events."""

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any

from rasa_sdk import Tracker

_LOOK_BACK = 4
_ELLIPSIS = re.compile(
    r"^(?:那么?|还有|如果是?|要是|换成|像)?(?P<what>[^，,。?？!！]{1,10}?)(?:呢|咧|嘞|行不行?|行吗|可以吗)?[?？]?$"
)
_SENDS = re.compile(r"[寄邮托]")
_DELIVERS = re.compile(r"[送派]|能到")
_FACTS = re.compile(r"/(?P<intent>\w+)(?P<facts>\{.*\})?")


def earlier_value(tracker: Tracker, slot: str) -> str | None:
    """The value a slot had last, though it may have been forgotten since."""
    events = (event for event in reversed(tracker.events) if event["event"] == "slot" and event.get("name") == slot)
    return next((str(event["value"]) for event in events if event.get("value") is not None), None)


def words_before(tracker: Tracker) -> list[str]:
    """What the customer wrote in the few messages before the last one, newest first; tapped buttons are left out."""
    said = [str(event.get("text") or "") for event in tracker.events if event["event"] == "user"]
    return [words for words in reversed(said[-1 - _LOOK_BACK : -1]) if not words.startswith("/")]


def completed(words: str, before: Sequence[str]) -> str | None:
    """那锂电池呢 after 酒能寄吗 is 锂电池可以寄吗; None where nothing of the kind was asked before.

    ``before`` are the messages before, newest first.
    """
    match = _ELLIPSIS.match(words.strip())
    if match is None:
        return None
    for asked in before:
        if _SENDS.search(asked):
            return f"{match['what']}可以寄吗"
        if _DELIVERS.search(asked):
            return f"{match['what']}可以送到吗"
    return None


def offered(tracker: Tracker, fact: str) -> list[str]:
    """The values of one fact on the buttons of the answer before this message, in their order."""
    values = (facts.get(fact) for facts in _facts_of(_last_buttons(tracker)))
    return [str(value) for value in values if value]


def _last_buttons(tracker: Tracker) -> list[dict[str, Any]]:
    """Every button between the last two messages of the customer."""
    buttons: list[dict[str, Any]] = []
    messages = 0
    for event in reversed(tracker.events):
        if event["event"] == "user":
            messages += 1
        elif event["event"] == "bot" and messages == 1:
            buttons = [*((event.get("data") or {}).get("buttons") or ()), *buttons]
        if messages > 1:
            break
    return buttons


def _facts_of(buttons: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for button in buttons:
        match = _FACTS.fullmatch(str(button.get("payload") or ""))
        if match and match["facts"]:
            yield json.loads(match["facts"])
