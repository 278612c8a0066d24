"""Sweeps beside each other, beside imports, beside customers who report, and rules published in the middle of them."""

import asyncio
from collections import Counter
from dataclasses import replace
from random import Random

import pytest
from sqlalchemy import text

from bot.following import Following
from bot.rules.problems import Draft
from bot.rules.shipped import shipped_rules
from bot.tickets.kinds import TicketKind
from bot.waybills.importing import rows_of_json
from tests.evidence.test_chains import somebody_waits
from tests.killed.child import Point, make_service
from tests.killed.picture import check, picture_of
from tests.killed.stage import dead_have_let_go
from tests.killed.world import PORTION, WAYBILLS, numbers_of, waybill_rows
from tests.rules.builders import ADMIN
from tests.tickets.builders import GZ1, make_contact
from tests.waybills.test_importing import checkpoint

SHIPPED = shipped_rules()


def patient() -> Draft:
    """Rules by which a parcel may stay in the last mile for a month before anybody is warned."""
    table = SHIPPED.table("leg_warning")
    rows = [
        replace(row, then={"warn_after_hours": 720}) if row.id.startswith("last_mile") else row for row in table.rows
    ]
    return Draft(dict(SHIPPED.tables) | {"leg_warning": table.with_rows(tuple(rows))})


async def publish(service, draft: Draft, based_on: int = 0):
    return await service.rules.publish(draft, ADMIN, "试一试", based_on)


async def versions(database) -> Counter[str]:
    """By which version of the rules how many waybills were judged."""
    query = text("SELECT split_part(because->>0, '@', 2) FROM waybill_states")
    async with database.transaction() as session:
        return Counter((await session.scalars(query)).all())


async def conditions(database) -> dict[str, tuple[str, int]]:
    query = text("SELECT waybill_no, condition, open_tickets FROM waybill_states")
    async with database.transaction() as session:
        return {number: (condition, count) for number, condition, count in await session.execute(query)}


@pytest.fixture
async def service(stage):
    await stage.set_up("sweep")
    return stage.service


async def test_of_several_sweeps_at_once_each_waybill_is_judged_by_one(stage, undisturbed):
    expected = await undisturbed("sweep")
    await stage.set_up("sweep")

    await stage.together("sweep", 3)

    assert await stage.finish("sweep") == expected.picture


async def test_a_sweep_waits_for_nobody_and_leaves_what_others_hold_to_them(stage, service, database):
    held = numbers_of("late")[0]
    async with database.transaction() as session:
        await session.execute(text("SELECT FROM waybill_states WHERE waybill_no = :no FOR UPDATE"), {"no": held})
        async with asyncio.timeout(30):
            first = await service.sweep.run()
    second = await service.sweep.run()

    assert second.seen == 1
    assert first.seen + second.seen == WAYBILLS
    await check(database)


async def test_sweeps_beside_imports_end_as_one_after_the_other(stage, database, clock):
    await stage.set_up("sweep")
    for rows in news():
        await stage.service.importer.checkpoints(rows_of_json(rows))
    await stage.service.sweep.run()
    expected, scans = await conditions(database), (await picture_of(database))["checkpoints"]
    await stage.set_up("sweep")

    await beside_each_other(stage)

    await check(database)
    assert await conditions(database) == expected
    assert (await picture_of(database))["checkpoints"] == scans


def news() -> list[list[dict]]:
    """Half of the parcels go out and a quarter arrives, in batches that know no order."""
    going = [row["waybill_no"] for row in waybill_rows()[: WAYBILLS // 2]]
    rows = [checkpoint("out_for_delivery", "2026-03-08 08:00", number=number, outlet_code=GZ1) for number in going]
    rows += [row | {"kind": "delivered", "at": "2026-03-08 09:30"} for row in rows[::2]]
    Random(5).shuffle(rows)
    return [rows[start : start + 5] for start in range(0, len(rows), 5)]


async def beside_each_other(stage) -> None:
    async def imported(mine) -> None:
        for rows in mine:
            report = await stage.service.importer.checkpoints(rows_of_json(rows))
            assert report.accepted == len(rows)

    async def swept() -> None:
        while not all(task.done() for task in importing):
            await stage.service.sweep.run(portion=PORTION)

    importing = [asyncio.create_task(imported(news()[start::2])) for start in range(2)]
    await asyncio.gather(*importing, swept(), swept())
    await stage.service.sweep.run()


class SlowToCommit(Following):
    """Has opened its tickets, and waits."""

    def __init__(self, tickets) -> None:
        super().__init__(tickets)
        self.has_opened, self.may_commit = asyncio.Event(), asyncio.Event()

    async def open_tickets(self, session, cases, *, at):
        opened = await super().open_tickets(session, cases, at=at)
        self.has_opened.set()
        await self.may_commit.wait()
        return opened


async def test_a_ticket_that_is_reported_while_the_sweep_opens_its_own_is_counted(service, database):
    late = numbers_of("late")[0]
    slow = SlowToCommit(service.tickets.by_rule)
    service.conditions.lead_to(slow)
    sweeping = asyncio.create_task(service.sweep.run())
    await slow.has_opened.wait()

    contact, report = make_contact("asks"), service.tickets.tickets.report
    reporting = asyncio.create_task(report(TicketKind.service, "expedite", "快点", waybill_no=late, contact=contact))
    await somebody_waits(database)
    slow.may_commit.set()
    await asyncio.gather(sweeping, reporting)

    assert (await conditions(database))[late] == ("problem", 2)


async def test_customers_who_report_beside_sweeps_are_all_heard(service, database):
    """Half of what is late is asked about while the sweep opens tickets for all of it, in the same words or others."""
    late = numbers_of("late")[::2]

    async def report(n: int, waybill_no: str):
        contact, category = make_contact(f"asks-{n}"), ("overdue", "expedite")[n % 2]
        kind = TicketKind.service
        return await service.tickets.tickets.report(kind, category, "快点", waybill_no=waybill_no, contact=contact)

    await asyncio.gather(service.sweep.run(portion=PORTION), *(report(n, no) for n, no in enumerate(late)))
    await service.sweep.run()

    await check(database)
    found = await conditions(database)
    assert {found[number][0] for number in numbers_of("late")} == {"problem"}


class PublishesOnce(Following):
    """While the first portion is being judged the business publishes other rules."""

    def __init__(self, service) -> None:
        super().__init__(service.tickets.by_rule)
        self._service = service

    async def changed(self, session, changes, *, at):
        if self._service.rules.book().version == 0:
            await publish(self._service, patient())
        await super().changed(session, changes, at=at)


async def test_after_a_publication_everything_is_judged_anew_once(service, database):
    await service.sweep.run()
    before = await versions(database)

    await publish(service, patient())
    first, second, third = [await service.sweep.run() for _ in range(3)]

    assert before == {"v0": WAYBILLS}
    assert await versions(database) == {"v1": WAYBILLS}
    assert (first.seen, second.seen, third.seen) == (WAYBILLS, 0, 0)


async def test_rules_published_in_the_middle_of_a_sweep_hold_in_the_end_for_all(service, database):
    service.conditions.lead_to(PublishesOnce(service))
    await service.sweep.run(portion=PORTION)
    between = await versions(database)
    await service.sweep.run(portion=PORTION)

    assert 0 < between["v0"] < PORTION
    assert await versions(database) == {"v1": WAYBILLS}
    await check(database)


async def test_a_process_killed_after_a_publication_leaves_it_to_the_next_one(stage, service, database):
    await service.sweep.run()
    await publish(service, patient())
    await stage.die_at("sweep", Point("committed", 3))  # of which one has read the rules
    await dead_have_let_go(stage.database)
    between = await versions(database)

    await stage.finish("sweep")

    assert between == {"v0": WAYBILLS - 2 * PORTION, "v1": 2 * PORTION}
    assert await versions(database) == {"v1": WAYBILLS}


async def test_a_process_that_has_not_heard_of_a_publication_is_corrected(stage, service, database):
    """Two processes; the other still goes by the old rules when the first has followed the new ones."""
    other = make_service(database, stage.clock, stage.folder)
    await service.sweep.run()
    await publish(service, patient())
    await service.sweep.run()
    row = checkpoint("arrived", "2026-03-08 09:00", number=numbers_of("slow")[0], outlet_code=GZ1)
    await other.importer.checkpoints(rows_of_json([row]))
    between = await versions(database)

    await service.sweep.run()

    assert between["v0"] == 1
    assert await versions(database) == {"v1": WAYBILLS}
    await other.stop()
