"""Misses over HTTP."""

from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import FastAPI, Request

from bot.staff.model import Actor
from bot.studio.misses.endpoints import make_router
from tests.studio.misses.builders import HE, LINA, ZHOU, MissSite, not_understood

PEOPLE = {"he": HE, "zhou": ZHOU, "lina": LINA}


@pytest.fixture
async def api(site: MissSite) -> AsyncIterator[httpx.AsyncClient]:
    async def actor_of(request: Request) -> Actor:
        return PEOPLE[request.headers["who"]]

    app = FastAPI()
    app.include_router(make_router(site.misses, actor_of))
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://t/api/v1/studio") as client:
        client.headers["who"] = "he"
        yield client


async def test_a_trainer_lists_looks_mends_and_undoes(site: MissSite, api: httpx.AsyncClient) -> None:
    await site.talk().asks("YD2026000000011快点送", not_understood())
    await site.settle()
    group = (await api.get("/misses/groups")).json()["groups"][0]
    (miss,) = (await api.get("/misses", params={"group": group["id"], "cause": "unsure"})).json()["misses"]
    assert (await api.get(f"/misses/{miss['id']}")).json()["miss"]["text"] == "〔运单号〕快点送"
    (proposed,) = (await api.post("/misses/proposed", json=[miss["id"]])).json()

    done = await api.post(
        "/misses/mend", json={"kind": "example", "intent": "urge_delivery", "group": group["id"], "texts": [proposed]}
    )
    assert (done.status_code, done.json()["misses"]) == (200, 1)
    assert site.content.examples[0].text == proposed["text"]
    assert (await api.get("/misses/counts")).json()["mended"] == 1
    undone = await api.post(f"/misses/mends/{done.json()['id']}/undo")
    assert undone.json() == {"reopened": 1}
    assert (await api.post(f"/misses/mends/{done.json()['id']}/undo")).status_code == 409


async def test_what_is_refused_has_a_status_and_a_chinese_sentence(site: MissSite, api: httpx.AsyncClient) -> None:
    await site.talk().asks("快点送呀快点", not_understood())
    await site.settle()
    (miss,) = (await api.get("/misses")).json()["misses"]
    real = {"kind": "example", "intent": "urge_delivery", "misses": [miss["id"]], "texts": [{"text": "13812345678"}]}

    refused = await api.post("/misses/mend", json=real)
    assert (refused.status_code, "虚构" in refused.json()["detail"]) == (409, True)
    assert (await api.get("/misses/999")).status_code == 404
    assert (await api.get("/misses", params={"cursor": "x"})).status_code == 400
    assert (await api.get("/misses", params={"cause": "nonsense"})).status_code == 422
    assert (await api.post("/misses/mend", json={"kind": "entry", "misses": [miss["id"]]})).status_code == 409
    assert (await api.get("/misses", headers={"who": "lina"})).status_code == 403
    ignored = {"kind": "ignore", "misses": [miss["id"]]}
    assert (await api.post("/misses/mend", json=ignored, headers={"who": "zhou"})).status_code == 403


async def test_a_new_entry_is_written_over_http(site: MissSite, api: httpx.AsyncClient) -> None:
    await site.talk().asks("半夜送货不", not_understood())
    await site.settle()
    (miss,) = (await api.get("/misses")).json()["misses"]
    entry = {"id": "delivery.night", "question": "晚上送吗", "phrasings": ["夜里送吗", "夜里送吗"], "answer": "不送。"}
    done = await api.post("/misses/mend", json={"kind": "entry", "misses": [miss["id"]], "entry": entry})

    assert done.status_code == 200
    assert site.content.entries[0].phrasings == ("夜里送吗",)


async def test_warnings_are_told_before_anything_is_taught(site: MissSite, api: httpx.AsyncClient) -> None:
    site.content.near["快点送来"] = "query_waybill: 快点送"
    found = await api.post("/misses/warnings", json={"texts": ["快点送来", "天气"], "intent": "urge_delivery"})

    assert found.json() == [{"kind": "near_example", "text": "快点送来", "other": "query_waybill: 快点送"}]
