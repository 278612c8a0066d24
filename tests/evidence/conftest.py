import pytest

from bot.clock import Clock
from bot.db import Database
from bot.evidence.attachments import AttachmentService
from bot.evidence.chains import ChainService
from bot.evidence.endpoints import EvidenceServices
from bot.evidence.service import EvidenceService
from bot.evidence.settling import Settlement
from bot.evidence.store import InMemoryStore
from bot.evidence.verification import EvidenceVerifier
from bot.waybills.source import InMemoryWaybillSource
from tests.evidence.builders import RULES, WINDOW, Listener, Told, add_time, make_damaged_parcel


@pytest.fixture
def told() -> Told:
    return Told()


@pytest.fixture
def listener() -> Listener:
    return Listener()


@pytest.fixture
def store() -> InMemoryStore:
    return InMemoryStore()


@pytest.fixture
def source() -> InMemoryWaybillSource:
    return InMemoryWaybillSource([make_damaged_parcel()])


@pytest.fixture
def attachments(database: Database, store: InMemoryStore, clock: Clock) -> AttachmentService:
    return AttachmentService(database, store, clock, limit=200_000)


@pytest.fixture
def items(database: Database, told: Told) -> EvidenceService:
    return EvidenceService(database, told)


@pytest.fixture
def verifier(database: Database, store: InMemoryStore) -> EvidenceVerifier:
    return EvidenceVerifier(database, store)


@pytest.fixture
def chains(
    database: Database, items: EvidenceService, source: InMemoryWaybillSource, listener: Listener, told: Told
) -> ChainService:
    settlement = Settlement(items, listener, told)
    return ChainService(database, items, source, settlement, rules=lambda: RULES, add=add_time, window=WINDOW)


@pytest.fixture
def services(
    database: Database, clock: Clock, attachments: AttachmentService, items: EvidenceService, chains: ChainService
) -> EvidenceServices:
    return EvidenceServices(database, clock, attachments, items, chains)
