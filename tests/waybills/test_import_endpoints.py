import httpx
import pytest
from fastapi import FastAPI, HTTPException, Request

from bot.waybills import endpoints
from bot.waybills.endpoints import make_router
from bot.waybills.importing import WaybillImporter
from bot.waybills.schemas import import_words
from tests.waybills.test_importing import CSV, NUMBER, checkpoint, waybill

TOKEN = {"authorization": "Bearer right"}


def require_token(request: Request) -> None:
    if request.headers.get("authorization") != "Bearer right":
        raise HTTPException(401, "wrong token")


@pytest.fixture
async def client(database, clock, intake):
    app = FastAPI()
    app.include_router(make_router(WaybillImporter(database, clock, intake), require_token))
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://test", headers=TOKEN) as client:
        yield client


async def test_waybills_and_checkpoints_come_in_as_arrays(client):
    first = await client.post("/api/v1/waybills:batch", json=[waybill(), waybill("YD1")])
    second = await client.post("/api/v1/checkpoints:batch", json=[checkpoint()])

    reason = import_words().reasons["waybill_no"]
    assert first.json() == {
        "accepted": 1,
        "rejected_count": 1,
        "rejected": [{"line": 2, "field": "waybill_no", "reason": reason}],
        "ignored_columns": [],
    }
    assert second.json()["accepted"] == 1


async def test_a_csv_file_comes_as_the_body_or_in_a_form(client):
    body = await client.post("/api/v1/imports/waybills", content=CSV.encode(), headers={"content-type": "text/csv"})
    form = await client.post("/api/v1/imports/waybills", files={"file": ("waybills.csv", CSV.encode("gb18030"))})

    assert (body.json()["accepted"], form.json()["accepted"]) == (1, 1)
    assert form.json()["rejected"][0]["line"] == 3


async def test_checkpoints_come_as_csv(client):
    await client.post("/api/v1/waybills:batch", json=[waybill()])
    content = f"运单号,时间,节点,网点编码,网点,描述\n{NUMBER},2026/3/3 20:05,到达,GZ001,广州天河网点,快件已到达\n"

    answer = await client.post("/api/v1/imports/checkpoints", content=content.encode())

    assert answer.json()["accepted"] == 1


async def test_nobody_imports_without_the_token(client):
    answer = await client.post("/api/v1/waybills:batch", json=[], headers={"authorization": "Bearer wrong"})

    assert answer.status_code == 401


@pytest.mark.parametrize("content", [b"{", b'{"a": 1}', b"\xff", b"[" * 100_000, b""])
async def test_what_is_no_json_array_is_refused(client, content):
    answer = await client.post("/api/v1/waybills:batch", content=content)

    assert (answer.status_code, answer.json()["detail"]) == (400, import_words().file["json"])


async def test_a_body_over_the_limit_is_refused(client, monkeypatch):
    monkeypatch.setattr(endpoints, "MAX_BYTES", 100)

    async def endless():
        for _ in range(10):
            yield b"x" * 50

    announced = await client.post("/api/v1/imports/waybills", content=b"x" * 101)
    hidden = await client.post("/api/v1/imports/waybills", content=endless())
    form = await client.post("/api/v1/imports/waybills", files={"file": ("waybills.csv", b"x" * 101)})

    assert [announced.status_code, hidden.status_code, form.status_code] == [413, 413, 413]


async def test_a_form_without_a_file_and_an_unreadable_file_are_refused(client):
    form = await client.post("/api/v1/imports/waybills", files={"name": (None, "x")})
    unreadable = await client.post("/api/v1/imports/waybills", content=b"a,b\n1,2")

    assert (form.status_code, unreadable.status_code) == (400, 400)
    assert "缺少必需的列" in unreadable.json()["detail"]
