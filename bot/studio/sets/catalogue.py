"""What a sentence can be labelled with: the port, and the draft as its adapter."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

from pypinyin import Style, lazy_pinyin

from bot.studio.drafts.model import IntentLine, TopicLine
from bot.studio.sets.kinds import FALLBACK
from bot.studio.sets.model import NO_TOPIC, Choice, Labels
from bot.studio.sets.words import refused, set_words

_BY_BUTTON_ONLY = frozenset({"faq_topic", "edit"})


class Content(Protocol):
    """The part of `bot.studio.drafts.service.Drafts` that is read here."""

    async def intents(self) -> list[IntentLine]: ...

    async def topics(self) -> list[TopicLine]: ...


@dataclass(frozen=True)
class Catalogue:
    """Intents, topics and kinds of entities, each with what one types to find it."""

    intents: tuple[Choice, ...]
    topics: tuple[Choice, ...]
    entities: tuple[Choice, ...]

    def check(self, label: Labels, text: str) -> None:
        """Raises `RefusedError` for anything that is not there, or a mark that is no part of the text."""
        known = {choice.id for choice in self.intents}
        for intent in label.intents:
            if intent not in known:
                raise refused("no_intent", intent=intent)
        if label.topic not in {None, NO_TOPIC} and label.topic not in {choice.id for choice in self.topics}:
            raise refused("no_topic", topic=label.topic)
        kinds = {choice.id for choice in self.entities}
        for mark in label.entities:
            if mark.kind not in kinds or not mark.start < mark.end <= len(text):
                raise refused("no_mark", kind=mark.kind)
        if any(one.end > other.start for one, other in zip(label.entities, label.entities[1:], strict=False)):
            raise refused("marks_overlap")

    def title_of(self, intent: str) -> str:
        if intent == FALLBACK:
            return set_words().ui["fallback"]
        return next((choice.title for choice in self.intents if choice.id == intent), intent)


class Catalogues:
    """The catalogue as the draft has it now: what is to be published is what one labels for."""

    def __init__(self, content: Content) -> None:
        self._content = content

    async def now(self) -> Catalogue:
        intents = [choice(line.name, line.zh or line.name) for line in await self._content.intents()]
        topics = [choice(line.id, line.question or line.covers) for line in await self._content.topics()]
        none = choice(NO_TOPIC, set_words().ui["no_topic"])
        kinds = {name: title for name, title in set_words().entities.items() if name not in _BY_BUTTON_ONLY}
        return Catalogue(tuple(intents), (none, *topics), tuple(choice(*pair) for pair in kinds.items()))


@lru_cache(maxsize=20_000)
def choice(name: str, title: str) -> Choice:
    """``keys`` are the initials of the title, the title itself and the name.

    Remembered: to spell thousands of titles takes longer than a trainer should wait for a page.
    """
    return Choice(id=name, title=title, keys=" ".join((initials(title), title.lower(), name)))


def initials(title: str) -> str:
    """``查快递`` -> ``ckd``; letters and digits stay."""
    return "".join(lazy_pinyin(title, style=Style.FIRST_LETTER, errors=_kept)).lower()


def _kept(text: str) -> str:
    return "".join(sign for sign in text if sign.isalnum())
