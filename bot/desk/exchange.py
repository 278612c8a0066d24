"""Who of this process has to look when something is told: events go to the pages that they concern, and to no other."""

import asyncio
import logging
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterable
from typing import TypeVar
from uuid import UUID

from sqlalchemy.exc import SQLAlchemyError

from bot.conversations.events import EVERYTHING, Event, EventHub

logger = logging.getLogger(__name__)
_GATHER_S = 0.02
_KEPT = 200
THE_QUEUE = UUID(int=1)
"""Stands for a conversation of the queue: who only lists it need not know which."""
_FOR_ALL = frozenset({"agents", "note", "task"})
"""Kinds that concern pages which neither list nor show the conversation: who is there, and what the bell tells."""

K = TypeVar("K")
Holders = Callable[[Collection[UUID]], Awaitable[dict[UUID, str | None]]]
"""Who has each of these conversations; None where it waits, and everybody lists it.  Those nobody has are missing."""


class Ear:
    """What one page of a person hears."""

    def __init__(self, username: str) -> None:
        self.username = username
        self.minds: frozenset[UUID] = frozenset()
        self._heard: list[Event] = []
        self._rang = asyncio.Event()

    def tell(self, events: Iterable[Event]) -> None:
        """Hints that nobody takes for long become one: look at everything."""
        self._heard += events
        if len(self._heard) > _KEPT:
            self._heard = [Event(conversation_id=EVERYTHING, kind="state")]
        self._rang.set()

    async def batches(self) -> AsyncIterator[list[Event]]:
        """What was told since the last look, all at once; for ever."""
        while True:
            await self._rang.wait()
            self._rang.clear()
            heard, self._heard = self._heard, []
            yield heard


class Exchange:
    """Hears a hub once for all pages of the process.

    A change of hands (``state``) concerns who shows the conversation and who has it now, and everybody where it waits
    or waited.  Who has it is asked once for all pages; when that cannot be answered everybody is told.

    Parameters
    ----------
    hub: listened to while there is any page.
    waits: whether a conversation stood in the queue when that was last read.
    """

    def __init__(self, hub: EventHub, holders: Holders, waits: Callable[[UUID], bool]) -> None:
        self._hub = hub
        self._holders = holders
        self._waits = waits
        self._ears: defaultdict[str, set[Ear]] = defaultdict(set)
        self._minding: defaultdict[UUID, set[Ear]] = defaultdict(set)
        self._task: asyncio.Task[None] | None = None

    def listen(self, username: str) -> Ear:
        """An ear for one more page; `leave` takes it away."""
        ear = Ear(username)
        self._ears[username].add(ear)
        if self._task is None:
            self._task = asyncio.create_task(self._follow(), name="desk-exchange")
        return ear

    def mind(self, ear: Ear, conversations: Iterable[UUID]) -> None:
        """From now on these concern the page, and no others; those that wait concern every page anyway."""
        minds = frozenset(conversations)
        for one in ear.minds - minds:
            _drop(self._minding, one, ear)
        for one in minds - ear.minds:
            self._minding[one].add(ear)
        ear.minds = minds

    def leave(self, ear: Ear) -> None:
        self.mind(ear, ())
        _drop(self._ears, ear.username, ear)
        if not self._ears and self._task is not None:
            self._task.cancel()
            self._task = None

    async def _follow(self) -> None:
        with self._hub.subscribe() as events:
            while True:
                batch = [await events.get()]
                await asyncio.sleep(_GATHER_S)
                while not events.empty():
                    batch.append(events.get_nowait())
                # Beyond what the hub keeps for us, hints are lost.
                is_behind = len(batch) >= events.maxsize > 0
                try:
                    await self.route([Event(conversation_id=EVERYTHING, kind="state")] if is_behind else batch)
                except Exception:  # one hint that cannot be told must not end the news of every page
                    logger.exception("what happened could not be told to the pages")

    async def route(self, batch: Iterable[Event]) -> None:
        """Hand each event to whom it concerns; what comes together is told together."""
        batch = list(dict.fromkeys(batch))
        holders = await self._asked({one.conversation_id for one in batch if one.kind == "state"} - {EVERYTHING})
        told: defaultdict[Ear, list[Event]] = defaultdict(list)
        for event in batch:
            for ear in self._concerned(event, holders):
                told[ear].append(event)
        if any(one.kind == "state" and self._is_of_queue(one, holders) for one in batch):
            for ear in self._all():
                told[ear].append(Event(conversation_id=THE_QUEUE, kind="state"))
        for ear, events in told.items():
            ear.tell(events)

    def _concerned(self, event: Event, holders: dict[UUID, str | None] | None) -> Collection[Ear]:
        """Whom the event itself has to reach."""
        if event.conversation_id == EVERYTHING or event.kind in _FOR_ALL or holders is None:
            return self._all()
        minding = self._minding.get(event.conversation_id, set())
        if event.kind == "state":
            return minding | self._ears.get(holders.get(event.conversation_id) or "", set())
        return self._all() if self._waits(event.conversation_id) else minding

    def _is_of_queue(self, event: Event, holders: dict[UUID, str | None] | None) -> bool:
        return self._waits(event.conversation_id) or (
            holders is not None and holders.get(event.conversation_id, "") is None
        )

    def _all(self) -> set[Ear]:
        return {ear for ears in self._ears.values() for ear in ears}

    async def _asked(self, conversations: set[UUID]) -> dict[UUID, str | None] | None:
        if not conversations:
            return {}
        try:
            return await self._holders(conversations)
        except (SQLAlchemyError, OSError) as error:
            logger.warning("who has %d conversations could not be read: %s", len(conversations), type(error).__name__)
            return None


def _drop(places: defaultdict[K, set[Ear]], key: K, ear: Ear) -> None:
    places[key].discard(ear)
    if not places[key]:
        del places[key]
