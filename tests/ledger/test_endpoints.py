import httpx
import pytest
from fastapi import FastAPI, Request

from bot.ledger.endpoints import make_router
from bot.staff.model import Actor, Role
from tests.ledger.builders import enter

PATH = "/api/v1/ledger/statements"
MARCH = {"month": "2026-03"}


def actor_of(request: Request) -> Actor:
    headers = request.headers
    return Actor("agent:x", Role(headers["role"]), unit=headers.get("unit"), province="guangdong")


async def units_of(actor: Actor) -> set[str]:
    return {"GZ001", "GZ002"} if actor.province == "guangdong" else set()


@pytest.fixture
async def client(database, ledger, clock):
    await enter(database, ledger, clock())
    app = FastAPI()
    app.include_router(make_router(ledger, actor_of, units_of))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://test") as client:
        yield client


async def get(client, role, path="", unit="GZ001", **params):
    return await client.get(PATH + path, params=MARCH | params, headers={"role": role.value, "unit": unit})


async def test_a_statement_has_money_as_strings(client):
    answer = (await get(client, Role.outlet_agent, "/GZ001")).json()

    assert answer["opening"] == {"money": "0.00", "score": "0.00"}
    assert answer["totals"] == {"fine": "-100.10", "reward": "0.00", "score": "-5.00"}
    assert answer["closing"] == {"money": "-100.10", "score": "-5.00"}
    assert [(each["entry"], each["amount"], each["rule"]) for each in answer["entries"]] == [
        ("fine", "-100.10", "ledger.fine@v3"),
        ("score", "-5.00", "ledger.score@v3"),
    ]


async def test_an_outlet_sees_its_own_account_and_no_other(client):
    own = await get(client, Role.outlet_agent, "/HZ001", unit="HZ001")
    other = await get(client, Role.outlet_agent, "/GZ001", unit="HZ001")
    listed = await get(client, Role.outlet_agent, unit="HZ001")
    file = await get(client, Role.outlet_agent, ".csv", unit="HZ001")
    others_file = await client.get(
        f"{PATH}.csv", params=MARCH | {"unit": "GZ001"}, headers={"role": "outlet_agent", "unit": "HZ001"}
    )

    assert (own.status_code, own.json()["unit"]) == (200, "HZ001")
    assert (other.status_code, other.json()["detail"]) == (404, "没有这个单位的账单")
    assert [each["unit"] for each in listed.json()] == ["HZ001"]
    assert "HZ001" in file.text
    assert "GZ001" not in file.text
    assert others_file.status_code == 404


async def test_an_outlet_agent_without_an_outlet_sees_nothing(client):
    assert (await get(client, Role.outlet_agent, unit="")).json() == []
    assert (await get(client, Role.outlet_agent, "/GZ001", unit="")).status_code == 404


@pytest.mark.parametrize("role", [Role.provincial_agent, Role.provincial_arbitrator])
async def test_a_province_sees_its_own_units(client, role):
    assert [each["unit"] for each in (await get(client, role)).json()] == ["GZ001"]
    assert (await get(client, role, "/GZ002")).status_code == 200
    assert (await get(client, role, "/HZ001")).status_code == 404


@pytest.mark.parametrize("role", [Role.headquarters_agent, Role.headquarters_arbitrator, Role.supervisor, Role.admin])
async def test_headquarters_sees_all(client, role):
    assert [each["unit"] for each in (await get(client, role)).json()] == ["GZ001", "HZ001"]
    assert (await get(client, role, "/HZ001")).status_code == 200


@pytest.mark.parametrize("role", [Role.agent, Role.trainer])
@pytest.mark.parametrize("path", ["", "/GZ001", ".csv"])
async def test_who_has_no_part_in_it_is_refused(client, role, path):
    answer = await get(client, role, path)

    assert (answer.status_code, answer.json()["detail"]) == (403, "当前角色不能查看账单")


@pytest.mark.parametrize("month", ["2026-13", "2026-3", "202603", "", "2026-03' OR 1=1"])
async def test_a_month_is_a_year_and_a_month(client, month):
    answer = await client.get(PATH, params={"month": month}, headers={"role": "admin"})

    assert answer.status_code == 422


async def test_the_file_is_named_by_its_month(client):
    file = await client.get(f"{PATH}.csv", params=MARCH, headers={"role": "admin"})

    assert file.headers["content-type"] == "text/csv; charset=utf-8"
    assert file.headers["content-disposition"] == 'attachment; filename="ledger-2026-03.csv"'
    assert file.content.startswith(b"\xef\xbb\xbf")
    assert len(file.text.splitlines()) == 1 + 2 + 2 + 2 + 1
