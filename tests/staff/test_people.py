"""Accounts, teams, sessions and tokens of people."""

import asyncio
from datetime import timedelta

import pytest

from bot.db import Database
from bot.desk.service import AgentService, Person
from bot.errors import AccountExistsError, NotFoundError, RefusedError
from bot.staff.accounts import Wanted
from bot.staff.model import Actor, Role
from bot.staff.people import Caller
from bot.staff.schemas import AccountChange, NewAccount
from tests.conftest import FrozenClock
from tests.desk.builders import PASSWORD
from tests.staff.conftest import BOSS


@pytest.mark.parametrize(
    "username", ["", "system", "Bot", "agent:lina", "a b", "<b>", "x" * 65, "-lina", "li/na", "娜"]
)
async def test_names_that_mean_something_else_are_refused(agents: AgentService, username: str):
    wanted = NewAccount.model_construct(**NewAccount(username="x", name="某人").__dict__ | {"username": username})
    with pytest.raises(RefusedError):
        await agents.accounts.create(wanted)


async def test_names_that_differ_in_case_only_are_one(agents: AgentService, lina: Person):
    with pytest.raises(AccountExistsError):
        await agents.create("LINA", "另一个", PASSWORD, Role.agent)


async def test_an_email_belongs_to_one(agents: AgentService, lina: Person):
    await agents.accounts.change("lina", AccountChange(email="Li.Na@Example.com"), by=BOSS)
    assert (await agents.accounts.get("lina")).email == "li.na@example.com"
    with pytest.raises(AccountExistsError):
        await agents.accounts.change("boss", AccountChange(email="li.na@example.com"), by=BOSS)


async def test_an_account_without_a_password_lets_nobody_in(agents: AgentService):
    await agents.accounts.create(NewAccount(username="zhou", name="周强"), by=BOSS)
    for password in ("", "anything at all"):
        with pytest.raises(RefusedError):
            await agents.log_in("zhou", password)


@pytest.mark.parametrize("change", [{"role": Role.trainer}, {"unit": "HZ001"}, {"province": "浙江省"}])
async def test_another_role_or_workplace_ends_the_sessions(agents: AgentService, lina: Person, change: dict):
    _, token = await agents.log_in("lina", PASSWORD)
    await agents.accounts.change("lina", AccountChange(**change), by=BOSS)
    assert await agents.of_session(token) is None


async def test_another_name_or_capacity_does_not(agents: AgentService, lina: Person):
    _, token = await agents.log_in("lina", PASSWORD)
    changed = await agents.accounts.change("lina", AccountChange(name="李小娜", capacity=8, skills=("英语",)), by=BOSS)
    assert (changed.name, changed.capacity, changed.skills) == ("李小娜", 8, ("英语",))
    assert await agents.of_session(token) is not None


async def test_what_is_left_out_stays_and_null_empties(agents: AgentService, lina: Person):
    await agents.accounts.change("lina", AccountChange(email="a@b.cn", capacity=9), by=BOSS)
    changed = await agents.accounts.change("lina", AccountChange(email=None, capacity=None), by=BOSS)
    assert (changed.email, changed.capacity, changed.name) == (None, 9, "李娜")


async def test_the_last_administrator_stays(agents: AgentService, boss: Person):
    with pytest.raises(RefusedError):
        await agents.accounts.change("boss", AccountChange(role=Role.agent), by=Actor("api", Role.admin))
    with pytest.raises(RefusedError):
        await agents.accounts.set_active("boss", active=False, by=Actor("api", Role.admin))


async def test_of_two_administrators_who_leave_at_once_one_stays(agents: AgentService, boss: Person):
    await agents.create("chief", "另一位", PASSWORD, Role.admin)
    leaving = (
        agents.accounts.change("boss", AccountChange(role=Role.agent), by=BOSS),
        agents.accounts.change("chief", AccountChange(role=Role.agent), by=BOSS),
    )
    results = await asyncio.gather(*leaving, return_exceptions=True)
    assert sum(isinstance(one, Exception) for one in results) == 1
    assert await agents.accounts.count(Wanted(role=Role.admin, active=True)) == 1


async def test_nobody_closes_the_own_account(agents: AgentService, boss: Person):
    await agents.create("chief", "另一位", PASSWORD, Role.admin)
    with pytest.raises(RefusedError):
        await agents.accounts.set_active("boss", active=False, by=BOSS)


async def test_people_are_found_and_paged(agents: AgentService, lina: Person):
    for n in range(5):
        await agents.create(f"hz{n}", "网点", PASSWORD, Role.outlet_agent, unit=f"HZ00{n}")
    found = await agents.accounts.search(Wanted("hz00"), limit=3)
    rest = await agents.accounts.search(Wanted("hz00"), after=found[-1].username, limit=3)
    assert [one.username for one in (*found, *rest)] == ["hz0", "hz1", "hz2", "hz3", "hz4"]
    assert [one.username for one in await agents.accounts.search(Wanted("%"))] == []
    assert [one.username for one in await agents.accounts.search(Wanted("李"))] == ["lina"]
    assert await agents.accounts.count(Wanted(role=Role.outlet_agent)) == 5


# -- teams ---------------------------------------------------------------------------------------


async def test_a_team_has_skills_and_people(agents: AgentService, lina: Person):
    await agents.teams.create("claims", "理赔组", purpose="理赔", skills=["apply_claim", " ", "apply_claim"], by=BOSS)
    team = await agents.teams.set_members("claims", ["lina", "boss"], by=BOSS)
    assert (team.skills, team.members) == (("apply_claim",), ("boss", "lina"))
    assert await agents.teams.of_person("lina") == ["claims"]
    assert (await agents.accounts.get("lina")).teams == ("claims",)


async def test_teams_are_given_with_the_account_too(agents: AgentService, lina: Person):
    for name in ("claims", "vip"):
        await agents.teams.create(name, name, by=BOSS)
    await agents.accounts.change("lina", AccountChange(teams=("claims", "vip")), by=BOSS)
    changed = await agents.accounts.change("lina", AccountChange(teams=("vip",)), by=BOSS)
    assert changed.teams == ("vip",)


async def test_unknown_people_and_teams_are_refused(agents: AgentService, lina: Person):
    await agents.teams.create("claims", "理赔组", by=BOSS)
    with pytest.raises(NotFoundError):
        await agents.teams.set_members("claims", ["nobody"], by=BOSS)
    with pytest.raises(NotFoundError):
        await agents.accounts.change("lina", AccountChange(teams=("nothing",)), by=BOSS)
    with pytest.raises(AccountExistsError):
        await agents.teams.create("claims", "又一个", by=BOSS)
    with pytest.raises(RefusedError):
        await agents.teams.create("Claims!", "理赔组", by=BOSS)


async def test_a_dissolved_team_leaves_its_people(agents: AgentService, lina: Person):
    await agents.teams.create("claims", "理赔组", by=BOSS)
    await agents.teams.set_members("claims", ["lina"], by=BOSS)
    await agents.teams.delete("claims", by=BOSS)
    assert (await agents.accounts.get("lina")).teams == ()


# -- sessions ------------------------------------------------------------------------------------


async def test_sessions_are_listed_with_where_they_began_and_ended_one_by_one(
    agents: AgentService, lina: Person, clock: FrozenClock
):
    _, here = await agents.log_in("lina", PASSWORD, caller=Caller("203.0.113.77", "Firefox"))
    clock.advance(timedelta(minutes=5))
    _, there = await agents.log_in("lina", PASSWORD, caller=Caller("2001:db8:9:8::1", "Chrome"))

    listed = await agents.sessions.of_person("lina", asking=here)
    assert [(one.address, one.device, one.is_this) for one in listed] == [
        ("2001:db8:9::/48", "Chrome", False),
        ("203.0.113.0/24", "Firefox", True),
    ]
    await agents.sessions.end("lina", listed[0].id, by=lina.actor)
    assert await agents.of_session(there) is None
    assert await agents.of_session(here) == lina


async def test_nobody_ends_anothers_session_as_the_own(agents: AgentService, lina: Person):
    await agents.log_in("boss", PASSWORD)
    (of_boss,) = await agents.sessions.of_person("boss")
    with pytest.raises(NotFoundError):
        await agents.sessions.end("lina", of_boss.id, by=lina.actor)


async def test_asking_whether_a_session_is_open_does_not_keep_it_alive(
    agents: AgentService, lina: Person, clock: FrozenClock
):
    _, token = await agents.log_in("lina", PASSWORD)
    for _ in range(4):
        assert await agents.sessions.is_open(token)
        clock.advance(timedelta(minutes=30))
    assert not await agents.sessions.is_open(token)


async def test_a_token_planted_before_the_login_is_worth_nothing_after(agents: AgentService, lina: Person):
    _, first = await agents.log_in("lina", PASSWORD)
    _, second = await agents.log_in("lina", PASSWORD, replacing=first)
    assert first != second
    assert await agents.of_session(first) is None


# -- tokens --------------------------------------------------------------------------------------


async def test_a_token_acts_for_its_owner_until_it_ends(agents: AgentService, lina: Person, clock: FrozenClock):
    row, token = await agents.tokens.create(lina, "报表", role=Role.agent, days=30, by=lina.actor)
    assert await agents.tokens.actor_of(token) == lina.actor
    clock.advance(timedelta(days=30))
    assert await agents.tokens.actor_of(token) is None
    clock.advance(-timedelta(days=1))
    await agents.tokens.end("lina", row.id, by=lina.actor)
    assert await agents.tokens.actor_of(token) is None


async def test_a_token_is_never_above_its_owner(agents: AgentService, lina: Person, boss: Person):
    with pytest.raises(RefusedError):
        await agents.tokens.create(lina, "想当管理员", role=Role.admin, days=30, by=lina.actor)
    await agents.create("chief", "另一位", PASSWORD, Role.admin)
    _, token = await agents.tokens.create(boss, "全部", role=Role.admin, days=30, by=boss.actor)
    await agents.accounts.change("boss", AccountChange(role=Role.supervisor), by=Actor("agent:chief", Role.admin))
    assert await agents.tokens.actor_of(token) is None


async def test_a_closed_account_has_no_working_token(agents: AgentService, lina: Person):
    _, token = await agents.tokens.create(lina, "报表", role=Role.agent, days=30, by=lina.actor)
    await agents.set_active("lina", active=False)
    assert await agents.tokens.actor_of(token) is None


@pytest.mark.parametrize("days", [0, 366])
async def test_a_token_lasts_a_day_to_a_year(agents: AgentService, lina: Person, days: int):
    with pytest.raises(RefusedError):
        await agents.tokens.create(lina, "报表", role=Role.agent, days=days, by=lina.actor)


async def test_the_database_holds_no_token(agents: AgentService, lina: Person, database: Database):
    row, token = await agents.tokens.create(lina, "报表", role=Role.agent, days=30, by=lina.actor)
    assert token not in {row.token_hash, str(row.id)}


@pytest.mark.parametrize(
    ("role", "other", "covers"),
    [
        (Role.admin, Role.trainer, True),
        (Role.admin, Role.outlet_agent, False),
        (Role.supervisor, Role.agent, True),
        (Role.supervisor, Role.admin, False),
        (Role.agent, Role.agent, True),
        (Role.agent, Role.supervisor, False),
    ],
)
def test_which_role_may_lend_which(role, other, covers):
    assert role.covers(other) is covers
