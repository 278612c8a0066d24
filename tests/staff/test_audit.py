"""Every change leaves a line that nobody rewrites."""

import csv
import inspect
import io
from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError

from bot.db import Database
from bot.desk.service import AgentService, Person
from bot.errors import BadQueryError, LoginRefusedError
from bot.staff.audit import Filter, place_of, record
from bot.staff.model import Role
from bot.staff.people import Caller
from bot.staff.schemas import AccountChange, NewAccount
from bot.staff.tables import AuditEntry
from bot.staff.words import staff_words
from tests.conftest import FrozenClock
from tests.desk.builders import PASSWORD
from tests.staff.conftest import BOSS, Browser
from tests.staff.test_second_factor import Phone, half, turn_on

NEW = "another good horse"
READS = {
    "accounts": {"get", "search", "count"},
    "sessions": {"of_token", "is_open", "open_among", "of_person", "open"},
    "login": {"setup_of", "authenticate"},
    "own": {"owner_of", "second_factor_needed", "recovery_codes_left"},
    "tokens": {"of_person", "actor_of"},
    "teams": {"all", "get", "of_person"},
    "trail": {"entries"},
}
"""What changes nothing; ``sessions.open`` is part of a login, ``authenticate`` writes down what it refuses."""

Change = Callable[[AgentService, FrozenClock], Awaitable[object]]


async def end_session(agents: AgentService, _: FrozenClock) -> None:
    await agents.log_in("lina", PASSWORD)
    (one,) = await agents.sessions.of_person("lina")
    await agents.sessions.end("lina", one.id, by=BOSS)


async def log_out(agents: AgentService, _: FrozenClock) -> None:
    await agents.sessions.log_out((await agents.log_in("lina", PASSWORD))[1])


async def enter_halfway(agents: AgentService, clock: FrozenClock) -> None:
    await turn_on(agents, clock)
    await half(agents)


async def finish(agents: AgentService, clock: FrozenClock) -> None:
    phone, _ = await turn_on(agents, clock)
    await agents.login.finish(await half(agents), phone.code())


async def finish_by_recovery(agents: AgentService, clock: FrozenClock) -> None:
    _, codes = await turn_on(agents, clock)
    await agents.login.finish(await half(agents), codes[0])


async def reset(agents: AgentService, _: FrozenClock) -> None:
    await agents.own.reset_password((await agents.own.make_link("lina", by=BOSS)).token, NEW)


async def renew_codes(agents: AgentService, clock: FrozenClock) -> None:
    await turn_on(agents, clock)
    await agents.own.new_recovery_codes("lina", PASSWORD, by=BOSS)


async def turn_off(agents: AgentService, clock: FrozenClock) -> None:
    await turn_on(agents, clock)
    await agents.own.turn_off_second_factor("lina", PASSWORD, by=BOSS)


async def take_away(agents: AgentService, clock: FrozenClock) -> None:
    await turn_on(agents, clock)
    await agents.own.take_second_factor("lina", by=BOSS)


async def make_token(agents: AgentService) -> object:
    owner = await agents.authenticate("lina", PASSWORD)
    return (await agents.tokens.create(owner, "报表", role=Role.agent, days=9, by=BOSS))[0]


async def end_token(agents: AgentService, _: FrozenClock) -> None:
    row = await make_token(agents)
    await agents.tokens.end("lina", row.id, by=BOSS)  # type: ignore[attr-defined]  # a row


async def with_team(agents: AgentService, then: Callable[[], Awaitable[object]]) -> None:
    await agents.teams.create("claims", "理赔组", by=BOSS)
    await then()


CHANGES: dict[str, tuple[str, Change]] = {
    "accounts.create": (
        "account.created",
        lambda a, _: a.accounts.create(NewAccount(username="x", name="某"), by=BOSS),
    ),
    "accounts.change": ("account.changed", lambda a, _: a.accounts.change("lina", AccountChange(capacity=9), by=BOSS)),
    "accounts.set_active": ("account.closed", lambda a, _: a.accounts.set_active("lina", active=False, by=BOSS)),
    "accounts.unlock": ("account.unlocked", lambda a, _: a.accounts.unlock("lina", by=BOSS)),
    "sessions.end": ("session.ended", end_session),
    "sessions.end_others": ("session.ended", lambda a, _: a.sessions.end_others("lina", but=None, by=BOSS)),
    "sessions.log_out": ("logout", log_out),
    "login.enter": ("login", lambda a, _: a.login.enter("lina", PASSWORD)),
    "login.enter halfway": ("login.half", enter_halfway),
    "login.finish": ("login", finish),
    "login.finish recovered": ("second_factor.recovered", finish_by_recovery),
    "own.change_password": (
        "password.changed",
        lambda a, _: a.own.change_password("lina", PASSWORD, NEW, keeping=None, by=BOSS),
    ),
    "own.make_link": ("password.link", lambda a, _: a.own.make_link("lina", by=BOSS)),
    "own.reset_password": ("password.reset", reset),
    "own.confirm_second_factor": ("second_factor.on", turn_on),
    "own.new_recovery_codes": ("second_factor.codes", renew_codes),
    "own.turn_off_second_factor": ("second_factor.off", turn_off),
    "own.take_second_factor": ("second_factor.off", take_away),
    "tokens.create": ("token.created", lambda a, _: make_token(a)),
    "tokens.end": ("token.ended", end_token),
    "teams.create": ("team.created", lambda a, _: a.teams.create("claims", "理赔组", by=BOSS)),
    "teams.change": (
        "team.changed",
        lambda a, _: with_team(a, lambda: a.teams.change("claims", label="赔付组", by=BOSS)),
    ),
    "teams.set_members": (
        "team.changed",
        lambda a, _: with_team(a, lambda: a.teams.set_members("claims", ["lina"], by=BOSS)),
    ),
    "teams.delete": ("team.deleted", lambda a, _: with_team(a, lambda: a.teams.delete("claims", by=BOSS))),
    "trail.exported": ("audit.exported", lambda a, _: a.trail.exported(Filter(), BOSS)),
}


async def kept(agents: AgentService, **wanted: str) -> list[AuditEntry]:
    return await agents.trail.entries(Filter(**wanted))


@pytest.mark.parametrize("name", CHANGES)
async def test_every_change_leaves_a_line(name: str, agents: AgentService, lina: Person, clock: FrozenClock):
    what, change = CHANGES[name]
    before = len(await kept(agents, what=what))
    await change(agents, clock)
    assert len([one for one in await kept(agents, what=what) if one.what == what]) == before + 1


def test_no_method_that_changes_something_is_left_out(agents: AgentService):
    tried = {name.split(" ")[0] for name in CHANGES}
    methods = {
        f"{part}.{name}"
        for part, reads in READS.items()
        for name, _ in inspect.getmembers(getattr(agents, part), inspect.iscoroutinefunction)
        if not name.startswith("_") and name not in reads
    }
    assert methods == tried


def test_everything_that_is_kept_has_a_chinese_name():
    assert {what for what, _ in CHANGES.values()} <= set(staff_words().audit)


async def test_a_change_says_who_whom_what_and_from_where(agents: AgentService, lina: Person):
    await agents.accounts.change("lina", AccountChange(role=Role.trainer, name="李小娜"), by=BOSS)
    (entry,) = await kept(agents, what="account.changed")
    assert (entry.who, entry.about, entry.address) == ("boss", "lina", "203.0.113.0/24")
    assert entry.details == {"role": "trainer", "name": "李小娜"}


async def test_no_secret_is_kept(agents: AgentService, lina: Person, clock: FrozenClock):
    begun = agents.own.begin_second_factor("lina")
    codes = await agents.own.confirm_second_factor(
        "lina", PASSWORD, begun.locked, Phone(begun.setup.secret, clock).code(), keeping=None, by=lina.actor
    )
    link = await agents.own.make_link("lina", by=BOSS)
    _, token = await agents.tokens.create(lina, "报表", role=Role.agent, days=9, by=lina.actor)
    with pytest.raises(LoginRefusedError):
        await agents.authenticate("a-password-typed-as-name", "x", caller=Caller("203.0.113.77"))
    written = str([vars(entry) for entry in await kept(agents)])
    for secret in (PASSWORD, begun.setup.secret, codes[0], link.token, token, "a-password-typed", "203.0.113.77"):
        assert secret not in written


@pytest.mark.parametrize("change", ["UPDATE desk_audit SET who = 'nobody'", "DELETE FROM desk_audit"])
async def test_the_database_refuses_to_rewrite_it(agents: AgentService, boss: Person, database: Database, change: str):
    with pytest.raises(DBAPIError, match="append-only"):
        async with database.transaction() as session:
            await session.execute(text(change))


async def test_it_is_filtered_and_paged(agents: AgentService, lina: Person, clock: FrozenClock, database: Database):
    begun = clock()
    async with database.transaction() as session:
        for n in range(5):
            record(session, "waybill.viewed", who="agent:lina", at=begun + timedelta(minutes=n), why=str(n))
            record(session, "waybill.viewedly", who="zhou", at=begun + timedelta(minutes=n))
    seen = Filter(who="lina", what="waybill", since=begun + timedelta(minutes=1))
    first = await agents.trail.entries(seen, limit=3)
    rest = await agents.trail.entries(seen, before=place_of(first[-1]), limit=3)
    assert [entry.why for entry in (*first, *rest)] == ["4", "3", "2", "1"]
    assert await agents.trail.entries(Filter(what="waybill.view")) == []


@pytest.mark.parametrize("cursor", ["x", "W10=", "bnVsbA==", "é"])
async def test_a_place_that_is_none_is_a_bad_query(agents: AgentService, cursor: str):
    with pytest.raises(BadQueryError):
        await agents.trail.entries(Filter(), before=cursor)


async def test_the_file_runs_nothing_in_a_spreadsheet_and_is_itself_kept(
    agents: AgentService, boss: Person, browser: Browser, database: Database, clock: FrozenClock
):
    async with database.transaction() as session:
        record(session, "waybill.viewed", who="=HYPERLINK()", at=clock(), why="@SUM(1)")
    client = await browser("boss")
    answer = await client.get("/api/v1/audit.csv", params={"what": "waybill"})
    (_, line) = list(csv.reader(io.StringIO(answer.text.removeprefix("\ufeff"))))
    assert (line[1], line[5]) == ("'=HYPERLINK()", "'@SUM(1)")
    (taken,) = await kept(agents, what="audit.exported")
    assert (taken.who, taken.details) == ("boss", {"wanted": {"what": "waybill"}})


async def test_every_page_of_a_file_is_there_once(agents: AgentService, boss: Person, database: Database, clock):
    async with database.transaction() as session:
        for n in range(1203):
            record(session, "waybill.viewed", who="lina", at=clock() + timedelta(seconds=n // 7), why=str(n))
    found = [entry.why async for entry in agents.trail.every(Filter(what="waybill"), most=5000)]
    async with database.transaction() as session:
        total = await session.scalar(select(func.count()).where(AuditEntry.what == "waybill.viewed"))
    assert len(found) == len(set(found)) == total
