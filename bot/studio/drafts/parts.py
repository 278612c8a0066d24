"""What the parts of the draft's service share."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from bot.errors import EntryRefusedError
from bot.staff.model import Actor
from bot.studio.drafts.evaluation import JudgingSentences
from bot.studio.drafts.model import Entry, Page, TopicValue
from bot.studio.drafts.repository import FILES
from bot.studio.drafts.similar import SimilarTexts
from bot.studio.drafts.snapshot import Snapshot
from bot.studio.drafts.syncing import Syncing
from bot.studio.drafts.vocabulary import Vocabulary
from bot.studio.drafts.workshop import Done, Plan, Workshop
from bot.studio.roles import refuse_unless_trains

T = TypeVar("T")
MOST_AT_ONCE = 1_000


@dataclass(frozen=True)
class Desk:
    """Everything a part works with.

    ``values`` is what the placeholders of answers stand for in this installation.
    """

    shop: Workshop
    files: Syncing
    vocabulary: Vocabulary
    evaluation: JudgingSentences
    values: Mapping[str, str]


class Remembered(Generic[T]):
    """A list that follows from the draft and from what is published alone: made once for the two as they stand."""

    def __init__(self, make: Callable[[Snapshot, Snapshot], Sequence[T]]) -> None:
        self._make = make
        self._known: tuple[str, str, Sequence[T]] | None = None

    def of(self, now: Snapshot, published: Snapshot) -> list[T]:
        """A list of one's own."""
        if self._known is None or self._known[:2] != (now.commit, published.commit):
            self._known = now.commit, published.commit, self._make(now, published)
        return list(self._known[2])


class Part:
    """One subject of `Drafts`."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._shop = desk.shop

    async def _now(self) -> Snapshot:
        """The draft as it stands; begins one where there is none."""
        found = await self._shop.snapshot()
        if found is None:
            await self._desk.files.sync()
            found = await self._shop.snapshot()
        assert found is not None  # noqa: S101 - just begun
        return found

    async def _published(self) -> Snapshot:
        """What stands in the files."""
        now = await self._now()
        return await self._shop.snapshot(FILES) or now

    async def _change(self, actor: Actor, why: str, plan: Callable[[Snapshot, SimilarTexts], Plan]) -> Done:
        """By who trains; raises AccessRefusedError for anybody else."""
        refuse_unless_trains(actor)
        await self._now()
        return await self._shop.change(actor, why, plan)

    async def _similar(self) -> SimilarTexts:
        return await self._shop.similar(await self._now())


class Compared:
    """Which entries of the draft are not as published."""

    def __init__(self, now: Snapshot, published: Snapshot) -> None:
        self._published = published
        self._paths = {path for path, blob in now.blobs.items() if published.blobs.get(path) != blob}
        self._now = now

    def is_changed(self, entry: Entry | None) -> bool:
        if entry is None or self._now.path_of[entry.id] not in self._paths:
            return False
        before = self._published.find(entry.id)
        return before is None or before.version != entry.version

    def any_in(self, paths: Iterable[str]) -> bool:
        return any(path in self._paths for path in paths)


def paged(items: Sequence[T], id_of: Callable[[T], str], after: str | None, limit: int) -> Page[T]:
    """A page of a list.  A place is a number and an id: who was taken away meanwhile leaves its number."""
    start = _start(items, id_of, after) if after else 0
    end = start + max(1, min(limit, MOST_AT_ONCE))
    chosen = tuple(items[start:end])
    following = f"{end - 1}:{id_of(chosen[-1])}" if end < len(items) and chosen else None
    return Page(chosen, following, len(items))


def _start(items: Sequence[T], id_of: Callable[[T], str], after: str) -> int:
    number, _, entry_id = after.partition(":")
    place = int(number) if number.isascii() and number.isdigit() else 0
    for near in (place, place - 1, place + 1):
        if 0 <= near < len(items) and id_of(items[near]) == entry_id:
            return near + 1
    return next((n + 1 for n, item in enumerate(items) if id_of(item) == entry_id), min(place, len(items)))


def refuse(problems: Iterable[str]) -> None:
    """Raises EntryRefusedError where there are any, each said once."""
    found = list(dict.fromkeys(problems))
    if found:
        raise EntryRefusedError(found)


def intent_names(snapshot: Snapshot) -> frozenset[str]:
    return frozenset(snapshot.intents)


def topic_names(snapshot: Snapshot) -> dict[str, str]:
    """Topic -> what it covers."""
    values = (
        entry.value for document in snapshot.below("knowledge_base/topics.yml") for entry in document.entries.values()
    )
    return {value.topic: value.covers for value in values if isinstance(value, TopicValue)}
