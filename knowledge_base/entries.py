"""FAQ entries: what trainers write in ``faq/*.yml``, checked as a whole and rendered for a channel."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, TypeAlias

import yaml
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from bot.content import Content, current_content
from bot.dialogue.components.text import normalize
from bot.errors import DataFileError
from bot.settings import Settings
from bot.waybills.model import WaybillStatus

MIN_PHRASINGS = 8
PLACEHOLDERS = ("carrier", "hotline", "website")

Text: TypeAlias = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, strict=True)]

_PLACEHOLDER = re.compile(r"\{(\w*)\}")
_SENTENCES = {
    "missing": "is missing",
    "extra_forbidden": "is no field of an entry",
    "string_type": "must be text; put it in quotation marks",
    "string_too_short": "is empty",
    "tuple_type": "must be a list",
    "model_type": "must be a mapping of fields",
    "dict_type": "must be a mapping of channel to text",
}


class Action(BaseModel):
    """A button under the answer that starts a task intent."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    title: Text
    intent: Text


class When(BaseModel):
    """Situations in which a question is likelier to mean this entry: states of the parcel under discussion, and tasks
    that were begun before it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    waybill: tuple[WaybillStatus, ...] = ()
    after: tuple[Text, ...] = ()


class FaqEntry(BaseModel):
    """One topic of the knowledge base.

    ``answer`` is Markdown; ``answers`` holds other wordings by name of channel.  ``valid_from`` and ``valid_until`` are
    days on the wall clock of the business, both included.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: Text
    question: Text
    phrasings: tuple[Text, ...]
    answer: Text
    answers: dict[str, Text] = Field(default_factory=dict)
    related: tuple[Text, ...] = ()
    action: Action | None = None
    when: When | None = None
    valid_from: date | None = None
    valid_until: date | None = None

    @property
    def questions(self) -> tuple[str, ...]:
        """Every way to ask it, the standard question first."""
        return (self.question, *self.phrasings)

    def is_valid(self, on: date) -> bool:
        return (self.valid_from or on) <= on <= (self.valid_until or on)

    def render(self, channel: str, values: Mapping[str, str]) -> str:
        """The answer for a channel with ``{carrier}``, ``{hotline}`` and ``{website}`` filled in."""
        text = self.answers.get(channel, self.answer)
        return _PLACEHOLDER.sub(lambda match: values[match.group(1)], text).strip()


def placeholder_values(settings: Settings) -> dict[str, str]:
    """What the placeholders of answers stand for in this installation."""
    return {"carrier": settings.carrier_name, "hotline": settings.hotline, "website": settings.website}


@dataclass(frozen=True)
class KnownIds:
    """What entries may refer to."""

    topics: frozenset[str]
    intents: frozenset[str]

    @classmethod
    def read(cls, content: Content | None = None) -> "KnownIds":
        """Topics from their list; intents are those that have a file of examples."""
        content = content or current_content()
        listed = _parse(content.topics, content.topics.read_text(encoding="utf-8"))[0]
        if not isinstance(listed, dict):
            raise DataFileError.at(content.topics, 1, "this file must be a mapping of topic to one line about it")
        intents = (path.stem for path in content.intents.glob("*.yml"))
        return cls(topics=frozenset(map(str, listed)), intents=frozenset(intents))


def load_entries(folder: Path, *, known: KnownIds | None = None) -> list[FaqEntry]:
    """All entries of ``folder/*.yml``, files in the order of their names.

    Raises DataFileError with every problem of every file at once, one ``file:line: sentence`` each.
    """
    known = known or KnownIds.read()
    problems: list[str] = []
    found: list[_Located] = []
    for path in sorted(folder.glob("*.yml")):
        try:
            found += _read(path)
        except DataFileError as error:
            problems += error.problems
    problems += [str(problem) for problem in _cross_check(found, known)]
    if problems:
        raise DataFileError(problems)
    if not found:
        raise DataFileError.at(folder, 1, "there are no entries in this folder")
    return [located.entry for located in found]


@dataclass(frozen=True)
class _Problem:
    path: Path
    line: int
    sentence: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.sentence}"


@dataclass(frozen=True)
class _Located:
    """An entry and the YAML node it was read from."""

    path: Path
    node: yaml.Node
    entry: FaqEntry

    def problem(self, sentence: str, *at: str | int) -> _Problem:
        return _Problem(self.path, _line(self.node, at), f"{self.entry.id}: {sentence}")

    @cached_property
    def normal_questions(self) -> list[str]:
        return [normalize(text).text.lower() for text in self.entry.questions]


def _read(path: Path) -> list[_Located]:
    content, node = _parse(path, path.read_text(encoding="utf-8"))
    if not isinstance(content, list) or node is None:
        raise DataFileError.at(path, 1, "this file must be a list of entries")
    problems: list[str] = []
    found = []
    for raw, item in zip(content, node.value, strict=True):
        try:
            found.append(_Located(path, item, FaqEntry.model_validate(raw)))
        except ValidationError as error:
            problems += [str(problem) for problem in _schema_problems(path, item, raw, error)]
    if problems:
        raise DataFileError(problems)
    return found


def _parse(path: Path, text: str) -> tuple[Any, yaml.Node | None]:
    """A YAML document as plain values and as nodes, which know their lines."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)(text)
    try:
        node = loader.get_single_node()
        return (loader.construct_document(node) if node else None), node
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise DataFileError.at(path, mark.line + 1 if mark else 1, f"not valid YAML: {error.problem}") from error
    except (yaml.YAMLError, ValueError) as error:
        raise DataFileError.at(path, 1, f"not valid YAML: {error}") from error
    finally:
        loader.dispose()


def _schema_problems(path: Path, node: yaml.Node, raw: Any, error: ValidationError) -> Iterator[_Problem]:
    name = raw.get("id", "an entry without id") if isinstance(raw, dict) else "an entry"
    for detail in error.errors():
        where = ".".join(str(part + 1) if isinstance(part, int) else part for part in detail["loc"])
        sentence = _SENTENCES.get(detail["type"], detail["msg"])
        yield _Problem(path, _line(node, detail["loc"]), f"{name}: {where or 'it'} {sentence}")


def _line(node: yaml.Node, at: Iterable[str | int]) -> int:
    """The line of the value at a path within a node, or of the nearest thing around it that exists."""
    for part in at:
        child = _child(node, part)
        if child is None:
            break
        node = child
    return int(node.start_mark.line) + 1


def _child(node: yaml.Node, part: str | int) -> yaml.Node | None:
    if isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
        return node.value[part]  # type: ignore[no-any-return]
    if isinstance(node, yaml.MappingNode):
        return next((value for key, value in node.value if key.value == part), None)
    return None


def _cross_check(found: list[_Located], known: KnownIds) -> Iterator[_Problem]:
    for located in found:
        yield from _check_entry(located, known)
    yield from _check_unique_ids(found)
    yield from _check_unique_questions(found)


def _check_entry(located: _Located, known: KnownIds) -> Iterator[_Problem]:
    entry = located.entry
    if entry.id not in known.topics:
        yield located.problem("this topic is not in topics.yml", "id")
    if len(entry.phrasings) < MIN_PHRASINGS:
        yield located.problem(f"{len(entry.phrasings)} phrasings, at least {MIN_PHRASINGS} are needed", "phrasings")
    for number, topic in enumerate(entry.related):
        if topic not in known.topics or topic == entry.id:
            yield located.problem(f"related topic {topic} is not another topic of topics.yml", "related", number)
    if entry.action and entry.action.intent not in known.intents:
        yield located.problem(f"there is no intent {entry.action.intent}", "action", "intent")
    for number, intent in enumerate(entry.when.after if entry.when else ()):
        if intent not in known.intents:
            yield located.problem(f"there is no intent {intent}", "when", "after", number)
    if entry.valid_from and entry.valid_until and entry.valid_from > entry.valid_until:
        yield located.problem("valid_until comes before valid_from", "valid_until")
    yield from _check_placeholders(located)


def _check_placeholders(located: _Located) -> Iterator[_Problem]:
    texts: list[tuple[str, tuple[str, ...]]] = [(located.entry.answer, ("answer",))]
    texts += [(text, ("answers", channel)) for channel, text in located.entry.answers.items()]
    for text, at in texts:
        for name in _PLACEHOLDER.findall(text):
            if name not in PLACEHOLDERS:
                allowed = ", ".join(f"{{{placeholder}}}" for placeholder in PLACEHOLDERS)
                yield located.problem(f"unknown placeholder {{{name}}}; there are {allowed}", *at)


def _check_unique_ids(found: list[_Located]) -> Iterator[_Problem]:
    first: dict[str, _Located] = {}
    for located in found:
        other = first.setdefault(located.entry.id, located)
        if other is not located:
            yield located.problem(f"this id is taken by {other.path.name}:{_line(other.node, ())}", "id")


def _check_unique_questions(found: list[_Located]) -> Iterator[_Problem]:
    """Letter case, width and punctuation marks repeated do not make two questions different."""
    first: dict[str, str] = {}
    for located in found:
        for number, text in enumerate(located.normal_questions):
            topic = first.setdefault(text, located.entry.id)
            if topic != located.entry.id:
                at: tuple[str | int, ...] = ("phrasings", number - 1) if number else ("question",)
                yield located.problem(f"“{text}” is already a phrasing of {topic}", *at)
