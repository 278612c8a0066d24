"""Tickets over HTTP: the life of a ticket, answers in words, and requests that are done once."""

import asyncio
import re
from uuid import UUID

import pytest
from fastapi.routing import APIRoute
from sqlalchemy import func, select

from bot.tickets.model import Ticket, TicketEvent
from bot.tickets.requests import KEPT_FOR, RequestLog, TicketRequest
from tests.tickets.api import BASE, as_, client, make_app
from tests.tickets.builders import CHEN, GZ1, GZ2, LINA, SUN, WANG, WAYBILL, ZHAO, ZHENG, hours, make_track

REPORT = {"category": "not_to_door", "text": "没打电话就放驿站", "waybill_no": WAYBILL, "channel": "phone"}
CHINESE = re.compile(r"[\u4e00-\u9fff]")


@pytest.fixture
async def api(services):
    async with client(services) as each:
        yield each


async def _create(api, key: str | None = None, **changes):
    return await api.post(BASE, json={**REPORT, **changes}, headers=as_(LINA, key))


async def _number(api, **changes) -> str:
    return (await _create(api, **changes)).json()["ticket"]["ticket_no"]


async def _do(api, actor, number: str, move: str, key: str | None = None, **body):
    return await api.post(f"{BASE}/{number}/{move}", json=body, headers=as_(actor, key))


async def test_a_ticket_lives_its_life_over_http(api, around):
    created = await _create(api)
    assert created.status_code == 201
    number = created.json()["ticket"]["ticket_no"]
    around.evidence.handed_in[number] = {"a" * 64}
    for actor, move, body in (
        (WANG, "accept", {}),
        (WANG, "handle", {"done": "已重新派送", "evidence": ["a" * 64]}),
        (CHEN, "send-back", {"reason": "缺照片"}),
        (WANG, "handle", {"done": "已补照片"}),
        (CHEN, "review-pass", {"words": "客户确认"}),
        (LINA, "follow-up", {"satisfied": False, "words": "还是没送"}),
    ):
        answer = await _do(api, actor, number, move, **body)
        assert (move, answer.status_code) == (move, 200)
    detail = (await api.get(f"{BASE}/{number}", headers=as_(CHEN))).json()

    assert (detail["ticket"]["status"], detail["ticket"]["reopened"]) == ("dispatched", 1)
    assert [event["what"] for event in detail["events"]] == [
        "opened",
        "dispatched",
        "accepted",
        "handled",
        "sent_back",
        "handled",
        "review_passed",
        "closed",
        "follow_up_answered",
        "reopened",
    ]
    assert [event["seq"] for event in detail["events"]] == list(range(1, 11))


async def test_a_ticket_says_what_the_person_who_asks_could_do_with_it(api):
    number = await _number(api)
    moves = {}
    for actor in (WANG, CHEN, LINA):
        moves[actor.name] = set((await api.get(f"{BASE}/{number}", headers=as_(actor))).json()["moves"])

    assert {"accepted", "handled", "paused", "admitted"} <= moves[WANG.name]
    assert "redirected" not in moves[WANG.name]
    assert {"redirected", "escalated"} <= moves[CHEN.name]
    assert "handled" not in moves[LINA.name]


async def test_the_list_is_in_pages(api):
    for n in range(3):
        await _create(api, waybill_no=f"YD202600000009{n}")
    first = (await api.get(BASE, params={"limit": 2}, headers=as_(SUN))).json()
    second = (await api.get(BASE, params={"limit": 2, "cursor": first["next"]}, headers=as_(SUN))).json()

    assert (len(first["tickets"]), len(second["tickets"]), second["next"]) == (2, 1, None)


async def test_a_complaint_is_ruled_and_appealed_against(api):
    number = await _number(api)
    complaint = (await _do(api, LINA, number, "complaint", text="态度恶劣")).json()["ticket"]["ticket_no"]
    assert (await _do(api, WANG, complaint, "statement", text="没有骂人")).status_code == 200
    ruling = {"text": "投诉成立", "finding": "upheld", "liable_unit": GZ1}
    assert (await _do(api, ZHENG, complaint, "ruling", **ruling)).status_code == 200
    appeal = await _do(api, WANG, complaint, "appeal", text="有录音")
    detail = (await api.get(f"{BASE}/{appeal.json()['ticket']['ticket_no']}", headers=as_(ZHENG))).json()

    assert appeal.status_code == 201
    assert [(one["about_no"], one["liable_unit"]) for one in detail["rulings"]] == [(complaint, GZ1)]
    assert "ruled" not in detail["moves"]


async def test_every_refusal_is_a_chinese_sentence(api):
    number = await _number(api)
    answers = [
        await _do(api, WANG, number, "resume"),
        await _do(api, ZHAO, number, "redirect", unit=GZ2, reason="x"),
        await _do(api, WANG, "GD0", "accept"),
        await _do(api, WANG, number, "handle"),
        await _do(api, WANG, number, "handle", done=" "),
        await _do(api, WANG, number, "accept", version="three"),
        await api.get(BASE, params={"cursor": "x"}, headers=as_(SUN)),
        await api.get(BASE, params={"status": "lost"}, headers=as_(SUN)),
        await api.get(f"{BASE}/summaries", headers=as_(LINA)),
        await _create(api, category="brand_new"),
    ]

    assert [answer.status_code for answer in answers] == [409, 403, 404, 422, 422, 422, 422, 422, 422, 409]
    assert all(CHINESE.search(answer.json()["detail"]) for answer in answers)


async def test_an_older_version_than_the_tickets_is_refused(api):
    number = await _number(api)
    assert (await _do(api, WANG, number, "accept", version=2)).status_code == 200

    answer = await _do(api, WANG, number, "handle", done="x", version=2)
    assert (answer.status_code, "刷新" in answer.json()["detail"]) == (409, True)


async def test_the_same_request_with_the_same_key_is_done_once_and_answered_twice(api, database):
    first, again = await _create(api, "k1"), await _create(api, "k1")

    assert (first.status_code, first.json()) == (again.status_code, again.json())
    assert again.headers["idempotent-replayed"] == "true"
    assert await _count(database, TicketEvent) == 2


async def test_a_move_with_the_same_key_is_done_once(api):
    number = await _number(api)
    for _ in range(3):
        answer = await _do(api, LINA, number, "append", "k2", text="再催")

    assert answer.json()["contacts"] == 2


async def test_a_refusal_is_remembered_under_its_key_as_well(api):
    number = await _number(api)
    refused = await _do(api, WANG, number, "resume", "k3")
    await _do(api, WANG, number, "pause", reason="police")
    again = await _do(api, WANG, number, "resume", "k3")

    assert (refused.status_code, again.status_code, again.json()) == (409, 409, refused.json())


async def test_a_key_used_for_something_else_is_refused(api):
    await _create(api, "k4")
    other = await _create(api, "k4", text="另一件事")

    assert (other.status_code, other.json()["detail"]) == (409, "同一个 Idempotency-Key 已用于另一个请求，请换一个。")


async def test_two_people_may_use_the_same_key(api):
    assert (await _create(api, "k5")).status_code == 201
    by_sun = await api.post(BASE, json={**REPORT, "waybill_no": "YD2026000000090"}, headers=as_(SUN, "k5"))

    assert by_sun.status_code == 201


async def test_the_same_key_at_the_same_time_opens_one_ticket(api, database):
    answers = await asyncio.gather(*(_create(api, "k6") for _ in range(8)))

    assert {answer.status_code for answer in answers} <= {201, 409}
    assert (await _count(database, Ticket), await _count(database, TicketEvent)) == (1, 2)


async def test_a_request_that_died_half_way_may_be_tried_again_and_still_counts_once(api, services, database, clock):
    done = await _create(api, "k7")
    async with database.transaction() as session:
        known = await session.get(TicketRequest, (LINA.name, "k7"))
        known.status, known.answer = None, None
    running = await _create(api, "k7")
    assert (running.status_code, "还在处理" in running.json()["detail"]) == (409, True)
    clock.advance(hours(1))
    again = await _create(api, "k7")

    assert again.json()["ticket"]["ticket_no"] == done.json()["ticket"]["ticket_no"]
    assert again.json()["ticket"]["contacts"] == 1


async def test_an_error_of_ours_frees_the_key(services, around):
    around.tracks.tracks = None
    async with client(services) as api:
        with pytest.raises(AttributeError):
            await _create(api, "k8")
        around.tracks.tracks = {WAYBILL: make_track("HZ001", GZ1)}
        assert (await _create(api, "k8")).status_code == 201


async def test_requests_are_forgotten_after_a_week(api, services, database, clock):
    await _create(api, "k9")
    await services.requests.forget(clock() + KEPT_FOR - hours(1))
    assert await _count(database, TicketRequest) == 1
    await RequestLog(database, clock).forget(clock() + KEPT_FOR + hours(1))

    assert await _count(database, TicketRequest) == 0


async def test_summaries_are_written_once_and_found_by_waybill_and_conversation(api):
    body = {
        "conversation_id": str(UUID(int=1)),
        "customer_id": str(UUID(int=2)),
        "wrap_up_code": "query_waybill",
        "text": "明天送达",
        "turn": "t1",
        "waybill_no": WAYBILL,
    }
    for _ in range(2):
        assert (await api.post(f"{BASE}/summaries", json=body, headers=as_(LINA))).status_code == 204
    by_waybill = await api.get(f"{BASE}/summaries", params={"waybill_no": WAYBILL}, headers=as_(LINA))
    by_talk = await api.get(f"{BASE}/summaries", params={"conversation_id": str(UUID(int=1))}, headers=as_(LINA))

    assert [one["by"] for one in by_waybill.json()] == [LINA.name]
    assert by_talk.json() == by_waybill.json()


async def test_a_summary_counts_as_a_contact_of_its_waybill_once(services, around):
    body = {
        "conversation_id": str(UUID(int=1)),
        "customer_id": str(UUID(int=2)),
        "wrap_up_code": "x",
        "text": "x",
        "turn": "t1",
        "waybill_no": WAYBILL,
    }
    async with client(services) as api:
        answers = [await api.post(f"{BASE}/summaries", json=body, headers=as_(LINA, "s1")) for _ in range(2)]

    assert [(answer.status_code, answer.content) for answer in answers] == [(204, b"")] * 2
    assert around.conditions.contacts == [WAYBILL]


async def test_the_catalogue_is_a_tree_with_names_for_everything(api):
    tree = (await api.get(f"{BASE}/catalogue", headers=as_(WANG))).json()
    leaves = [leaf for group in tree["groups"] for leaf in group["categories"]]

    assert len(leaves) >= 98
    assert all(CHINESE.search(leaf["zh"]) and CHINESE.search(leaf["cause_zh"]) for leaf in leaves)
    assert {reason["id"] for reason in tree["pause_reasons"]} >= {"awaiting_customer", "police"}


def test_every_route_is_described_and_every_body_has_an_example(services):
    app = make_app(services)
    schema = app.openapi()
    bare = []
    for route in app.routes:
        if isinstance(route, APIRoute) and "POST" in route.methods:
            operation = schema["paths"][route.path]["post"]
            assert operation["description"]
            reference = operation["requestBody"]["content"]["application/json"]["schema"]["$ref"]
            fields = schema["components"]["schemas"][reference.rsplit("/", 1)[-1]]["properties"]
            bare += [] if any("examples" in field for field in fields.values()) else [route.path]

    assert bare == []


async def _count(database, model) -> int:
    async with database.transaction() as session:
        return await session.scalar(select(func.count()).select_from(model))
