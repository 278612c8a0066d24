"""Which passwords are good enough, and how they change."""

import httpx
import pytest
from argon2 import PasswordHasher

from bot.db import Database
from bot.desk.service import AgentService, Person
from bot.errors import LoginLockedError, LoginRefusedError, RefusedError, WeakPasswordError
from bot.staff.passwords import Passwords, refuse_weak
from bot.staff.tables import Agent
from bot.staff.waits import FAILURES_ALLOWED
from tests.conftest import FrozenClock
from tests.desk.builders import CHEAP, PASSWORD
from tests.staff.conftest import BOSS, Browser

NEW = "another good horse"


@pytest.mark.parametrize(
    "weak",
    [
        "123456789",
        "1234567890",
        "Password123",
        "1q2w3e4r5t",
        "aaaaaaaaaaaaaaa",
        "ababababab",
        "wo-jiao-lina-1",
        "x" * 257,
    ],
)
def test_short_common_simple_and_telling_passwords_are_refused(weak):
    with pytest.raises(WeakPasswordError):
        refuse_weak(weak, "lina")


@pytest.mark.parametrize("good", ["correct horse battery", "十个汉字也是一个好密码呀", "k3!vQ0-zzP"])
def test_long_and_unusual_passwords_pass(good):
    refuse_weak(good, "lina")


async def test_an_empty_hash_lets_nobody_in():
    assert not await Passwords(CHEAP).verify("", "")
    assert not await Passwords(CHEAP).verify(None, "anything")


async def test_a_password_hashed_with_old_parameters_is_hashed_again_at_login(
    database: Database, clock: FrozenClock, agents: AgentService, lina: Person
):
    stronger = AgentService(database, clock, PasswordHasher(memory_cost=16, time_cost=2, parallelism=1))

    await stronger.authenticate("lina", PASSWORD)

    async with database.transaction() as session:
        assert "m=16,t=2" in (await session.get_one(Agent, "lina")).password_hash
    assert await stronger.authenticate("lina", PASSWORD) == lina


async def test_changing_the_password_ends_every_other_session(agents: AgentService, lina: Person):
    _, here = await agents.log_in("lina", PASSWORD)
    _, there = await agents.log_in("lina", PASSWORD)

    await agents.own.change_password("lina", PASSWORD, NEW, keeping=here, by=lina.actor)

    assert await agents.of_session(here) == lina
    assert await agents.of_session(there) is None
    assert await agents.authenticate("lina", NEW) == lina


async def test_the_present_password_is_asked_for_and_cannot_be_guessed_at(agents: AgentService, lina: Person):
    for _ in range(FAILURES_ALLOWED):
        with pytest.raises(LoginRefusedError):
            await agents.own.change_password("lina", "wrong password", NEW, keeping=None, by=lina.actor)
    with pytest.raises(LoginLockedError):
        await agents.own.change_password("lina", PASSWORD, NEW, keeping=None, by=lina.actor)


async def test_the_same_password_again_is_no_change(agents: AgentService, lina: Person):
    with pytest.raises(RefusedError):
        await agents.own.change_password("lina", PASSWORD, PASSWORD, keeping=None, by=lina.actor)


async def test_a_link_sets_a_password_once_and_ends_sessions(agents: AgentService, lina: Person):
    _, token = await agents.log_in("lina", PASSWORD)
    link = await agents.own.make_link("lina", by=BOSS)

    await agents.own.reset_password(link.token, NEW)

    assert await agents.of_session(token) is None
    assert await agents.authenticate("lina", NEW) == lina
    with pytest.raises(RefusedError):
        await agents.own.reset_password(link.token, "yet another password")


async def test_a_link_ends_with_the_next_and_with_its_day(agents: AgentService, lina: Person, clock: FrozenClock):
    first = await agents.own.make_link("lina", by=BOSS)
    second = await agents.own.make_link("lina", by=BOSS)
    with pytest.raises(RefusedError):
        await agents.own.owner_of(first.token)
    assert await agents.own.owner_of(second.token) == "lina"
    clock.now = second.expires_at
    with pytest.raises(RefusedError):
        await agents.own.owner_of(second.token)


async def test_a_closed_account_has_no_link(agents: AgentService, lina: Person):
    link = await agents.own.make_link("lina", by=BOSS)
    await agents.set_active("lina", active=False)
    with pytest.raises(RefusedError):
        await agents.own.reset_password(link.token, NEW)


async def test_a_weak_password_leaves_the_link_usable(agents: AgentService, lina: Person):
    link = await agents.own.make_link("lina", by=BOSS)
    with pytest.raises(WeakPasswordError):
        await agents.own.reset_password(link.token, "1234567890")
    await agents.own.reset_password(link.token, NEW)


async def test_the_page_of_a_link_sets_the_password(agents: AgentService, lina: Person, browser: Browser):
    link = await agents.own.make_link("lina", by=BOSS)
    client: httpx.AsyncClient = await browser()

    unlike = await client.post("/desk/reset", data={"link": link.token, "password": NEW, "repeat": "something else"})
    done = await client.post("/desk/reset", data={"link": link.token, "password": NEW, "repeat": NEW})
    again = await client.post("/desk/reset", data={"link": link.token, "password": NEW, "repeat": NEW})

    assert [answer.status_code for answer in (unlike, done, again)] == [422, 200, 410]
    assert await agents.authenticate("lina", NEW) == lina
