import pytest
from sqlalchemy import select

from bot.errors import SetupError
from bot.outbox.model import OutgoingEvent
from tests.jobs.queue import queued
from tests.outbox.builders import hurry, subscribe, tell


class Heard:
    """A handler that notes what it hears, and fails as often as it is asked to."""

    def __init__(self, failures: int = 0) -> None:
        self.events = []
        self._failures = failures

    async def __call__(self, event) -> None:
        self.events.append(event)
        if self._failures > 0:
            self._failures -= 1
            raise ValueError("not now")

    @property
    def subjects(self) -> list[str]:
        return [event.subject for event in self.events]


async def test_a_subscriber_in_the_house_hears_what_it_asked_for(database, clock, jobs, outbox):
    closed, all_tickets = Heard(), Heard()
    outbox.subscribers.on("ticket.closed", closed, name="closed")
    outbox.subscribers.on("ticket.*", all_tickets, name="all")
    await tell(database, clock(), "ticket.opened", "GD1", category="trace")
    await tell(database, clock(), "ticket.closed", "GD1")
    await tell(database, clock(), "waybill.normal", "YD1")

    await jobs.run_due()

    assert [event.kind for event in closed.events] == ["ticket.closed"]
    assert [event.kind for event in all_tickets.events] == ["ticket.opened", "ticket.closed"]
    assert all_tickets.events[0].data == {"ticket_no": "GD1", "category": "trace"}
    assert all_tickets.events[0].at == clock()


async def test_a_handler_that_fails_holds_up_its_subject_and_nothing_else(database, clock, jobs, outbox):
    heard, other = Heard(failures=1), Heard()
    outbox.subscribers.on("ticket.*", heard, name="heard")
    outbox.subscribers.on("ticket.*", other, name="other")
    for subject in ("GD1", "GD1", "GD2"):
        await tell(database, clock(), subject=subject)

    await jobs.run_due()
    before = list(heard.subjects)
    await hurry(database)
    await jobs.run_due()

    assert before == ["GD1", "GD2"]
    assert heard.subjects == ["GD1", "GD2", "GD1", "GD1"]
    assert heard.events[0].id == heard.events[2].id != heard.events[3].id
    assert other.subjects == ["GD1", "GD1", "GD2"]


async def test_an_event_relayed_twice_is_told_once(database, clock, jobs, outbox, webhooks, sender):
    heard = Heard()
    outbox.subscribers.on("*", heard, name="heard")
    await subscribe(webhooks)
    await tell(database, clock())
    async with database.transaction() as session:
        event_id = str(await session.scalar(select(OutgoingEvent.id)))

    await outbox.relay.relay(event_id)
    await outbox.relay.relay(event_id)
    await jobs.run_due()

    assert (len(heard.events), len(sender.sent)) == (1, 1)


async def test_what_nobody_wants_leaves_nothing_to_do(database, clock, jobs, outbox, webhooks, sender):
    await subscribe(webhooks, "ledger.*")
    await tell(database, clock())

    await jobs.run_due()

    assert sender.sent == []
    assert [job.task for job in await queued(database) if job.task.startswith("outbox.")] == []


def test_a_handler_needs_a_kind_that_exists_and_a_name_of_its_own(outbox):
    outbox.subscribers.on("ticket.closed", Heard(), name="heard")

    with pytest.raises(SetupError):
        outbox.subscribers.on("ticket.burnt", Heard(), name="other")
    with pytest.raises(SetupError):
        outbox.subscribers.on("ticket.closed", Heard(), name="heard")
