from datetime import timedelta

from sqlalchemy import insert

from bot.customers import reach
from bot.customers.model import Identity
from bot.delivery.model import SendState, Trouble, Writer
from bot.delivery.service import Changed


async def names(customers, customer_id):
    return [(way.channel, way.address) for way in await customers.reachable(customer_id)]


async def known(database, clock, customer_id, channel, address):
    async with database.transaction() as session:
        session.add(Identity(channel=channel, external_id=address, customer_id=customer_id, created_at=clock()))


async def wrote(database, channel, address, at):
    async with database.transaction() as session:
        await session.execute(insert(Writer).values(channel=channel, recipient=address, wrote_at=at))


async def test_where_the_customer_wrote_last_comes_first_and_sms_last(customers, things, database, clock):
    customer = await things.customer("wechat", "openid-1")
    clock.advance(timedelta(hours=1))
    await known(database, clock, customer, "wechat", "openid-2")
    async with database.transaction() as session:
        await customers.verified(session, customer, "13900001234", clock())
    await wrote(database, "wechat", "openid-1", clock() + timedelta(hours=2))

    assert await names(customers, customer) == [
        ("wechat", "openid-1"),
        ("wechat", "openid-2"),
        ("sms", "+8613900001234"),
    ]


async def test_the_preferred_channel_comes_first_until_the_wish_is_taken_back(customers, things, database, clock):
    customer = await things.customer("wechat", "openid-1")
    async with database.transaction() as session:
        await customers.verified(session, customer, "13900001234", clock())
        await reach.prefer(session, customer, "sms", at=clock())
    assert (await names(customers, customer))[0][0] == "sms"

    clock.advance(timedelta(minutes=1))
    async with database.transaction() as session:
        await reach.prefer(session, customer, None, at=clock())
    assert (await names(customers, customer))[0][0] == "wechat"


async def test_who_unsubscribed_is_not_reachable_there_until_they_write_again(customers, things, database, clock):
    customer = await things.customer("wechat", "openid-1")
    async with database.transaction() as session:
        await reach.close_door(session, "wechat", "openid-1", "unsubscribed", at=clock())
    assert await names(customers, customer) == []

    await wrote(database, "wechat", "openid-1", clock() + timedelta(minutes=1))

    assert await names(customers, customer) == [("wechat", "openid-1")]


async def test_a_door_that_was_opened_again_is_open(customers, things, database, clock):
    customer = await things.customer("wechat", "openid-1")
    async with database.transaction() as session:
        await reach.close_door(session, "wechat", "openid-1", "unsubscribed", at=clock())
        await reach.open_door(session, "wechat", "openid-1")

    assert await names(customers, customer) == [("wechat", "openid-1")]


async def test_a_recipient_that_the_platform_calls_gone_is_not_reachable(customers, things, database, clock):
    customer = await things.customer("wechat", "openid-1")
    change = Changed(customer, "wechat", "openid-1", SendState.dead, Trouble.gone, None, None)
    async with database.transaction() as session:
        await reach.Doorkeeper(clock)(session, change)

    assert await names(customers, customer) == []


async def test_a_channel_that_nobody_pushes_is_no_way(customers, things):
    customer = await things.customer("web", "visitor-1")

    assert await names(customers, customer) == []
