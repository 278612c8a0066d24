"""Everything supervisors work with, put together."""

from dataclasses import dataclass, field
from datetime import timedelta

from bot.clock import Clock
from bot.conversations.events import EventHub
from bot.conversations.service import ConversationService
from bot.db import Database
from bot.desk.leading.editions import Editions
from bot.desk.leading.reading import BoardReading
from bot.desk.leading.reassigning import Reassigning
from bot.desk.leading.sampling import Sampling
from bot.desk.leading.satisfaction import Satisfaction
from bot.desk.leading.scoring import OBJECT_WITHIN, QualityScoring
from bot.desk.leading.settings import WallSettings
from bot.desk.leading.wall import Wall
from bot.desk.service import AgentService
from bot.handover.service import Handover


@dataclass(frozen=True)
class LeadingParts:
    """What it is built on.

    Parameters
    ----------
    hubs: what happens to conversations, and between desks.
    object_within: so long after the score an agent may object.
    """

    database: Database
    clock: Clock
    hubs: tuple[EventHub, ...]
    conversations: ConversationService
    handover: Handover
    agents: AgentService
    wall: WallSettings = field(default_factory=WallSettings)
    object_within: timedelta = OBJECT_WITHIN


@dataclass(frozen=True)
class Leading:
    """The services, each under its name."""

    parts: LeadingParts
    wall: Wall
    reassigning: Reassigning
    editions: Editions
    sampling: Sampling
    scoring: QualityScoring
    satisfaction: Satisfaction

    @classmethod
    def build(cls, parts: LeadingParts) -> "Leading":
        reading = BoardReading(parts.database, parts.clock, parts.handover.settings)
        editions = Editions(parts.database, parts.clock)
        return cls(
            parts=parts,
            wall=Wall(reading, parts.wall, parts.hubs),
            reassigning=Reassigning(parts.database, parts.clock, parts.conversations, parts.handover),
            editions=editions,
            sampling=Sampling(parts.database, parts.clock, editions),
            scoring=QualityScoring(parts.database, parts.clock, editions, parts.object_within),
            satisfaction=Satisfaction(parts.database, parts.clock),
        )

    async def stop(self) -> None:
        await self.wall.stop()
