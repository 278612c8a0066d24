"""Fakes: working stand-ins for what tests don't start."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.base import ServiceAction
from actions.forms import ServiceForm
from bot.delivery.ports import Outgoing, Sent
from bot.errors import NotFoundError
from bot.inbox.ports import Letter
from knowledge_base.context import Context

LISTEN = "action_listen"


@dataclass(frozen=True)
class FakeCandidate:
    topic: str
    question: str
    confidence: float = 0.9


@dataclass(frozen=True)
class FakeRetrieval:
    decision: Literal["answer", "ask", "decline"]
    candidates: Sequence[FakeCandidate] = ()


@dataclass(frozen=True)
class FakeAnswer:
    text: str
    button: tuple[str, str] | None = None
    related: Sequence[tuple[str, str]] = ()


@dataclass
class FakeFaq:
    """A knowledge base of what a test puts in: questions to topics, topics to answers."""

    found: dict[str, FakeRetrieval] = field(default_factory=dict)
    answers: dict[str, FakeAnswer] = field(default_factory=dict)
    contexts: list[Context | None] = field(default_factory=list)

    async def asearch(self, text: str, *, k: int = 3, context: Context | None = None) -> FakeRetrieval:
        self.contexts.append(context)
        return self.found.get(text, FakeRetrieval("decline"))

    def answer(self, topic: str, channel: str) -> FakeAnswer:
        if topic not in self.answers:
            raise NotFoundError(topic)
        return self.answers[topic]


@dataclass(frozen=True)
class Said:
    """One bubble of the bot: a response by name with its values, or plain text."""

    response: str | None
    text: str | None
    buttons: list[dict[str, str]]
    values: dict[str, Any]

    @property
    def payloads(self) -> list[str]:
        return [button["payload"] for button in self.buttons]


class LittleRasa:
    """Rasa's rules and forms without Rasa: one rule per intent, a form that hears first and may let a message pass.

    Only what ``nlu_data/rules.yml`` uses is imitated; what the message means is given by the test.  The real Rasa runs
    the same dialogues in ``tests/actions/test_rules_live.py``.
    """

    def __init__(
        self, actions: Sequence[ServiceAction | ServiceForm], rules: dict[str, str], metadata: dict[str, Any]
    ) -> None:
        self._actions = {action.name(): action for action in actions}
        self._rules = rules
        self.metadata = metadata
        self._turns = 0
        self.slots: dict[str, Any] = {}
        self.events: list[dict[str, Any]] = []
        self.form: str | None = None
        self._message: dict[str, Any] = {}

    async def hear(
        self,
        text: str,
        intent: str,
        *,
        confidence: float = 0.9,
        ranking: Sequence[tuple[str, float]] = (),
        also: dict[str, str] | None = None,
        **entities: str | list[str],
    ) -> list[Said]:
        """One turn.  An entity's value stands in the text as it is, or only in the value for a tapped button.

        ``also`` is a second wish that was found in the message.
        """
        self._turns += 1
        turn = f"{self.metadata['conversation_id']}:{self._turns}"
        self._message = {
            "text": text,
            "intent": {"name": intent, "confidence": confidence},
            "intent_ranking": [{"name": name, "confidence": score} for name, score in ranking],
            "entities": [_entity(kind, one, text) for kind, value in entities.items() for one in _each(value)],
            "metadata": self.metadata | {"turn": turn, "seq": self._turns, "also": also},
        }
        self.events.append({"event": "user", "text": text, "parse_data": self._message})
        return await self._answer(intent)

    async def tap(self, payload_of: dict[str, str]) -> list[Said]:
        """Tap a button."""
        import json

        intent, _, facts = payload_of["payload"].removeprefix("/").partition("{")
        entities = json.loads("{" + facts) if facts else {}
        return await self.hear(payload_of["payload"], intent, confidence=1.0, **entities)

    async def _answer(self, intent: str) -> list[Said]:
        said: list[Said] = []
        step: str | None = None
        if self.form is not None:
            heard = await self._run_form(self.form, said)
            step = self._rules[intent] if heard is None else self._next
        else:
            step = self._rules[intent]
        while step not in (None, LISTEN):
            assert len(said) < 9, "the bot talks without end"
            if step.endswith("_form"):
                assert await self._run_form(step, said) is not None, f"{step} was rejected at its start"
            else:
                await self._run(step, said)
            step = self._next
        return said

    async def _run_form(self, form: str, said: list[Said]) -> bool | None:
        """None when the form lets the message pass."""
        if self.form != form:
            self.form = form
            self.events.append({"event": "active_loop", "name": form})
        self._next: str | None = LISTEN
        before = list(self.events)
        self.events.append({"event": "action", "name": form})
        found = await self._events_of(f"validate_{form}", said)
        if not any(event["event"] == "slot" for event in found):
            self.events = before
            return None
        self._apply(found)
        if self.slots.get("requested_slot") is None:
            self.form = None
            self.events.append({"event": "active_loop", "name": None})
            if not any(event["event"] == "followup" for event in found):
                self._next = f"action_{form.removesuffix('_form')}"
        return True

    async def _run(self, action: str, said: list[Said]) -> None:
        self._next = LISTEN
        self.events.append({"event": "action", "name": action})
        self._apply(await self._events_of(action, said))

    async def _events_of(self, action: str, said: list[Said]) -> list[dict[str, Any]]:
        dispatcher = CollectingDispatcher()
        loop = {"name": self.form} if self.form else {}
        tracker = Tracker("x", dict(self.slots), self._message, list(self.events), False, None, loop, action)
        found = await self._actions[action].run(dispatcher, tracker, {})
        for message in dispatcher.messages:
            known = {"text", "buttons", "response", "template", "elements", "custom", "image", "attachment"}
            values = {name: value for name, value in message.items() if name not in known}
            said.append(Said(message["response"], message["text"], message["buttons"], values))
            text, buttons = message["text"] or message["response"], message["buttons"]
            self.events.append({"event": "bot", "text": text, "data": {"buttons": buttons}})
        return found

    def _apply(self, found: list[dict[str, Any]]) -> None:
        for event in found:
            if event["event"] == "slot":
                self.slots[event["name"]] = event["value"]
                self.events.append(event)
            elif event["event"] == "active_loop":
                self.form = event["name"]
                self.events.append(event)
            elif event["event"] == "followup":
                self._next = event["name"]


def _each(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value


def _entity(kind: str, value: str, text: str) -> dict[str, Any]:
    start = max(text.find(value), 0)
    return {"entity": kind, "value": value, "start": start, "end": start + len(value)}


@dataclass
class FakeInbox:
    """The port `bot.inbox.ports.Inbox`, as a list."""

    letters: list[Letter] = field(default_factory=list)

    async def put(self, letter: Letter) -> bool:
        if any((known.channel, known.key) == (letter.channel, letter.key) for known in self.letters):
            return False
        self.letters.append(letter)
        return True


@dataclass
class RecordingChannel:
    """The port `bot.delivery.ports.Channel`: what a customer sees, and trouble on demand.

    Parameters
    ----------
    size: characters of one part.
    errors: raised by the next sends, one each; None lets one through.
    remembers: whether the platform can say what it got.
    """

    name: str = "pushed"
    size: int = 1000
    errors: list[Exception | None] = field(default_factory=list)
    remembers: bool = True
    seen: list[tuple[str, str]] = field(default_factory=list)
    typed: list[tuple[str, bool]] = field(default_factory=list)
    asked: list[tuple[Outgoing, int, datetime]] = field(default_factory=list)
    sent: list[tuple[Outgoing, int]] = field(default_factory=list)

    def parts(self, outgoing: Outgoing) -> int:
        return max(1, -(-len(outgoing.text) // self.size))

    async def send(self, outgoing: Outgoing, part: int) -> Sent:
        if self.errors and (error := self.errors.pop(0)) is not None:
            raise error
        self.sent.append((outgoing, part))
        self.seen.append((outgoing.recipient, outgoing.text[part * self.size : (part + 1) * self.size]))
        return Sent(platform_id=f"{self.name}-{len(self.sent)}")

    async def was_sent(self, outgoing: Outgoing, part: int, *, since: datetime) -> bool | None:
        self.asked.append((outgoing, part, since))
        return any((known.id, n) == (outgoing.id, part) for known, n in self.sent) if self.remembers else None

    async def typing(self, recipient: str, *, on: bool) -> None:
        self.typed.append((recipient, on))

    def shown_to(self, recipient: str) -> list[str]:
        return [text for who, text in self.seen if who == recipient]
