"""A waybill's whole history, and who may read it."""

import pytest
from sqlalchemy import select

from bot.clock import CHINA
from bot.desk.dossier import Dossiers, names_of, reasons
from bot.desk.service import AgentService
from bot.desk.timeline import Entry
from bot.errors import NotFoundError
from bot.evidence.service import EvidenceService
from bot.rules.shipped import shipped_rules
from bot.staff.model import Actor, Role
from bot.staff.tables import AuditEntry
from bot.waybills.access import GuessLimit, WaybillAccess
from bot.waybills.importing import WaybillImporter, rows_of_json
from bot.waybills.postgres import PostgresWaybillSource
from bot.waybills.service import WaybillService
from tests.day.network import GZ1, PLACES, put_network
from tests.desk.builders import CHEAP, PASSWORD
from tests.waybills.test_importing import NUMBER, checkpoint, waybill


class Province:
    async def units_of(self, province):
        return {"浙江省": ["HZ001"], "广东省": ["GZ001"], "四川省": ["CD001"]}.get(province, [])


@pytest.fixture
async def dossiers(database, clock, intake):
    importer = WaybillImporter(database, clock, intake)
    await importer.waybills(rows_of_json([waybill(origin_outlet="HZ001", destination_outlet="GZ001")]))
    await importer.checkpoints(rows_of_json([checkpoint("arrived", "2026-03-03 12:00", outlet_code="HZC")]))
    access = WaybillAccess(database, clock, GuessLimit())
    waybills = WaybillService(PostgresWaybillSource(database), access, database, clock)

    async def emit(*args, **kwargs):
        """Nobody is told."""

    return Dossiers(database, clock, waybills, EvidenceService(database, emit), Province(), shipped_rules)


def actor(role, **where):
    return Actor("agent:somebody", role, **where)


@pytest.mark.parametrize(
    "who",
    [
        actor(Role.agent),
        actor(Role.admin),
        actor(Role.headquarters_agent),
        actor(Role.outlet_agent, unit="HZ001"),
        actor(Role.outlet_agent, unit="HZC"),
        actor(Role.provincial_agent, province="广东省"),
    ],
)
async def test_who_has_a_part_in_it_sees_it_with_names_and_phones_masked(dossiers, who):
    found = await dossiers.of(NUMBER, who)

    assert found.waybill.waybill_no == NUMBER
    assert found.waybill.consignee.phone == "139****1234"
    assert [entry.kind for entry in found.timeline].count("scan") == 1


@pytest.mark.parametrize(
    "who",
    [
        actor(Role.outlet_agent, unit="CD001"),
        actor(Role.outlet_agent),
        actor(Role.provincial_agent, province="四川省"),
        actor(Role.provincial_agent),
        actor(Role.trainer),
    ],
)
async def test_for_anybody_else_it_does_not_exist(dossiers, who):
    with pytest.raises(NotFoundError):
        await dossiers.of(NUMBER, who)


async def test_an_agreed_delivery_is_the_promise_and_the_first_one_is_named_as_such(dossiers, database, intake):
    before = (await dossiers.of(NUMBER, actor(Role.agent))).waybill
    async with database.transaction() as session:
        await intake.conditions.agreed(session, NUMBER, "date_agreed", "后天")
    after = (await dossiers.of(NUMBER, actor(Role.agent))).waybill

    assert before.first_promised_at is None
    assert after.first_promised_at == before.promised_at
    assert f"{after.promised_at.astimezone(CHINA):%m-%d %H:%M}" == "03-06 20:00"


async def test_every_look_is_written_down(dossiers, database):
    await dossiers.of(NUMBER, actor(Role.agent))

    async with database.transaction() as session:
        (entry,) = (await session.scalars(select(AuditEntry))).all()
    assert (entry.what, entry.who, entry.why) == ("waybill.viewed", "agent:somebody", NUMBER)


def test_a_rule_is_explained_by_its_note_and_one_that_is_gone_is_left_out():
    found = reasons(shipped_rules(), ["condition.past_promise@v3", "condition.gone@v1", "no_table.row@v1", "strange"])

    assert list(found) == ["condition.past_promise@v3"]
    assert found["condition.past_promise@v3"].startswith("运单状况：")


def test_of_a_category_only_its_name_is_told():
    assert list(reasons(shipped_rules(), ["category.expedite@v1"]).values()) == ["工单分类：催派"]


async def test_who_did_something_is_named_with_the_unit(dossiers, database, clock):
    await put_network(database)
    await AgentService(database, clock, CHEAP).create("lina", "李娜", PASSWORD, Role.agent)
    async with database.transaction() as session:
        entries = [
            Entry(at=clock(), kind="ticket", title="接单", by="agent:lina", unit=GZ1),
            Entry(at=clock(), kind="ticket", title="派单", by="system"),
        ]
        found = await names_of(session, entries)

    assert found == {"lina": "李娜", GZ1: PLACES[GZ1][0]}
