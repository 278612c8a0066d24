"""From a customer's SMS to the answer on the phone and back, with everything real but the gateway."""

import re
from contextlib import asynccontextmanager
from datetime import timedelta
from types import SimpleNamespace

import pytest
from sqlalchemy import text as sql

from bot.channels import Reply
from bot.conversations.service import ConversationService
from bot.customers.phone_codes import PhoneCodes
from bot.customers.service import CustomerService
from bot.delivery.channels import Channels
from bot.delivery.model import SendState
from bot.delivery.sending import Sending
from bot.delivery.service import DeliveryService
from bot.inbox.postgres import PostgresInbox
from bot.inbox.reading import Reading
from connectors.connector import Surroundings
from connectors.sms.connector import make_connector
from connectors.web.continuing import ContinueLinks
from tests.connectors.sms.conftest import ALIYUN_URL, MOBILE, PUBLIC, settings_for

ANSWER = "寄到新疆一般要 5 到 7 天，首重 18 元。"


@asynccontextmanager
async def running(world, catalogue, database, words):
    """The connector as the composition root makes it, asked to work step by step."""
    settings = settings_for(catalogue)
    deliveries = DeliveryService(database, world.clock, Channels())
    conversations = ConversationService(database, world.clock, words, deliveries)
    links = ContinueLinks(database, PUBLIC, world.clock, good_for=timedelta(hours=24))
    inbox = PostgresInbox(database.url)
    woken = []
    around = Surroundings(settings, database, world.clock, words, inbox, None, conversations, None, woken.append)
    connector = make_connector(around, deliveries, links)
    connector.channel._routes = world.routes  # the same gateways, reached in process
    deliveries.channels.add(connector.channel)
    reading, sending = Reading(database, world.clock), Sending(deliveries)
    reading.add("sms", connector.reader)
    world.router.routes[:] = connector.callbacks.routes
    await inbox.open()
    yield SimpleNamespace(
        conversations=conversations,
        deliveries=deliveries,
        reading=reading,
        sending=sending,
        links=links,
        woken=woken,
        settings=settings,
    )
    await reading.stop()
    await sending.stop()
    await inbox.close()
    await connector.stop()


@pytest.fixture
async def platform(world, catalogue, database, words):
    async with running(world, catalogue, database, words) as platform:
        from fastapi import FastAPI
        from httpx import ASGITransport, AsyncClient

        app = FastAPI()
        app.include_router(world.router)
        async with AsyncClient(transport=ASGITransport(app)) as http:
            platform.http = http
            yield platform


async def write(world, platform, text: str) -> None:
    assert await world.aliyun.write(platform.http, ALIYUN_URL, MOBILE, text) == 200
    await platform.reading.run_due()


async def answer(platform, *texts: str) -> None:
    turn = await platform.conversations.next_turn(platform.woken[-1])
    assert await platform.conversations.answer(turn, [Reply(text=text) for text in texts])
    await platform.sending.run_due()


async def test_an_sms_is_answered_and_its_fate_is_known(world, platform):
    await write(world, platform, "寄新疆多少钱")
    await answer(platform, ANSWER, "还可以保价。")
    report = world.aliyun.report(world.aliyun.sent[0])
    await world.aliyun.pusher.push(platform.http, f"{ALIYUN_URL}/report", [report])
    await platform.reading.run_due()

    shown = world.handsets.of(MOBILE)
    assert len(shown) == 1, "one link for both"
    messages = await platform.conversations.messages_after(platform.woken[-1], 0)
    assert [(each.author, each.text) for each in messages] == [
        ("customer", "寄新疆多少钱"),
        ("bot", ANSWER),
        ("bot", "还可以保价。"),
    ]
    states = {row.text: row.state for row in await platform.deliveries.found()}
    assert states == {ANSWER: SendState.delivered, "还可以保价。": SendState.sent}


@pytest.mark.parametrize(
    ("changes", "has_links"),
    [
        ({}, True),
        ({"public_url": None, "sms_routes": {"86": "aliyun"}}, False),
        ({"public_url": None, "sms_routes": {"86": "console"}}, True),
    ],
)
async def test_links_go_out_only_where_a_customer_could_open_them(
    world, catalogue, database, words, changes, has_links
):
    settings = settings_for(catalogue, **changes)
    around = Surroundings(settings, database, world.clock, words, None, None, None, None, print)

    connector = make_connector(around, world.deliveries, world.links)

    assert (connector.channel._composer._links is not None) is has_links
    await connector.stop()


async def test_the_link_of_an_sms_opens_that_conversation(world, platform):
    await write(world, platform, "寄新疆多少钱")
    await answer(platform, ANSWER)

    code = re.search(rf"{PUBLIC}/c/(\w+)", world.handsets.of(MOBILE)[0])[1]

    assert await platform.links.use(code, "visitor-1") == platform.woken[-1]


async def test_opting_out_is_confirmed_and_the_next_answer_is_dead(world, platform):
    await write(world, platform, "寄新疆多少钱")
    await write(world, platform, "TD")
    await platform.sending.run_due()
    assert world.handsets.of(MOBILE) == ["【云递速运】已收到您的请求，今后不再向您发送短信。需要恢复时，请回复“订阅”。"]

    await answer(platform, ANSWER)

    assert len(world.handsets.of(MOBILE)) == 1
    dead = await platform.deliveries.found(state=SendState.dead)
    assert [(row.text, row.code) for row in dead] == [(ANSWER, "opted_out")]


async def test_a_code_overtakes_what_waits_and_leaves_no_trace(world, platform, database):
    world.aliyun.first_answers = [("isv.BUSINESS_LIMIT_CONTROL", "触发小时级流控Permits:5")]
    await write(world, platform, "寄新疆多少钱")
    await answer(platform, ANSWER)
    assert world.handsets.of(MOBILE) == []
    customers = CustomerService(database, world.clock)
    codes = PhoneCodes(database, world.clock, customers, platform.deliveries.enqueue, secret="s", make=lambda: "042137")
    view = await platform.conversations.view(platform.woken[-1])

    await codes.send(view.customer_id, MOBILE)
    await platform.sending.run_due()

    assert world.handsets.of(MOBILE) == ["【云递速运】您的验证码是042137，5分钟内有效，请勿告诉他人。"]
    async with database.transaction() as session:
        kept = "".join(str(row) for row in (await session.execute(sql("SELECT * FROM deliveries"))).all())
        parts = "".join(str(row) for row in (await session.execute(sql("SELECT * FROM delivery_parts"))).all())
    assert "042137" not in kept + parts

    world.clock.advance(timedelta(hours=1, seconds=2))
    await platform.sending.run_due()
    assert len(world.handsets.of(MOBILE)) == 2, "the answer followed when its window was over"


async def test_an_answer_that_got_lost_is_not_sent_twice(world, platform):
    await write(world, platform, "寄新疆多少钱")
    world.aliyun.lose_answers = 1
    await answer(platform, ANSWER)
    for _ in range(5):
        world.clock.advance(timedelta(minutes=1))
        await platform.sending.run_due()

    assert len(world.handsets.of(MOBILE)) == 1
    assert [row.state for row in await platform.deliveries.found()] == [SendState.sent]


async def test_a_repeated_push_is_answered_once(world, platform):
    item = world.aliyun.up(MOBILE, "寄新疆多少钱")
    for repeated in (item, item | {"sequence_id": int(item["sequence_id"])}):
        await platform.http.post(f"{ALIYUN_URL}/up", json=[repeated])
        await platform.reading.run_due()

    assert len(platform.woken) == 1
