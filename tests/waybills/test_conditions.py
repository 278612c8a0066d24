"""The condition of a waybill, sentence by sentence of the business, by the shipped rules on PostgreSQL."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, text

from bot.rules.model import RuleBook
from bot.rules.shipped import shipped_rules
from bot.waybills.cases import LiveWaybills
from bot.waybills.conditions import Conditions
from bot.waybills.importing import WaybillImporter, rows_of_json
from bot.waybills.intake import Intake, NoMap
from bot.waybills.model import Condition
from bot.waybills.sweep import Sweep
from bot.waybills.tables import ConditionChange, StateRow
from tests.waybills.test_importing import NUMBER, checkpoint, waybill

SHIPPED = "2026-03-03 10:00"
"""The frozen clock stands at 10 o'clock of the next day."""


class Recorded:
    """Consequences that only remember; tickets are opened once per waybill and category, as the desk does it."""

    def __init__(self):
        self.changes = []
        self.opened = []
        self.closed = []

    async def changed(self, session, changes, *, at):
        self.changes += changes

    async def open_tickets(self, session, cases, *, at):
        new = [case for case in cases if (case.waybill_no, case.category) not in self.opened]
        self.opened += [(case.waybill_no, case.category) for case in new]
        return [case.waybill_no for case in new]

    async def close_tickets(self, session, waybill_nos, *, at):
        mine = [number for number in waybill_nos if any(number == each for each, _ in self.opened)]
        self.closed += mine
        self.opened = [pair for pair in self.opened if pair[0] not in mine]
        return mine


class Case:
    """One waybill and everything that happens to it."""

    def __init__(self, database, clock):
        self.database, self.clock, self.consequences = database, clock, Recorded()
        self.conditions = Conditions(shipped_rules, clock, self.consequences)
        intake = Intake(self.conditions, shipped_rules, NoMap(), clock)
        self.importer = WaybillImporter(database, clock, intake)
        self.sweep = Sweep(database, clock, self.conditions, intake)

    async def ship(self, **changes):
        row = waybill(shipped_at=SHIPPED, promised_at="2026-03-05 20:00", destination_outlet="GZ001", **changes)
        await self.importer.waybills(rows_of_json([row]))

    async def scan(self, kind, at, **changes):
        report = await self.importer.checkpoints(rows_of_json([checkpoint(kind, at, **changes)]))
        assert report.accepted == 1, report

    async def at(self, moment):
        """The clock moves on, and the sweep comes by."""
        self.clock.now = datetime.fromisoformat(f"{moment}+08:00")
        await self.sweep.run()

    async def state(self):
        async with self.database.transaction() as session:
            return (await session.scalars(select(StateRow).where(StateRow.waybill_no == NUMBER))).one()

    async def condition(self):
        return Condition((await self.state()).condition)

    async def history(self):
        query = select(ConditionChange).order_by(ConditionChange.at, ConditionChange.id)
        async with self.database.transaction() as session:
            return [(each.before, each.after, each.trigger) for each in (await session.scalars(query)).all()]

    async def do(self, move, *args, **kwargs):
        async with self.database.transaction() as session:
            await getattr(self.conditions, move)(session, NUMBER, *args, **kwargs)


@pytest.fixture
def case(database, clock):
    return Case(database, clock)


async def test_on_schedule_it_is_normal(case):
    await case.ship()
    await case.scan("picked_up", SHIPPED, outlet_code="HZ001")
    await case.scan("departed", "2026-03-03 20:00", outlet_code="HZ001")

    assert await case.condition() is Condition.normal
    assert (await case.state()).next_check_at is not None


async def test_a_summary_makes_it_at_risk_until_the_next_progress(case):
    await case.ship()
    await case.scan("departed", "2026-03-04 08:00", outlet_code="HZ001")

    await case.do("contacted")
    asked = await case.condition()
    case.clock.now += timedelta(hours=2)
    await case.scan("arrived", "2026-03-04 11:00", outlet_code="GZC")

    assert asked is Condition.at_risk
    assert await case.condition() is Condition.normal


async def test_past_the_warning_time_of_its_leg_it_is_at_risk_and_the_outlet_holding_it_is_told(case):
    await case.ship()
    await case.scan("arrived", "2026-03-04 06:00")

    await case.at("2026-03-05 19:00")

    (change,) = case.consequences.changes
    assert (change.before, change.after) == (Condition.normal, Condition.at_risk)
    assert change.tells_outlet
    assert change.holding_outlet == "GZ001"
    assert any(rule.startswith("leg_warning.") for rule in change.because)


async def test_past_the_promise_it_is_a_problem_and_the_system_opens_one_ticket(case):
    await case.ship()
    await case.at("2026-03-05 20:01")
    await case.at("2026-03-06 20:00")
    await case.at("2026-03-07 20:00")

    assert await case.condition() is Condition.problem
    assert case.consequences.opened == [(NUMBER, "overdue")]
    assert (await case.state()).open_tickets == 1


async def test_delivery_returns_it_to_normal_and_takes_the_ticket_of_the_rule_back(case):
    await case.ship()
    await case.at("2026-03-05 20:01")

    await case.scan("out_for_delivery", "2026-03-05 19:30")
    await case.scan("delivered", "2026-03-05 19:50")

    assert await case.condition() is Condition.normal
    assert case.consequences.closed == [NUMBER]


async def test_a_ticket_makes_it_a_problem_and_its_review_returns_it_to_normal_for_a_day(case):
    await case.ship()
    await case.scan("arrived", "2026-03-04 06:00")
    await case.do("tickets_changed", open_tickets=1, settled=False)
    opened = await case.condition()
    await case.at("2026-03-06 10:00")

    await case.do("tickets_changed", open_tickets=0, settled=True)
    reviewed = await case.condition()
    await case.at("2026-03-07 10:01")

    assert (opened, reviewed) == (Condition.problem, Condition.normal)
    assert await case.condition() is Condition.problem, "it is late and nobody has brought it"


async def test_an_agreed_date_is_the_new_promise(case):
    await case.ship()
    await case.do("agreed", "date_agreed", "周六再送")

    await case.at("2026-03-06 12:00")
    before = await case.condition()
    await case.at("2026-03-07 20:01")

    assert before is not Condition.problem
    assert await case.condition() is Condition.problem


async def test_a_locker_against_the_consignees_wish_is_a_risk(case):
    await case.ship()
    await case.do("consented", to_station=False)
    await case.scan("at_station", "2026-03-04 09:00")

    assert await case.condition() is Condition.at_risk


async def test_a_signature_without_a_delivery_scan_is_a_risk_for_three_days(case):
    await case.ship()
    await case.scan("delivered", "2026-03-04 09:00")
    signed = await case.condition()

    await case.at("2026-03-07 09:01")
    later = await case.condition()
    await case.at("2026-03-12 09:00")

    assert (signed, later) == (Condition.at_risk, Condition.normal)
    assert (await case.state()).next_check_at is None, "nothing can happen to it any more"


async def test_every_change_is_kept_with_what_made_the_system_look(case):
    await case.ship()
    await case.at("2026-03-05 20:01")
    await case.scan("out_for_delivery", "2026-03-05 19:30")
    await case.scan("delivered", "2026-03-05 19:50")

    history = await case.history()

    assert history[0][:2] != history[-1][:2]
    assert [after for _, after, _ in history][-1] == "normal"
    assert {"sweep", "ticket"} <= {trigger for _, _, trigger in history}


async def test_a_sweep_does_not_write_over_what_changed_meanwhile(case):
    await case.ship()
    async with case.database.transaction() as session:
        await session.execute(text("UPDATE waybill_states SET version = version + 1, next_check_at = '2026-01-01'"))
    stale = await case.state()
    case.clock.now += timedelta(days=5)
    await case.sweep.run()

    assert (await case.state()).version >= stale.version
    assert await case.condition() is Condition.problem


EVENTS = st.lists(
    st.tuples(
        st.sampled_from(
            ["picked_up", "departed", "arrived", "out_for_delivery", "delivery_failed", "delivered", "refused"]
        ),
        st.integers(1, 23),
        st.sampled_from(["HZ001", "GZC", "GZ001"]),
    ),
    min_size=1,
    max_size=8,
)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(events=EVENTS, data=st.data())
async def test_any_order_and_repetition_of_scans_gives_the_same_state(case, events, data):
    repeated = [*events, *data.draw(st.lists(st.sampled_from(events), max_size=4))]
    together = await state_after(case, [events])
    one_by_one = await state_after(case, [[event] for event in data.draw(st.permutations(repeated))])

    assert one_by_one == together


async def state_after(case, arrivals):
    """The state of a new waybill after scans came in these portions."""
    async with case.database.transaction() as session:
        await session.execute(text("TRUNCATE waybills, waybill_states, checkpoints, condition_changes"))
    await case.ship()
    for portion in arrivals:
        rows = [checkpoint(kind, f"2026-03-03 {hour:02d}:00", outlet_code=outlet) for kind, hour, outlet in portion]
        await case.importer.checkpoints(rows_of_json(rows))
    state = await case.state()
    kept = ("status", "leg", "leg_since", "last_at", "condition", "because", "next_check_at", "loops", "delivered_at")
    return {name: getattr(state, name) for name in kept}


def _other_program(case, clock, book):
    """The same platform with other rules, as after an update or a publication."""
    conditions = Conditions(lambda: book, clock, case.consequences)
    return Sweep(case.database, clock, conditions, Intake(conditions, lambda: book, NoMap(), clock))


def _warned_at_once(version):
    book = shipped_rules()
    rows = book.table("leg_warning").rows
    at_once = tuple(replace(row, then={**row.then, "warn_after_hours": 0}) for row in rows)
    return RuleBook(version, {**book.tables, "leg_warning": book.table("leg_warning").with_rows(at_once)})


async def test_tables_that_a_new_program_brings_are_noticed_although_their_version_is_the_same(case, clock):
    await case.ship()
    await case.scan("arrived", "2026-03-04 06:00")
    before = await case.condition()

    done = await _other_program(case, clock, _warned_at_once(0)).run()

    assert before is Condition.normal
    assert (done.seen, done.changed) == (1, 1)
    assert await case.condition() is Condition.at_risk


async def test_tables_taken_back_are_noticed_as_well_and_the_same_ones_published_again_are_not(case, clock):
    await case.ship()
    await case.scan("arrived", "2026-03-04 06:00")
    await _other_program(case, clock, _warned_at_once(1)).run()

    back = await _other_program(case, clock, shipped_rules()).run()
    again = await _other_program(case, clock, RuleBook(3, shipped_rules().tables)).run()

    assert (back.seen, back.changed, again.seen) == (1, 1, 0)
    assert await case.condition() is Condition.normal


async def test_what_an_older_program_still_judged_is_found_within_the_hour(case, clock):
    await case.ship()
    await case.scan("arrived", "2026-03-04 06:00")
    new = _other_program(case, clock, _warned_at_once(0))
    await new.run()
    await new.run()
    await case.scan("departed", "2026-03-04 09:00", outlet_code="GZC")

    unseen = await new.run()
    clock.now += timedelta(hours=1)
    found = await new.run()

    assert (unseen.seen, found.seen) == (0, 1)


async def test_changed_rules_can_be_tried_on_the_waybills_on_their_way(case, clock):
    await case.ship()
    await case.scan("arrived", "2026-03-04 06:00")
    book = shipped_rules()
    live = LiveWaybills(case.database, clock, shipped_rules)

    found = [cases async for cases in live.cases(book.table("risk"))]
    others = [cases async for cases in live.cases(book.table("liability"))]

    assert [list(cases.subjects) for cases in found] == [[NUMBER]]
    assert found[0].columns["leg"].tolist() == ["last_mile"]
    assert others == []
