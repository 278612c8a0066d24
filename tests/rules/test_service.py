import asyncio
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from bot.errors import AccessRefusedError, NotFoundError, RefusedError, RulesChangedError, RulesRefusedError
from bot.rules.checks import known_elsewhere
from bot.rules.problems import Draft
from bot.rules.service import RuleService
from bot.rules.status import status_lines
from bot.staff.model import SYSTEM, Actor, Role
from tests.rules.builders import ADMIN, facts, make_book, make_table

LONG = {"id": "long", "when": {"hours": ">= 48"}, "then": {"minutes": 90}}
REST = {"id": "rest"}
SHIPPED = make_book(make_table(LONG, REST), make_table(REST, name="other"), version=0)
SHORTER = LONG | {"then": {"minutes": 60}}


def draft(*rows, **more) -> Draft:
    return Draft(dict(SHIPPED.tables) | {"sample": make_table(*rows)} | more)


@pytest.fixture
def make_service(database, clock):
    def make(shipped=SHIPPED, checks=()):
        return RuleService(database, clock, shipped=shipped, checks=checks)

    return make


@pytest.fixture
def service(make_service):
    return make_service()


@asynccontextmanager
async def running(service):
    await service.start()
    try:
        yield service
    finally:
        await service.stop()


async def wait_for(condition) -> None:
    async with asyncio.timeout(30):
        while not condition():
            await asyncio.sleep(0.01)


def minutes(service) -> float:
    return service.book().decide("sample", facts(hours=50)).number("minutes")


async def test_before_the_first_publication_the_shipped_tables_are_version_0(service):
    async with running(service):
        assert service.book() is SHIPPED
        assert await service.history() == []
        assert (await service.status()).publication is None


async def test_a_publication_is_a_new_version_of_all_tables(service, clock):
    published = await service.publish(draft(SHORTER, REST), ADMIN, " 客诉多 ", 0)

    assert (published.version, published.actor, published.why, published.based_on) == (1, "admin:zhao", "客诉多", 0)
    assert published.published_at == clock()
    assert minutes(service) == 60
    assert service.book().version == 1
    assert set(service.book().tables) == {"sample", "other"}
    assert service.book().decide("other", facts()).because == ("other.rest@v1",)


async def test_another_process_follows(make_service):
    async with running(make_service()) as one, running(make_service()) as two:
        await one.publish(draft(SHORTER, REST), ADMIN, "x", 0)
        await wait_for(lambda: two.book().version == 1)
        assert minutes(two) == 60
        await two.roll_back(0, ADMIN, "y")
        await wait_for(lambda: one.book().version == 2)
        assert minutes(one) == 90


async def test_a_listener_that_lost_its_connection_catches_up(make_service, database):
    async with running(make_service()) as service:
        await service.publish(draft(SHORTER, REST), ADMIN, "x", 0)
        listening = "SELECT count(*) FROM pg_stat_activity WHERE query = 'LISTEN rule_versions'"
        async with asyncio.timeout(30):
            while True:
                async with database.transaction() as session:
                    if await session.scalar(text(listening)):
                        break
                await asyncio.sleep(0.01)
        async with database.transaction() as session:
            await session.execute(text(listening.replace("count(*)", "pg_terminate_backend(pid)")))
        await make_service().publish(draft(LONG | {"then": {"minutes": 5}}, REST), ADMIN, "z", 1)
        await wait_for(lambda: minutes(service) == 5)


async def test_a_process_that_starts_later_takes_the_version_in_force(service, make_service):
    await service.publish(draft(SHORTER, REST), ADMIN, "x", 0)

    async with running(make_service()) as later:
        assert minutes(later) == 60


async def test_only_an_administrator_publishes_and_says_why(service):
    for actor in (SYSTEM, Actor("supervisor:li", Role.supervisor), Actor("trainer:wu", Role.trainer)):
        with pytest.raises(AccessRefusedError, match="管理员"):
            await service.publish(draft(SHORTER, REST), actor, "x", 0)
        with pytest.raises(AccessRefusedError, match="管理员"):
            await service.roll_back(0, actor, "x")
    with pytest.raises(RefusedError, match="原因"):
        await service.publish(draft(SHORTER, REST), ADMIN, "  ", 0)
    assert service.book() is SHIPPED


async def test_who_edited_an_old_version_is_told_who_published_since(service):
    await service.publish(draft(SHORTER, REST), ADMIN, "x", 0)

    with pytest.raises(RulesChangedError, match="admin:zhao 已于 03-04 10:00 发布第 1 版，而修改基于第 0 版"):
        await service.publish(draft(LONG | {"then": {"minutes": 5}}, REST), ADMIN, "y", 0)
    with pytest.raises(RulesChangedError):
        await service.roll_back(0, ADMIN, "y", based_on=0)
    assert minutes(service) == 60


async def test_a_version_that_never_was_is_no_base(service):
    with pytest.raises(RulesChangedError, match="第 3 版"):
        await service.publish(draft(SHORTER, REST), ADMIN, "x", 3)


async def test_of_two_who_publish_at_once_one_is_refused(make_service):
    services = [make_service(), make_service()]
    drafts = [draft(LONG | {"then": {"minutes": number}}, REST) for number in (5, 6)]
    done = await asyncio.gather(
        *(service.publish(one, ADMIN, "x", 0) for service, one in zip(services, drafts, strict=True)),
        return_exceptions=True,
    )

    assert sorted(type(one).__name__ for one in done) == ["Publication", "RulesChangedError"]
    assert len(await services[0].history()) == 1


async def test_nothing_changed_is_nothing_to_publish(service):
    with pytest.raises(RefusedError, match="没有需要发布的修改"):
        await service.publish(draft(LONG, REST), ADMIN, "x", 0)


async def test_problems_are_refused_all_at_once(make_service):
    service = make_service(checks=[known_elsewhere("sample", "verdict", "other", "place")])
    bad = Draft({"sample": make_table({"id": "Big"}, {"id": "rest"})})

    with pytest.raises(RulesRefusedError) as refused:
        await service.publish(bad, ADMIN, "x", 0)
    assert [problem.split("：")[-1] for problem in refused.value.problems] == [
        "缺少表 other（样表）",
        "行号只能用小写字母、数字和下划线，以字母开头",
        "前面的行 Big 已包括它",
    ]


async def test_further_checks_are_asked(make_service):
    service = make_service(checks=[known_elsewhere("sample", "verdict", "other", "place")])

    with pytest.raises(RulesRefusedError, match="“ok”在表 other 的 place 列里没有"):
        await service.publish(draft(SHORTER, REST), ADMIN, "x", 0)


async def test_a_roll_back_publishes_the_old_content_again(service, clock):
    await service.publish(draft(SHORTER, REST), ADMIN, "one", 0)
    clock.advance(timedelta(hours=1))
    await service.publish(draft(REST), ADMIN, "two", 1)
    published = await service.roll_back(1, ADMIN, "two was wrong")

    assert (published.version, published.restores, published.based_on) == (3, 1, 2)
    assert minutes(service) == 60
    assert [one.version for one in await service.history()] == [3, 2, 1]
    assert [one.version for one in await service.history(before=3, limit=1)] == [2]


async def test_what_is_in_force_or_never_was_is_not_rolled_back_to(service):
    await service.publish(draft(SHORTER, REST), ADMIN, "x", 0)

    with pytest.raises(RefusedError, match="就是当前版本"):
        await service.roll_back(1, ADMIN, "x")
    with pytest.raises(NotFoundError, match="第 9 版"):
        await service.roll_back(9, ADMIN, "x")


@pytest.mark.parametrize("change", ["UPDATE rule_versions SET why = 'x'", "DELETE FROM rule_versions"])
async def test_a_published_version_is_never_changed_or_deleted(service, database, change):
    await service.publish(draft(SHORTER, REST), ADMIN, "x", 0)

    with pytest.raises(DBAPIError, match="never changed or deleted"):
        async with database.transaction() as session:
            await session.execute(text(change))


async def test_differences_between_versions_and_of_a_draft(service):
    await service.publish(draft(SHORTER, REST), ADMIN, "x", 0)

    assert [str(one) for one in await service.difference(0, 1)] == ["表 sample 行 long 列 minutes：90 → 60"]
    assert [str(one) for one in service.difference_of(draft(LONG, REST))] == ["表 sample 行 long 列 minutes：60 → 90"]
    with pytest.raises(NotFoundError):
        await service.difference(1, 2)


async def test_without_a_publication_new_shipped_tables_are_simply_used(make_service):
    newer = make_book(make_table(SHORTER, REST), make_table(REST, name="other"), version=0)

    assert minutes(make_service(newer)) == 60
    assert (await make_service(newer).status()).changed == ()


async def test_after_a_publication_new_shipped_tables_are_told_and_not_used(service, make_service):
    await service.publish(draft(SHORTER, REST), ADMIN, "x", 0)
    newer = make_service(
        make_book(make_table(LONG | {"then": {"minutes": 7}}, REST), make_table(REST, name="other"), version=0)
    )
    await newer.refresh()
    status = await newer.status()

    assert minutes(newer) == 60
    assert status.changed == ("sample",)
    assert list(status_lines(status))[-1] == "程序提供的这些表在发布之后有改动，请比对：sample"


async def test_a_table_that_the_program_got_later_is_its_own_until_the_next_publication(service, make_service):
    await service.publish(draft(SHORTER, REST), ADMIN, "x", 0)
    newer = make_service(make_book(*SHIPPED.tables.values(), make_table(REST, name="third"), version=0))
    await newer.refresh()

    assert newer.book().decide("third", facts()).because == ("third.rest@v0",)
    assert newer.book().decide("sample", facts()).because == ("sample.rest@v1",)
    assert (await newer.status()).own == ("third",)
    assert list(status_lines(await newer.status()))[-1].endswith("暂用程序提供的：third")


async def test_a_published_table_that_no_longer_fits_the_program_gives_way_to_the_shipped_one(service, make_service):
    await service.publish(draft(SHORTER, REST), ADMIN, "x", 0)
    sample = SHIPPED.table("sample")
    without_hours = type(sample)("sample", "样表", sample.hit, sample.inputs[1:], sample.outputs, (sample.rows[-1],))
    newer = make_service(make_book(without_hours, SHIPPED.table("other"), version=0))
    await newer.refresh()

    assert newer.book().decide("sample", facts()).because == ("sample.rest@v0",)
    assert newer.book().decide("other", facts()).because == ("other.rest@v1",)


async def test_a_version_that_no_longer_fits_is_not_rolled_back_to(service, make_service):
    await service.publish(draft(SHORTER, REST), ADMIN, "x", 0)
    await service.publish(draft(LONG | {"when": {"place": "杭州"}}, REST), ADMIN, "x", 1)
    sample = SHIPPED.table("sample")
    without_hours = type(sample)("sample", "样表", sample.hit, sample.inputs[1:], sample.outputs, (sample.rows[-1],))
    newer = make_service(make_book(without_hours, SHIPPED.table("other"), version=0))

    with pytest.raises(RulesRefusedError, match="第 1 版 表 sample 行 long 列 hours：没有这一列"):
        await newer.roll_back(1, ADMIN, "x")


async def test_a_draft_is_tried_on_recorded_decisions(service, database, clock):
    from bot.rules.records import record

    async with database.transaction() as session:
        record(session, service.book().decide("sample", facts(hours=50)), "GD1", clock())
    run = await service.dry_run(draft(SHORTER, REST), "sample")

    assert (run.total, run.changed) == (1, 1)
    assert run.examples[0].because_after == ("sample.long@v1",)


async def test_a_draft_with_problems_is_not_tried(service):
    with pytest.raises(RulesRefusedError):
        await service.dry_run(draft(REST, LONG), "sample")


async def test_stopping_without_starting_does_no_harm(service):
    await service.stop()


async def test_the_shipped_tables_can_be_published_and_read_back(database, clock):
    from bot.rules.shipped import shipped_rules

    service = RuleService(database, clock)
    tables = dict(shipped_rules().tables)
    deadlines = tables["deadlines"]
    rows = (
        *deadlines.rows[:-1],
        type(deadlines.rows[-1])("normal", {}, deadlines.rows[-1].then | {"solve_minutes": 300}),
    )
    await service.publish(Draft(tables | {"deadlines": deadlines.with_rows(rows)}), ADMIN, "x", 0)

    published = (await service.version(1)).tables
    assert published["deadlines"].rows == rows
    assert {name: table for name, table in published.items() if name != "deadlines"} == {
        name: table for name, table in tables.items() if name != "deadlines"
    }
