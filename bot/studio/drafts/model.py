"""Entries of the content, their versions, and what is told about them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import date, datetime
from enum import StrEnum
from functools import cached_property
from hashlib import blake2b
from typing import Generic, TypeAlias, TypeVar

from bot.channels import Button
from knowledge_base.entries import Action, FaqEntry, When

T = TypeVar("T")


class EntryKind(StrEnum):
    """What trainers change one at a time; a file that is none of the others is an entry as a whole."""

    example = "example"
    faq = "faq"
    topic = "topic"
    response = "response"
    word = "word"
    file = "file"


class WarningKind(StrEnum):
    """Why a text that could be added perhaps should not be."""

    near_example = "near_example"
    near_phrasing = "near_phrasing"
    evaluation = "evaluation"
    imbalance = "imbalance"


@dataclass(frozen=True, slots=True)
class ExampleValue:
    """One line under an intent; ``text`` is marked up: ``寄到[北京](region)``."""

    intent: str
    text: str


@dataclass(frozen=True, kw_only=True)
class FaqFields:
    """Every field of `knowledge_base.entries.FaqEntry`.

    ``covers``: for a new topic, the line about it in ``topics.yml``; the question where it is empty.
    """

    id: str
    question: str
    phrasings: tuple[str, ...]
    answer: str
    answers: tuple[tuple[str, str], ...] = ()
    related: tuple[str, ...] = ()
    action: Action | None = None
    when: When | None = None
    valid_from: date | None = None
    valid_until: date | None = None
    covers: str = field(default="", compare=False)

    @property
    def questions(self) -> tuple[str, ...]:
        """Every way to ask it, the standard question first."""
        return (self.question, *self.phrasings)

    @classmethod
    def of(cls, entry: FaqEntry) -> "FaqFields":
        given = {name: getattr(entry, name) for name in type(entry).model_fields}
        return cls(**given | {"answers": tuple(entry.answers.items())})

    def entry(self) -> FaqEntry:
        """As the knowledge base has it.  Raises pydantic's ValidationError."""
        given = {each.name: getattr(self, each.name) for each in fields(FaqFields) if each.name != "covers"}
        return FaqEntry.model_validate(given | {"answers": dict(self.answers)})


@dataclass(frozen=True)
class Knowledge:
    """All of the knowledge base at one commit: what each topic covers, entries by topic, and the names of intents."""

    commit: str
    covers: Mapping[str, str]
    entries: Mapping[str, FaqFields]
    intents: frozenset[str]


@dataclass(frozen=True, slots=True)
class TopicValue:
    """One line of ``topics.yml``."""

    topic: str
    covers: str


@dataclass(frozen=True)
class Variant:
    """One wording of a response; ``extra`` is what else stands in it, as JSON, and stays as it is."""

    text: str
    buttons: tuple[Button, ...] = ()
    extra: str = ""


@dataclass(frozen=True)
class ResponseValue:
    """One ``utter_...``: the bot picks one of its wordings."""

    name: str
    variants: tuple[Variant, ...]


@dataclass(frozen=True, slots=True)
class WordValue:
    """One word of a list; ``meaning`` is what a short name stands for."""

    listed_in: str
    text: str
    meaning: str | None = None


@dataclass(frozen=True)
class FileValue:
    """A file as a whole, by the hash of its bytes."""

    path: str
    blob: str


Value: TypeAlias = ExampleValue | FaqFields | TopicValue | ResponseValue | WordValue | FileValue

KIND_OF: dict[type, EntryKind] = {
    ExampleValue: EntryKind.example,
    FaqFields: EntryKind.faq,
    TopicValue: EntryKind.topic,
    ResponseValue: EntryKind.response,
    WordValue: EntryKind.word,
    FileValue: EntryKind.file,
}


@dataclass(frozen=True)
class Entry:
    """A unit of the content: what it says, under an id that stays while it says the same thing."""

    id: str
    value: Value

    @property
    def kind(self) -> EntryKind:
        return KIND_OF[type(self.value)]

    @cached_property
    def version(self) -> str:
        """Changes with every sign of the content."""
        return digest(repr(self.value))


def digest(text: str) -> str:
    """Sixteen hexadecimal digits."""
    return blake2b(text.encode(), digest_size=8).hexdigest()


@dataclass(frozen=True)
class Page(Generic[T]):
    """Some of a list: ``after`` is where the next page begins, None at the end; ``total`` counts all that fit."""

    items: tuple[T, ...]
    after: str | None
    total: int


@dataclass(frozen=True)
class IntentLine:
    """An intent in the list; ``least`` is how many examples it needs."""

    name: str
    zh: str
    examples: int
    least: int
    changed: bool


@dataclass(frozen=True)
class Example:
    """``text`` is marked up with its entities."""

    id: str
    intent: str
    text: str
    version: str
    changed: bool = False


@dataclass(frozen=True)
class Marked:
    """An entity in a text: characters ``start`` to ``end`` (not included) of the bare text."""

    start: int
    end: int
    kind: str


@dataclass(frozen=True)
class NewExample:
    """``text`` may be marked up itself, or bare with ``entities`` beside it."""

    intent: str
    text: str
    entities: Sequence[Marked] = ()


@dataclass(frozen=True)
class Added:
    """What a change added: the ids of the entries, in the order given, and the commit (None when nothing was new)."""

    ids: tuple[str, ...]
    commit: str | None


@dataclass(frozen=True)
class TopicLine:
    """A topic in the list; ``question`` is None where nobody has written the entry yet."""

    id: str
    covers: str
    question: str | None
    phrasings: int
    changed: bool
    conflict: bool = False


@dataclass(frozen=True)
class Version:
    """One change of an entry; ``told`` says in sentences what it changed, ``text`` is the entry as it was after it."""

    commit: str
    who: str
    when: datetime
    why: str
    told: tuple[str, ...]
    text: str | None


@dataclass(frozen=True, kw_only=True)
class FaqDraft(FaqFields):
    """An entry of the knowledge base as it stands in the draft; ``history`` begins with the newest change."""

    version: str
    changed: bool = False
    conflict: bool = False
    history: tuple[Version, ...] = ()

    @property
    def fields(self) -> FaqFields:
        return FaqFields(**{each.name: getattr(self, each.name) for each in fields(FaqFields)})


@dataclass(frozen=True)
class Warning:  # noqa: A001 - what it is called everywhere in the studio
    """``other`` is what the text is too like: an example (``intent: text``), a phrasing (``topic: text``), a set."""

    kind: WarningKind
    text: str
    other: str


@dataclass(frozen=True)
class EntryChange:
    """One entry of the draft that is not as published.

    ``before`` and ``after`` are the entry as text, None where it is not there; ``told`` says in sentences what is
    different.  ``who``, ``when``, ``why`` and ``commit`` are those of the last change.
    """

    entry_id: str
    kind: EntryKind
    title: str
    before: str | None
    after: str | None
    told: tuple[str, ...]
    who: str
    when: datetime
    why: str
    commit: str
    version: str | None
    conflict: bool = False


@dataclass(frozen=True)
class Conflict:
    """An entry that was changed in the files and in the draft: the draft's stays until somebody chose.

    ``base``, ``mine`` and ``files`` are texts of the entry: as it was, as it is in the draft, as it is in the files;
    None where it is not there.
    """

    entry_id: str
    kind: EntryKind
    title: str
    base: str | None
    mine: str | None
    files: str | None
    since: datetime


@dataclass(frozen=True)
class ResponseLine:
    """A response in the list, by the beginning of its first wording."""

    name: str
    text: str
    variants: int
    variables: tuple[str, ...]
    changed: bool


@dataclass(frozen=True)
class ResponseDraft:
    """A response as it stands in the draft; ``variables`` may stand in braces in it."""

    name: str
    variants: tuple[Variant, ...]
    variables: tuple[str, ...]
    version: str
    changed: bool = False
    conflict: bool = False
    history: tuple[Version, ...] = ()


@dataclass(frozen=True)
class Preview:
    """A wording as a channel shows it; ``segments`` is what an SMS of it costs, None elsewhere."""

    channel: str
    text: str
    buttons: tuple[str, ...]
    segments: int | None = None


@dataclass(frozen=True)
class WordList:
    """A list of the lexicon; ``has_meanings`` where each word stands for another."""

    name: str
    title: str
    words: int
    has_meanings: bool
    changed: bool


@dataclass(frozen=True)
class Word:
    """One word of a list."""

    id: str
    listed_in: str
    text: str
    meaning: str | None
    version: str
    changed: bool = False


@dataclass(frozen=True)
class BrokenFile:
    """A file of the checkout that cannot be read; until it can, the draft goes on with what stood there before."""

    path: str
    problem: str
    since: datetime
