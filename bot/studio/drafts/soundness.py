"""Whether the knowledge base of a draft can be indexed as a whole: asked before a training, which would fail by it.

What one entry has to keep is checked when it is saved; but what it relies on may go later, by a change of the files or
by taking one back.
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePosixPath

from bot.dialogue.components.text import normalize
from bot.studio.drafts.checks import FaqChecks
from bot.studio.drafts.formats.faq import faq_id
from bot.studio.drafts.formats.reading import FAQ, INTENTS, TOPICS
from bot.studio.drafts.formats.whole import WholeFile
from bot.studio.drafts.model import Entry, FaqFields, TopicValue
from bot.studio.drafts.similar import SimilarTexts
from bot.studio.drafts.snapshot import Snapshot
from bot.studio.drafts.words import say
from bot.studio.drafts.workshop import Move, id_of


def unsound(now: Snapshot, similar: SimilarTexts, moves: Sequence[Move] = ()) -> Iterator[str]:
    """What `knowledge_base.entries.load_entries` would refuse, as sentences for trainers.

    Parameters
    ----------
    similar: the index of the very same draft.
    moves: asked as if they were made; questions that stood twice before are then left out.
    """
    entries, topics = _after(now, moves)
    intents = frozenset(PurePosixPath(path).stem for path in now.blobs if path.startswith(INTENTS))
    checks = FaqChecks(topics, intents)
    for document in now.documents.values():
        if isinstance(document, WholeFile) and (document.path.startswith(FAQ) or document.path == TOPICS):
            yield say("file_unsound", path=document.path)
    if not entries:
        yield say("no_entries")
    seen: set[str] = set()
    for value in entries.values():
        problems = list(checks.indexable(value))
        problems += [say("topic_unlisted")] if value.id not in topics else []
        problems += [say("topic_twice")] if value.id in seen else []
        seen.add(value.id)
        yield from (say("entry_unsound", topic=value.id, problem=problem) for problem in problems)
    moved = {move.value.id for move in moves if isinstance(move.value, FaqFields)}
    asked = [value for value in entries.values() if not moves or value.id in moved]
    yield from _asked_twice(asked, entries, similar)


def _after(now: Snapshot, moves: Sequence[Move]) -> tuple[dict[str, FaqFields], frozenset[str]]:
    """The entries by id, and the topics that are listed."""
    found = {entry.id: entry for path in (FAQ, TOPICS) for file in now.below(path) for entry in file.entries.values()}
    for move in moves:
        if move.old is not None:
            found.pop(move.old.id, None)
        if isinstance(move.value, FaqFields | TopicValue):
            found[id_of(move.value)] = Entry(id_of(move.value), move.value)
    entries = {key: entry.value for key, entry in found.items() if isinstance(entry.value, FaqFields)}
    return entries, frozenset(entry.value.topic for entry in found.values() if isinstance(entry.value, TopicValue))


def _asked_twice(
    looked_at: Sequence[FaqFields], entries: Mapping[str, FaqFields], similar: SimilarTexts
) -> Iterator[str]:
    """One spelling under two topics; each pair once."""
    told: set[tuple[frozenset[str], str]] = set()
    for value in looked_at:
        for text in value.questions:
            for other in sorted(similar.other_topics(text, value.id)):
                normal = _normal(text)
                pair = (frozenset({value.id, other}), normal)
                asked = entries[faq_id(other)].questions if faq_id(other) in entries else ()
                if pair not in told and normal in map(_normal, asked):
                    told.add(pair)
                    yield say("entry_unsound", topic=value.id, problem=say("is_phrasing", text=text, topic=other))


def _normal(text: str) -> str:
    """As the index compares questions."""
    return normalize(text).text.lower()
