import httpx
import pytest
from fastapi import FastAPI, Request

from bot.staff.model import Actor
from bot.studio.drafts.endpoints import make_router
from tests.studio.drafts.builders import HE, LIN, LINA

PEOPLE = {"he": HE, "lin": LIN, "lina": LINA}
API = "/api/v1/studio/draft"


async def actor_of(request: Request) -> Actor:
    return PEOPLE[request.headers["x-who"]]


@pytest.fixture
async def client(drafts):
    app = FastAPI()
    app.include_router(make_router(drafts, actor_of))
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://studio", headers={"x-who": "he"}) as client:
        yield client


async def test_every_reading_answers(client):
    for path in (
        *("intents", "entities", "examples", "words", "words/words.txt", "responses", "responses/utter_greet"),
        *("head", "changes", "log", "conflicts", "broken-files"),
    ):
        answer = await client.get(f"{API}/{path}")
        assert answer.status_code == 200, path
    assert (await client.get(f"{API}/examples", params={"intent": "query_price"})).json()["total"] == 3


async def test_an_example_is_added_changed_moved_and_taken_away(client):
    body = {
        "why": "客户常问",
        "examples": [
            {"intent": "query_price", "text": "寄成都", "entities": [{"start": 1, "end": 3, "kind": "region"}]}
        ],
    }
    added = (await client.post(f"{API}/examples", json=body)).json()
    example = (await client.get(f"{API}/examples", params={"q": "成都"})).json()["items"][0]
    assert (example["id"], example["text"]) == (added["ids"][0], "寄[成都](region)")

    change = {"id": example["id"], "version": example["version"], "text": "寄成都贵吗", "why": "更完整"}
    example = (await client.put(f"{API}/examples", json=change)).json()
    move = {"id": example["id"], "version": example["version"], "intent": "query_waybill", "why": "换"}
    example = (await client.post(f"{API}/examples/move", json=move)).json()
    gone = {"id": example["id"], "version": example["version"], "why": "多余"}

    assert (await client.post(f"{API}/examples/remove", json=gone)).status_code == 204
    assert (await client.get(f"{API}/changes")).json() == []
    assert len((await client.get(f"{API}/log")).json()) == 4


async def test_who_is_too_late_gets_the_newest(client):
    example = (await client.get(f"{API}/examples")).json()["items"][0]
    change = {"id": example["id"], "version": example["version"], "text": "寄北京贵吗", "why": "更口语"}
    await client.put(f"{API}/examples", json=change)

    late = await client.put(f"{API}/examples", json=change | {"text": "寄北京贵不贵"}, headers={"x-who": "lin"})

    assert late.status_code == 409
    assert late.json()["newest"]["text"] == "寄北京贵吗"
    assert "刚被 he 改过" in late.json()["detail"]


async def test_refusals_have_their_status(client):
    wrong = {"why": "试试", "examples": [{"intent": "query_gold", "text": "金价"}]}

    assert (await client.post(f"{API}/examples", json=wrong)).status_code == 422
    assert (await client.get(f"{API}/responses/utter_gold")).status_code == 404
    assert (await client.get(f"{API}/intents", headers={"x-who": "lina"})).status_code == 403


async def test_words_and_responses_are_changed(client):
    body = {"why": "常说", "words": [{"text": "蓉", "meaning": "成都"}]}
    assert (await client.post(f"{API}/words/aliases.yml:region", json=body)).status_code == 201
    word = (await client.get(f"{API}/words/aliases.yml:region", params={"q": "蓉"})).json()["items"][0]
    change = {"id": word["id"], "version": word["version"], "text": "蓉", "meaning": "成都市", "why": "全称"}
    assert (await client.put(f"{API}/words", json=change)).status_code == 204

    response = (await client.get(f"{API}/responses/utter_status")).json()
    variants = [{"text": "运单 {waybill_no}：{status}"}]
    saved = await client.put(
        f"{API}/responses/utter_status", json={"why": "更短", "version": response["version"], "variants": variants}
    )
    assert saved.json()["variants"][0]["text"] == "运单 {waybill_no}：{status}"
    assert [each["channel"] for each in (await client.post(f"{API}/preview", json=variants[0])).json()] == [
        *("web", "wechat", "wecom", "sms")
    ]


async def test_a_change_is_undone_and_an_entry_restored(client):
    body = {"why": "客户常问", "examples": [{"intent": "query_price", "text": "寄成都"}]}
    first = (await client.post(f"{API}/examples", json=body)).json()
    assert (await client.post(f"{API}/changes/{first['commit']}/undo", params={"why": "错了"})).status_code == 200
    await client.post(f"{API}/examples", json=body)
    (change,) = (await client.get(f"{API}/changes")).json()

    restore = {"id": change["entry_id"], "version": change["version"], "why": "不要"}

    assert (await client.post(f"{API}/restore", json=restore)).status_code == 204
    assert len((await client.get(f"{API}/history", params={"entry": change["entry_id"]})).json()) == 4


async def test_warnings_are_told_before_anything_is_added(client):
    body = {"texts": ["我的快递到哪里了呀！"], "intent": "query_price"}

    found = (await client.post(f"{API}/warnings", json=body)).json()

    assert [each["kind"] for each in found] == ["near_example", "imbalance"]
