from datetime import timedelta
from uuid import uuid4

import httpx
import pytest
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from sqlalchemy import select

from bot.errors import NotFoundError, RefusedError
from bot.outbox.endpoints import make_router
from bot.outbox.kinds import KINDS
from bot.outbox.model import WAITS, OutgoingEvent
from bot.outbox.webhooks import KEPT_FOR
from bot.staff.model import Actor, Role
from tests.outbox.builders import URL, hurry, subscribe, tell

PATH = "/api/v1/webhooks"


def actor_of(request: Request) -> Actor:
    return Actor("admin:root", Role(request.headers.get("role", "admin")))


def answer_errors(app: FastAPI) -> None:
    """As the platform does."""

    async def translated(_: Request, error: Exception) -> JSONResponse:
        return JSONResponse({"detail": str(error)}, 404 if isinstance(error, NotFoundError) else 409)

    app.add_exception_handler(RefusedError, translated)
    app.add_exception_handler(NotFoundError, translated)


@pytest.fixture
async def client(webhooks):
    app = FastAPI()
    app.include_router(make_router(webhooks, actor_of))
    answer_errors(app)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://test") as client:
        yield client


async def make(client, **changes):
    body = {"url": URL, "kinds": ["ticket.*", "ledger.entered"], "description": "财务系统", **changes}
    return await client.post(f"{PATH}/subscriptions", json=body)


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.admin])
@pytest.mark.parametrize("path", ["/subscriptions", "/deliveries", "/kinds"])
async def test_only_administrators_see_webhooks(client, role, path):
    answer = await client.get(PATH + path, headers={"role": role.value})

    assert (answer.status_code, answer.json()["detail"]) == (403, "只有管理员可以管理事件推送")


@pytest.mark.parametrize("path", ["/subscriptions", f"/subscriptions/{uuid4()}/ping", f"/deliveries/{uuid4()}/resend"])
async def test_only_administrators_change_webhooks(client, path):
    answer = await client.post(PATH + path, json={}, headers={"role": "trainer"})

    assert answer.status_code == 403


async def test_the_secret_is_shown_once(client):
    made = await make(client)
    listed = (await client.get(f"{PATH}/subscriptions")).json()

    assert made.status_code == 201
    secret = made.json()["secret"]
    assert secret.startswith("whsec_")
    assert len(secret) > 40
    assert secret not in str(listed)
    assert [each["id"] for each in listed] == [made.json()["id"]]
    assert (listed[0]["created_by"], listed[0]["is_active"]) == ("admin:root", True)
    assert listed[0]["kinds"] == ["ledger.entered", "ticket.*"]


async def test_two_subscriptions_have_two_secrets(client):
    assert (await make(client)).json()["secret"] != (await make(client)).json()["secret"]


@pytest.mark.parametrize(
    ("changes", "detail"),
    [
        ({"url": "http://hooks.example.com"}, "推送地址必须以 https:// 开头"),
        ({"kinds": ["ticket.*", "ticket.burnt"]}, "没有这样的事件：ticket.burnt"),
        ({"kinds": []}, "没有这样的事件：（未选择）"),
    ],
)
async def test_a_subscription_that_makes_no_sense_is_refused(client, changes, detail):
    answer = await make(client, **changes)

    assert (answer.status_code, answer.json()["detail"]) == (409, detail)
    assert (await client.get(f"{PATH}/subscriptions")).json() == []


async def test_a_deactivated_subscription_says_who_and_why(client):
    made = (await make(client)).json()
    path = f"{PATH}/subscriptions/{made['id']}/deactivate"

    first = await client.post(path, json={"why": " 换系统了 "})
    second = await client.post(path, json={})

    assert first.json()["is_active"] is False
    assert (first.json()["deactivated_by"], first.json()["deactivated_why"]) == ("admin:root", "换系统了")
    assert (second.status_code, second.json()["detail"]) == (409, "这个推送订阅已经停用了")


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (204, {"ok": True, "status": 204, "error": None}),
        (500, {"ok": False, "status": 500, "error": None}),
        (None, {"ok": False, "status": None, "error": "nobody is there"}),
    ],
)
async def test_a_ping_says_what_was_answered_and_is_not_kept(client, sender, answer, said):
    made = (await make(client)).json()
    sender.answers = [answer]

    pinged = await client.post(f"{PATH}/subscriptions/{made['id']}/ping")

    assert pinged.json() == said
    assert sender.sent[0].headers["X-Kuaida-Event"] == "ping"
    assert (await client.get(f"{PATH}/deliveries")).json() == []


@pytest.mark.parametrize("path", ["/subscriptions/{}/ping", "/subscriptions/{}/deactivate", "/deliveries/{}/resend"])
async def test_what_does_not_exist_is_not_found(client, path):
    assert (await client.post(PATH + path.format(uuid4()), json={})).status_code == 404


async def test_the_kinds_come_with_their_schemas(client):
    kinds = (await client.get(f"{PATH}/kinds")).json()

    assert [each["kind"] for each in kinds] == list(KINDS)
    assert "ticket_no" in kinds[0]["json_schema"]["properties"]


async def dead_letter(database, clock, jobs, webhooks, sender):
    sender.answers = [500] * (len(WAITS) + 1)
    subscription = await subscribe(webhooks)
    await tell(database, clock())
    for wait in (timedelta(0), *WAITS):
        clock.advance(wait)
        await hurry(database)
        await jobs.run_due()
    return subscription


async def test_dead_letters_are_listed_and_sent_again(client, database, clock, jobs, webhooks, sender):
    subscription = await dead_letter(database, clock, jobs, webhooks, sender)
    await tell(database, clock(), subject="GD2")
    await jobs.run_due()

    (dead,) = (await client.get(f"{PATH}/deliveries", params={"state": "dead"})).json()
    resent = await client.post(f"{PATH}/deliveries/{dead['id']}/resend")
    again = await client.post(f"{PATH}/deliveries/{dead['id']}/resend")
    await jobs.run_due()

    assert (dead["kind"], dead["subject"], dead["last_status"]) == ("ticket.opened", "GD1", 500)
    assert dead["subscription_id"] == str(subscription.id)
    assert (resent.json()["state"], again.status_code) == ("waiting", 409)
    assert (await client.get(f"{PATH}/deliveries", params={"state": "dead"})).json() == []
    assert [sent.headers["X-Kuaida-Delivery"] for sent in sender.sent].count(dead["id"]) == len(WAITS) + 2


async def test_nothing_is_sent_again_to_a_subscription_that_ended(client, database, clock, jobs, webhooks, sender):
    subscription = await dead_letter(database, clock, jobs, webhooks, sender)
    await webhooks.deactivate(subscription.id, "", by="admin")
    (dead,) = (await client.get(f"{PATH}/deliveries")).json()

    answer = await client.post(f"{PATH}/deliveries/{dead['id']}/resend")

    assert (answer.status_code, answer.json()["detail"]) == (409, "推送订阅已停用，不能重发")


async def test_deliveries_come_in_pages_and_by_subscription(client, database, clock, jobs, webhooks):
    mine, other = await subscribe(webhooks), await subscribe(webhooks)
    for n in range(3):
        await tell(database, clock(), subject=f"GD{n}")
        await jobs.run_due()
        clock.advance(timedelta(seconds=1))

    of_mine = {"subscription_id": str(mine.id), "limit": 2}
    first = (await client.get(f"{PATH}/deliveries", params=of_mine)).json()
    rest = (await client.get(f"{PATH}/deliveries", params={**of_mine, "before": first[-1]["created_at"]})).json()

    assert [each["subject"] for each in first + rest] == ["GD2", "GD1", "GD0"]
    assert len((await client.get(f"{PATH}/deliveries", params={"subscription_id": str(other.id)})).json()) == 3


async def test_events_of_long_ago_are_forgotten_but_not_while_somebody_waits(database, clock, jobs, webhooks, sender):
    await subscribe(webhooks, "ticket.*")
    sender.answers = [500]
    await tell(database, clock(), subject="waits")
    await tell(database, clock(), subject="done")
    await jobs.run_due()
    clock.advance(KEPT_FOR + timedelta(seconds=1))
    await tell(database, clock(), subject="new")

    await webhooks.forget(clock())

    async with database.transaction() as session:
        left = set(await session.scalars(select(OutgoingEvent.subject)))
    assert left == {"waits", "new"}
