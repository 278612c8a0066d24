"""What to mind before a text is taught."""

from collections.abc import Iterator, Sequence

from bot.checking.balance import BROAD, CONVERSATION, OUTSIDE, WIDEST, least
from bot.studio.drafts.formats.examples import bare_text
from bot.studio.drafts.model import ExampleValue, Warning, WarningKind  # noqa: A004
from bot.studio.drafts.parts import Part
from bot.studio.drafts.similar import Said, SimilarTexts
from bot.studio.drafts.snapshot import Snapshot

FAQ_INTENT = "faq"
"""Questions of the knowledge base are its examples too: that they are alike is as it should be."""
_MOST_EACH = 3


class WarningPart(Part):
    """Warnings forbid nothing; what is forbidden is refused when it is added."""

    async def warnings(
        self, texts: Sequence[str], *, intent: str | None = None, topic: str | None = None
    ) -> list[Warning]:
        """About texts that may go under an intent, or to the questions of a topic.

        Near-duplicates under another intent or topic, sentences of evaluation sets, and for an intent the balance with
        the others once the texts are in.
        """
        now = await self._now()
        similar = await self._shop.similar(now)
        bare = [bare_text(text) for text in texts]
        found = [each for text in bare for each in self._about(similar, text, intent, topic)]
        return [*found, *(_imbalance(now, intent, len(texts)) if intent else ())]

    def _about(self, similar: SimilarTexts, text: str, intent: str | None, topic: str | None) -> Iterator[Warning]:
        alike = [said for said, _ in similar.near(text) if not _belongs(said, intent, topic)]
        for said in alike[:_MOST_EACH]:
            kind = WarningKind.near_example if said.intent else WarningKind.near_phrasing
            yield Warning(kind, text, said.shown)
        if name := self._desk.evaluation.set_of(text):
            yield Warning(WarningKind.evaluation, text, name)


def _belongs(said: Said, intent: str | None, topic: str | None) -> bool:
    """Whether it may be like the text: it means the same."""
    if said.intent is not None:
        return said.intent == (intent or (FAQ_INTENT if topic else None))
    return said.topic == topic or intent == FAQ_INTENT


def _imbalance(now: Snapshot, intent: str, more: int) -> Iterator[Warning]:
    sizes = {name: _size(now, name) for name in now.intents}
    size = sizes.get(intent, 0) + more
    if size < least(intent):
        yield Warning(WarningKind.imbalance, intent, f"{size} < {least(intent)}")
    tasks = {name: n for name, n in sizes.items() if name not in CONVERSATION | BROAD | {OUTSIDE}}
    if intent in tasks and tasks:
        smallest = min(tasks, key=lambda name: tasks[name])
        if size > WIDEST * max(tasks[smallest], 1):
            yield Warning(WarningKind.imbalance, intent, f"{smallest}: {tasks[smallest]}")


def _size(now: Snapshot, intent: str) -> int:
    documents = now.intents[intent]
    if all(len(document.intents) == 1 for document in documents):
        return sum(len(document.entries) for document in documents)
    values = (entry.value for document in documents for entry in document.entries.values())
    return sum(isinstance(value, ExampleValue) and value.intent == intent for value in values)
