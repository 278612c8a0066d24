"""What misses ask of others: the draft that is changed, the knowledge base as it is now, the words of a sentence."""

from collections.abc import Sequence
from pathlib import Path
from typing import Literal, Protocol

from bot.dialogue.components.lexicon import trade_words
from bot.dialogue.components.text import normalize
from bot.staff.model import Actor
from bot.studio.drafts.model import Added, FaqDraft, FaqFields, IntentLine, NewExample, TopicLine, Warning  # noqa: A004
from bot.studio.misses.masking import LEXICON


class Content(Protocol):
    """The draft, as far as misses change it; `bot.studio.drafts.service.Drafts` is the real one."""

    async def intents(self) -> list[IntentLine]: ...

    async def topics(self) -> list[TopicLine]: ...

    async def add_examples(self, actor: Actor, new: Sequence[NewExample], *, why: str) -> Added: ...

    async def add_phrasings(
        self, actor: Actor, topic: str, texts: Sequence[str], *, why: str, misheard: Sequence[str] = ()
    ) -> Added: ...

    async def save_entry(
        self, actor: Actor, entry: FaqFields, *, version: str | None, why: str, misheard: Sequence[str] = ()
    ) -> FaqDraft: ...

    async def warnings(
        self, texts: Sequence[str], *, intent: str | None = None, topic: str | None = None
    ) -> list[Warning]: ...

    async def undo(self, actor: Actor, commit: str, *, why: str) -> str: ...


class Candidate(Protocol):
    """A topic a sentence may be about."""

    @property
    def topic(self) -> str: ...
    @property
    def question(self) -> str: ...
    @property
    def confidence(self) -> float: ...


class Retrieval(Protocol):
    """Candidates, best first, and what the bot would do with them."""

    @property
    def decision(self) -> Literal["answer", "ask", "decline"]: ...
    @property
    def candidates(self) -> Sequence[Candidate]: ...


class KnowledgeNow(Protocol):
    """The knowledge base as it is now."""

    async def asearch(self, text: str, *, k: int = 3) -> Retrieval: ...


class KnownWords:
    """Cuts a sentence at the words of the lexicon, the longest first; what is between them stays in one piece."""

    def __init__(self, lexicon: Path = LEXICON) -> None:
        self._words = frozenset(word for word in trade_words(lexicon) if len(word) > 1)
        self._longest = max(map(len, self._words), default=1)

    def cut(self, text: str) -> list[tuple[str, bool]]:
        """The pieces, and whether each is a word of the lexicon."""
        spelled = normalize(text).text
        pieces: list[tuple[str, bool]] = []
        at = rest = 0
        while at < len(spelled):
            word = self._at(spelled, at)
            if word is None:
                at += 1
                continue
            if rest < at:
                pieces.append((spelled[rest:at], False))
            pieces.append((word, True))
            at = rest = at + len(word)
        return [*pieces, (spelled[rest:], False)] if rest < len(spelled) else pieces

    def _at(self, text: str, start: int) -> str | None:
        for length in range(min(self._longest, len(text) - start), 1, -1):
            if text[start : start + length] in self._words:
                return text[start : start + length]
        return None
