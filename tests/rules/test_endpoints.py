import io
import json

import httpx
import pytest
from fastapi import FastAPI, HTTPException, Request
from openpyxl import load_workbook

from bot.rules.archive import json_of, write_zip
from bot.rules.cases import GivenCases
from bot.rules.endpoints import MAX_BYTES, make_router
from bot.rules.service import RuleService
from bot.rules.spreadsheet import write_spreadsheet
from bot.staff.model import Actor, Role
from tests.rules.builders import facts, make_book, make_table

LONG = {"id": "long", "when": {"hours": ">= 48"}, "then": {"minutes": 90}}
REST = {"id": "rest"}
SHIPPED = make_book(make_table(LONG, REST), make_table(REST, name="other"), version=0)
EDITED = dict(SHIPPED.tables) | {"sample": make_table(LONG | {"then": {"minutes": 60}}, REST)}
XLSX = write_spreadsheet(EDITED)


async def actor_of(request: Request) -> Actor:
    role = request.headers.get("x-role")
    if role is None:
        raise HTTPException(401, "请先登录")
    return Actor(f"{role}:zhao", Role(role))


@pytest.fixture
def service(database, clock):
    return RuleService(database, clock, shipped=SHIPPED, checks=())


@pytest.fixture
async def api(service):
    app = FastAPI()
    cases = GivenCases("waybills", {"YD1": facts(hours=50), "YD2": facts(hours=1)})
    app.include_router(make_router(service, actor_of, {"waybills": cases}))
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url=ROOT, headers={"x-role": "admin"}) as client:
        yield client


def bad_workbook() -> bytes:
    book = load_workbook(io.BytesIO(XLSX))
    book["样表 sample"]["B3"] = "soon"
    book["样表 sample"]["G4"] = None
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


ROOT = "http://test/api/v1/rules"
PUBLISH = "/publish?based_on=0&why=客诉多"


async def test_an_upload_is_published(api, service):
    answer = await api.post(PUBLISH, content=XLSX)

    assert answer.status_code == 201, answer.text
    assert (answer.json()["version"], answer.json()["actor"], answer.json()["why"]) == (1, "admin:zhao", "客诉多")
    assert service.book().decide("sample", facts(hours=50)).number("minutes") == 60


@pytest.mark.parametrize("content", [XLSX, write_zip(EDITED), json.dumps(json_of(EDITED)).encode()])
async def test_every_kind_of_file_is_taken_as_a_body_and_in_a_form(api, content):
    for sent in ({"content": content}, {"files": {"file": ("rules", content)}}):
        answer = await api.post("/check", **sent)
        assert answer.status_code == 200, answer.text
        assert answer.json()["problems"] == []
        assert [(one["row"], one["column"], one["before"], one["after"]) for one in answer.json()["differences"]] == [
            ("long", "minutes", "90", "60")
        ]


async def test_problems_of_an_upload_are_told_row_by_row(api):
    answer = await api.post("/check", content=bad_workbook())

    assert [(one["table"], one["row"], one["column"], one["where"]) for one in answer.json()["problems"]] == [
        ("sample", "long", "hours", "“样表 sample”B3"),
        ("sample", "rest", "minutes", "“样表 sample”G4"),
    ]


async def test_an_upload_with_problems_is_not_published(api, service):
    answer = await api.post(PUBLISH, content=bad_workbook())

    assert answer.status_code == 422
    assert "“样表 sample”B3 表 sample 行 long 列 hours：“soon”不是数字条件" in answer.json()["detail"]
    assert service.book() is SHIPPED


async def test_of_very_many_problems_the_first_are_told(api):
    edited = json_of(EDITED)
    edited["tables"][0]["rows"] = [{"id": f"r{number}", "when": {"hours": "x"}} for number in range(900)]
    content = json.dumps(edited).encode()
    check = (await api.post("/check", content=content)).json()
    refused = (await api.post(PUBLISH, content=content)).json()["detail"].splitlines()

    assert (check["problem_count"], len(check["problems"])) == (3600, 1000)
    assert refused[-1] == "……还有 3580 处"


async def test_who_was_overtaken_is_told(api):
    await api.post(PUBLISH, content=XLSX)
    answer = await api.post(PUBLISH, content=write_spreadsheet(SHIPPED.tables))

    assert answer.status_code == 409
    assert "admin:zhao 已于 03-04 10:00 发布第 1 版" in answer.json()["detail"]


@pytest.mark.parametrize("role", list(Role))
async def test_supervisors_and_administrators_read_and_only_administrators_publish(api, role):
    may_read, may_publish = role in {Role.supervisor, Role.admin}, role is Role.admin
    headers = {"x-role": role.value}

    for path in (ROOT, "/history", "/versions/0", "/versions/0/rules.xlsx", "/versions/0/rules.zip"):
        answer = await api.get(path, headers=headers)
        assert answer.status_code == (200 if may_read else 403), path
    for answer in (
        await api.post(PUBLISH, content=XLSX, headers=headers),
        await api.post("/roll-back", json={"version": 0, "why": "x"}, headers=headers),
    ):
        assert answer.status_code == (201 if may_publish else 403)
        assert may_publish or "管理员" in answer.json()["detail"]


async def test_without_a_session_nothing_is_shown(api):
    del api.headers["x-role"]

    assert (await api.get("/history")).status_code == 401


async def test_the_status_names_the_version_and_its_tables(api):
    before = (await api.get(ROOT)).json()
    await api.post(PUBLISH, content=XLSX)
    after = (await api.get(ROOT)).json()

    assert (before["version"], before["publication"]) == (0, None)
    assert (after["version"], after["publication"]["why"]) == (1, "客诉多")
    assert after["tables"][0] == {"name": "sample", "title": "样表", "hit": "first", "rows": 2}


async def test_history_differences_and_a_roll_back(api):
    await api.post(PUBLISH, content=XLSX)
    answer = await api.post("/roll-back", json={"version": 0, "why": "改错了"})

    assert (answer.status_code, answer.json()["version"], answer.json()["restores"]) == (201, 2, 0)
    assert [one["version"] for one in (await api.get("/history")).json()] == [2, 1]
    assert [one["after"] for one in (await api.get("/difference?before=0&after=1")).json()] == ["60"]
    assert (await api.get("/difference?before=0&after=2")).json() == []
    assert (await api.get("/versions/9")).status_code == 404


async def test_what_is_downloaded_can_be_sent_back(api):
    await api.post(PUBLISH, content=XLSX)
    for name in ("rules.xlsx", "rules.zip"):
        answer = await api.get(f"/versions/1/{name}")
        assert f"rules-v1.{name.split('.')[1]}" in answer.headers["content-disposition"]
        assert (await api.post("/check", content=answer.content)).json() == {
            "problem_count": 0,
            "problems": [],
            "differences": [],
        }
    edited = (await api.get("/versions/1")).json()
    edited["tables"][0]["rows"][0]["then"]["minutes"] = 30
    answer = await api.post("/publish?based_on=1&why=x", json=edited)
    assert answer.json()["version"] == 2


async def test_a_dry_run_shows_who_would_be_decided_otherwise(api):
    answer = await api.post("/dry-run?table=sample&cases=waybills", content=XLSX)

    found = answer.json()
    assert (found["total"], found["changed"]) == (2, 1)
    assert found["examples"][0]["subject"] == "YD1"
    assert found["examples"][0]["because_after"] == ["sample.long@v1"]
    assert "minutes=60" in found["shifts"][0]["after"]


@pytest.mark.parametrize("query", ["table=nothing", "table=sample&cases=moon"])
async def test_a_dry_run_of_what_does_not_exist_is_refused(api, query):
    assert (await api.post(f"/dry-run?{query}", content=XLSX)).status_code == 404


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        ({"content": b"x"}, 400),
        ({"content": b"PK\x03\x04"}, 400),
        ({"content": b"x" * (MAX_BYTES + 1)}, 413),
        ({"files": {"file": ("rules", b"x" * (MAX_BYTES + 1))}}, 413),
        ({"data": {"a": "b"}, "headers": {"content-type": "multipart/form-data; boundary=x"}}, 400),
    ],
)
async def test_uploads_that_cannot_be_read_are_refused(api, sent, status):
    assert (await api.post("/check", **sent)).status_code == status


@pytest.mark.parametrize("path", ["/publish?based_on=0", "/publish?why=x", "/publish?based_on=-1&why=x"])
async def test_a_publication_needs_a_reason_and_a_base(api, path):
    assert (await api.post(path, content=XLSX)).status_code == 422
