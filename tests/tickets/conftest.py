"""A small network with one parcel on its way, everything around tickets faked, and the services on top."""

from dataclasses import dataclass, field

import pytest

from bot.clock import Clock
from bot.db import Database
from bot.tickets.adapters import OutletUnits
from bot.tickets.ports import Surroundings
from bot.tickets.services import TicketServices
from tests.tickets.builders import GZ1, HZ1, WAYBILL, make_track, put_network
from tests.tickets.fakes import FakeConditions, FakeEvidence, FakeFollowUps, FakeLedger, FakeTell, FakeTracks


@dataclass
class Around:
    """Everything faked, for tests to look into."""

    tracks: FakeTracks = field(default_factory=FakeTracks)
    tell: FakeTell = field(default_factory=FakeTell)
    conditions: FakeConditions = field(default_factory=FakeConditions)
    ledger: FakeLedger = field(default_factory=FakeLedger)
    evidence: FakeEvidence = field(default_factory=FakeEvidence)
    follow_ups: FakeFollowUps = field(default_factory=FakeFollowUps)

    def surroundings(self) -> Surroundings:
        return Surroundings(
            tracks=self.tracks,
            units=OutletUnits(),
            tell=self.tell,
            conditions=self.conditions,
            ledger=self.ledger,
            evidence=self.evidence,
            follow_ups=self.follow_ups,
        )


@pytest.fixture
def around() -> Around:
    """The parcel went from Hangzhou to the outlet in Guangzhou that delivers it."""
    return Around(tracks=FakeTracks({WAYBILL: make_track(HZ1, GZ1)}))


@pytest.fixture
async def services(database: Database, clock: Clock, around: Around) -> TicketServices:
    await put_network(database)
    return TicketServices.build(database, clock, around.surroundings())
