from datetime import timedelta

import pytest
from sqlalchemy import event

from bot.notices.consents import ANY
from bot.notices.model import ALL
from bot.outbox.model import Event
from tests.customers.builders import Things
from tests.notices.conftest import NUMBER


async def test_nobody_is_told_who_did_not_agree(world):
    await world.waybill()
    await world.writes()

    await world.scan("out_for_delivery")

    assert await world.told() == []


async def test_who_agreed_is_told_once_however_often_the_scan_comes(world, agreed):
    await world.scan("out_for_delivery")
    await world.scan("out_for_delivery")
    (told,) = await world.told()
    await world.scan("out_for_delivery", at=world.clock())
    world.clock.advance(timedelta(minutes=2))

    assert len(await world.told()) == 1
    assert (told.channel, told.recipient, told.notice.kind) == ("wechat", "openid-1", "out_for_delivery")
    assert told.notice.values["waybill_no"] == NUMBER
    assert NUMBER in told.text
    assert told.expires_at == world.clock() - timedelta(minutes=2) + timedelta(hours=12)


@pytest.mark.parametrize(
    ("scan", "kind"),
    [
        ("out_for_delivery", "out_for_delivery"),
        ("delivered", "delivered"),
        ("at_station", "station"),
        ("delivery_failed", "failed_attempt"),
    ],
)
async def test_each_scan_has_its_kind(world, agreed, scan, kind):
    await world.scan(scan)

    assert await world.lines() == [("wechat", kind)]


async def test_a_scan_that_is_rolled_back_tells_nobody(world, agreed):
    async def fail():
        async with world.database.transaction() as session:
            world_scan = world.intake.scans
            from bot.waybills.schemas import CheckpointRecord

            record = CheckpointRecord.model_validate(
                {
                    "waybill_no": NUMBER,
                    "kind": "delivered",
                    "at": world.clock().isoformat(),
                    "outlet_code": "GZ001",
                    "outlet_name": "广州天河网点",
                    "text": "已签收",
                }
            )
            await world_scan(session, [record])
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await fail()

    assert await world.told() == []


async def test_a_scan_of_the_day_before_yesterday_is_no_news(world, agreed):
    await world.scan("at_station", at=world.clock() - timedelta(days=2, minutes=1))

    assert await world.told() == []
    assert await world.ends() == []


async def test_on_its_way_is_not_told_after_it_was_delivered(world, agreed):
    await world.scan("out_for_delivery", at=world.clock() - timedelta(hours=1))
    await world.scan("delivered")

    assert await world.lines() == [("wechat", "delivered")]
    assert ("out_for_delivery", "dropped", "superseded") in await world.ends()


async def test_a_late_scan_of_what_is_over_is_not_told(world, agreed):
    await world.scan("delivered")
    await world.scan("out_for_delivery", at=world.clock() - timedelta(hours=1))

    assert await world.lines() == [("wechat", "delivered")]


async def test_on_its_way_that_waits_for_the_customer_to_write_is_withdrawn_when_delivered(world, agreed):
    await world.scan("out_for_delivery")
    (told,) = await world.told()
    world.clock.advance(timedelta(hours=1))
    await world.declines(agreed.customer_id, "delivered")
    await world.scan("delivered")

    rows = await world.deliveries.found()
    assert [row.state for row in rows if row.id == told.id] == ["dropped"]
    assert ("out_for_delivery", "dropped", "superseded") in await world.ends()


async def test_whoever_wants_to_hear_of_everything_hears_of_new_parcels(world):
    view = await world.writes()
    await world.verified(view.customer_id)
    await world.agrees(view.customer_id, subject=ALL)

    await world.waybill("YD2026000000022")
    await world.waybill("YD2026000000033", consignee_phone="13900009999")
    await world.scan("out_for_delivery", "YD2026000000022")
    await world.scan("out_for_delivery", "YD2026000000033")

    assert [told.notice.values["waybill_no"] for told in await world.told()] == ["YD2026000000022"]


async def test_a_parcel_past_its_promise_is_called_late_once(world):
    await world.waybill(promised_at=(world.clock() + timedelta(hours=2)).isoformat())
    view = await world.writes()
    await world.agrees(view.customer_id)
    world.clock.advance(timedelta(hours=3))
    for minutes in (0, 5):
        world.clock.advance(timedelta(minutes=minutes))
        async with world.database.transaction() as session:
            await world.intake.read_tracks(session, [NUMBER], trigger="sweep")

    assert await world.lines() == [("wechat", "delayed")]


async def test_all_scans_of_a_batch_ask_one_question(world, agreed, migrated):
    asked = []
    listener = lambda *args: asked.append(args[2])  # noqa: E731
    event.listen(migrated.engine.sync_engine, "before_cursor_execute", listener)
    await world.scan("arrived", at=world.clock() - timedelta(minutes=1))
    event.remove(migrated.engine.sync_engine, "before_cursor_execute", listener)
    before = [statement for statement in asked if "waybill_watches" in statement or "notices" in statement]

    assert sum("FROM waybill_watches" in statement for statement in before) == 1
    assert not any("consents" in statement for statement in before)


class Tickets:
    """A ticket of the customer, and events of it as the outbox tells them."""

    def __init__(self, world, customer_id):
        self.world, self.customer_id = world, customer_id
        self.number = ""

    async def make(self, **changes):
        self.number = await Things(self.world.database, self.world.clock).ticket(self.customer_id, **changes)
        return self.number

    async def moved(self, kind, number=1, **data):
        from uuid import UUID

        await self.world.watching.ticket_moved(Event(UUID(int=number), kind, self.number, data, self.world.clock()))


@pytest.fixture
async def ticket(world):
    view = await world.writes()
    tickets = Tickets(world, view.customer_id)
    number = await tickets.make(category="lost")
    await world.agrees(view.customer_id, subject=number, kinds=("ticket_progress", "ticket_closed"), waybills=[])
    return tickets


async def test_progress_of_a_ticket_is_told_once_however_often_the_event_comes(world, ticket):
    await ticket.moved("ticket.handled")
    await ticket.moved("ticket.handled")

    (told,) = await world.told()
    assert (told.notice.kind, told.notice.values["ticket_no"]) == ("ticket_progress", ticket.number)


async def test_a_ticket_that_went_into_another_is_not_called_closed(world, ticket):
    await ticket.moved("ticket.closed", result="merged")

    assert await world.told() == []


async def test_a_closed_ticket_is_told(world, ticket):
    await ticket.moved("ticket.closed", result="resolved")

    assert await world.lines() == [("wechat", "ticket_closed")]


async def test_a_ticket_nobody_agreed_to_hear_of_is_not_told(world, ticket):
    await ticket.make(category="damaged")
    await ticket.moved("ticket.handled")

    assert await world.told() == []


async def test_an_urgent_ticket_is_told_at_night_by_its_own_template(world, ticket):
    from sqlalchemy import text

    async with world.database.transaction() as session:
        await session.execute(text("UPDATE tickets SET priority = 'urgent'"))
    world.clock.advance(timedelta(hours=14))
    await ticket.moved("ticket.handled")

    assert await world.lines() == [("wechat", "ticket_progress")]
    assert [row.kind for row in await world.notices.found()] == ["ticket_urgent"]


async def test_the_subscriptions_cover_every_event_of_the_catalogue(world):
    heard = []

    class Subscribers:
        def on(self, kind, handler, *, name):
            heard.append((kind, name))

    world.watching.subscribe(Subscribers())

    assert heard == [
        (kind, "notices") for kind in ("ticket.closed", "ticket.escalated", "ticket.handled", "ticket.reopened")
    ]


async def test_no_more_is_watched_for_who_wants_nothing_any_more(world, agreed):
    await world.declines(agreed.customer_id, ANY)

    await world.scan("out_for_delivery")

    assert await world.ends() == []
