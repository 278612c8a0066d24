"""A dialogue that must go on working: what the customer says, and what the bot must have done each time.  Pure."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import Field

from bot.channels import Reply
from bot.studio.sets.kinds import Outcome
from bot.studio.sets.model import Frozen
from bot.studio.sets.responses import Responses
from bot.studio.sets.words import set_words

LONGEST = 40
_PHRASE = range(4, 17)
_CLAUSES = re.compile(r"[，。！？；：\s*#\[\]()（）]+|\d+")
_HAND_OFF = ("utter_hand_off", "handover_")
_PAYLOAD = re.compile(r"/(\w+)")


class World(Frozen):
    """What there is: a parcel of the demo, of which the customer may have shown to be a party; or nothing."""

    waybill_no: str | None = Field(default=None, pattern=r"^YD\d{13}$")
    is_party: bool = False


class Expected(Frozen):
    """What must be so; what is empty is not looked at.

    ``response`` is the name of the answer's template, which also says what was asked for (``utter_need_...``);
    ``phrases`` must all stand somewhere in the answer; ``button`` is an intent that can be tapped.
    """

    intent: str = Field(default="", max_length=60)
    response: str = Field(default="", max_length=80)
    phrases: tuple[str, ...] = Field(default=(), max_length=6)
    button: str = Field(default="", max_length=60)
    handed_over: bool = False


class DialogueTurn(Frozen):
    """``says`` as typed, or the title of the button whose ``payload`` is tapped."""

    says: str = Field(min_length=1, max_length=2000)
    payload: str = Field(default="", max_length=500)
    expected: Expected = Expected()


class Script(Frozen):
    """A whole dialogue."""

    world: World = World()
    turns: tuple[DialogueTurn, ...] = Field(min_length=1, max_length=LONGEST)


@dataclass(frozen=True)
class Observed:
    """What the bot did in one turn."""

    intent: str
    replies: tuple[Reply, ...]
    handed_over: bool = False

    @property
    def text(self) -> str:
        return "\n".join(reply.text for reply in self.replies)

    @property
    def buttons(self) -> frozenset[str]:
        """The intents that can be tapped."""
        payloads = (button.payload for reply in self.replies for button in reply.buttons)
        return frozenset(match[1] for payload in payloads if (match := _PAYLOAD.match(payload)))


class Step(Frozen):
    """One turn as it went; ``problems`` are Chinese sentences, none where all was as expected."""

    says: str
    intent: str
    answer: str
    responses: tuple[str, ...]
    problems: tuple[str, ...]


class Result(Frozen):
    """One dialogue as it went, up to where it left the path; ``strayed_at`` counts turns from 1."""

    dialogue_id: UUID
    name: str
    version: int
    outcome: Outcome
    strayed_at: int | None
    steps: tuple[Step, ...]


class RunView(Frozen):
    """All dialogues against one release."""

    id: UUID
    release: str
    by: str
    at: datetime
    total: int
    passed: int
    results: tuple[Result, ...] = ()


class DialogueView(Frozen):
    """A dialogue in the list or as a whole; ``last`` is how it went the last time."""

    id: UUID
    name: str
    version: int
    changed_by: str
    changed_at: datetime
    conversation_id: UUID | None
    script: Script
    last: Outcome | None = None


def judge(turn: DialogueTurn, seen: Observed, known: Responses) -> Step:
    """Compare one turn with what was expected."""
    names = tuple(dict.fromkeys(name for reply in seen.replies if (name := known.name_of(reply.text))))
    return Step(
        says=turn.says,
        intent=seen.intent,
        answer=seen.text,
        responses=names,
        problems=tuple(_problems(turn.expected, seen, names)),
    )


def _problems(expected: Expected, seen: Observed, names: Sequence[str]) -> list[str]:
    said = set_words().strayed
    found = []
    if expected.intent and expected.intent != seen.intent:
        found.append(said["intent"].format(wanted=expected.intent, seen=seen.intent or "—"))
    if expected.response and expected.response not in names:
        found.append(said["response"].format(wanted=expected.response, seen="、".join(names) or "—"))
    found += [said["phrase"].format(wanted=phrase) for phrase in expected.phrases if phrase not in seen.text]
    if expected.button and expected.button not in seen.buttons:
        found.append(said["button"].format(wanted=expected.button))
    if expected.handed_over != seen.handed_over:
        found.append(said["handed_over" if seen.handed_over else "kept"])
    return found


def expected_of(understood: Mapping[str, Any] | None, replies: Sequence[Reply], known: Responses) -> Expected:
    """What a turn that went well must do again: the intent, and the template of the answer or a phrase from it."""
    told = [name for reply in replies if (name := known.name_of(reply.text))]
    names = [name for name in told if not name.startswith(_HAND_OFF)]
    text = "\n".join(reply.text for reply in replies)
    phrase = "" if told else key_phrase(text)
    return Expected(
        intent=str((understood or {}).get("intent") or ""),
        response=names[0] if names else "",
        phrases=(phrase,) if phrase else (),
        handed_over=len(names) < len(told),
    )


def key_phrase(text: str) -> str:
    """A piece of the answer that will be in it in other words too: its longest clause without numbers."""
    clauses = [clause.strip() for clause in _CLAUSES.split(text)]
    fitting = [clause for clause in clauses if len(clause) in _PHRASE]
    return max(fitting, key=len, default="")
