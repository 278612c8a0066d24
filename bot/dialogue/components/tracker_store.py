"""Trackers in PostgreSQL, one row each, kept short.

Rasa's own SQL store keeps every event of a session in a row of its own, reads them all at every turn and sends them all
to every action: a turn took 95 ms at the start of a conversation and 300 ms after thirty turns.  Here a tracker is one
document of its latest turns; what lies before them is folded into the slots it left behind.
"""

import json
import os
from collections import OrderedDict
from collections.abc import Iterable
from typing import Any

from rasa.core.brokers.broker import EventBroker
from rasa.core.tracker_store import SerializedTrackerAsText, TrackerStore
from rasa.shared.core.constants import ACTION_LISTEN_NAME
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, Event, SlotSet, UserUttered
from rasa.shared.core.slots import Slot
from rasa.shared.core.trackers import DialogueStateTracker
from sqlalchemy import create_engine, text

TURNS_KEPT = 6
TURNS_BEFORE_FOLDING = 10
_REMEMBERED = 256

_READ = text("SELECT events FROM rasa.trackers WHERE sender_id = :sender_id")
_WRITE = text(
    "INSERT INTO rasa.trackers (sender_id, events, saved_at) VALUES (:sender_id, :events, now()) "
    "ON CONFLICT (sender_id) DO UPDATE SET events = excluded.events, saved_at = excluded.saved_at"
)
_KEYS = text("SELECT sender_id FROM rasa.trackers")


class FoldingTrackerStore(TrackerStore, SerializedTrackerAsText):
    """Configured as ``tracker_store: {type: ...}``; the address stands in ``BOT_TRACKER_URL``."""

    def __init__(self, domain: Domain | None = None, event_broker: EventBroker | None = None, **kwargs: Any) -> None:
        super().__init__(domain, event_broker)
        self._engine = create_engine(os.environ["BOT_TRACKER_URL"], pool_pre_ping=True, pool_size=4)
        self._just_saved: OrderedDict[str, DialogueStateTracker] = OrderedDict()

    async def save(self, tracker: DialogueStateTracker) -> None:
        await self.stream_events(tracker)
        events = folded(tracker, self.domain.slots)
        document = json.dumps([event.as_dict() for event in events], ensure_ascii=False)
        with self._engine.begin() as connection:
            connection.execute(_WRITE, {"sender_id": tracker.sender_id, "events": document})
        self._remember(tracker)

    async def retrieve(self, sender_id: str) -> DialogueStateTracker | None:
        with self._engine.begin() as connection:
            document = connection.execute(_READ, {"sender_id": sender_id}).scalar()
        if document is None:
            return None
        return DialogueStateTracker.from_dict(sender_id, json.loads(document), self.domain.slots)

    async def keys(self) -> Iterable[str]:
        with self._engine.begin() as connection:
            return [row[0] for row in connection.execute(_KEYS)]

    def just_saved(self, sender_id: str) -> DialogueStateTracker | None:
        """The tracker this process saved last for a conversation, to read what was understood; never to go on from."""
        return self._just_saved.pop(sender_id, None)

    def _remember(self, tracker: DialogueStateTracker) -> None:
        self._just_saved[tracker.sender_id] = tracker
        while len(self._just_saved) > _REMEMBERED:
            self._just_saved.popitem(last=False)


def folded(tracker: DialogueStateTracker, slots: Iterable[Slot]) -> list[Event]:
    """The latest turns, preceded by the slots that everything before them left behind.

    Cut only between turns and outside of any form, so that nothing but slots has to be carried over.
    """
    events: list[Event] = list(tracker.events)
    turns = [place for place, event in enumerate(events) if isinstance(event, UserUttered)]
    if len(turns) <= TURNS_BEFORE_FOLDING:
        return events
    for turn in reversed(turns[: -TURNS_KEPT + 1]):
        before = DialogueStateTracker.from_events(tracker.sender_id, events[:turn], list(slots))
        if before.active_loop is None:
            carried = [SlotSet(slot.name, slot.value) for slot in before.slots.values() if slot.value is not None]
            return [*carried, ActionExecuted(ACTION_LISTEN_NAME), *events[turn:]]
    return events
