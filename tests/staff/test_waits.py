"""Growing waits: by name, known or not, and by address."""

import asyncio
from datetime import timedelta

import pytest

from bot.desk.service import AgentService, Person
from bot.errors import LoginLockedError, LoginRefusedError
from bot.staff.people import Caller
from bot.staff.waits import ADDRESS_FAILURES_ALLOWED, FAILURES_ALLOWED, FIRST_WAIT, LONGEST_WAIT, by_address, by_name
from tests.conftest import FrozenClock
from tests.desk.builders import PASSWORD

WRONG = "wrong password"


async def fail(agents: AgentService, username: str, times: int, caller: Caller = Caller()) -> None:
    for _ in range(times):
        with pytest.raises(LoginRefusedError):
            await agents.authenticate(username, WRONG, caller=caller)


def test_waits_double_up_to_the_longest():
    waits = [by_name("lina").wait(failures) for failures in range(FAILURES_ALLOWED - 1, FAILURES_ALLOWED + 8)]

    assert waits[:4] == [None, FIRST_WAIT, FIRST_WAIT * 2, FIRST_WAIT * 4]
    assert waits[-1] == LONGEST_WAIT


def test_names_are_counted_however_they_are_written_and_kept_as_a_hash():
    assert by_name(" Lina ").key == by_name("lina").key
    assert "lina" not in by_name("lina").key
    assert by_name("lina").key != by_address("lina").key


async def test_the_next_failure_after_a_wait_waits_longer(agents: AgentService, lina: Person, clock: FrozenClock):
    await fail(agents, "lina", FAILURES_ALLOWED)
    clock.advance(FIRST_WAIT)
    await fail(agents, "lina", 1)
    clock.advance(FIRST_WAIT)
    with pytest.raises(LoginLockedError) as locked:
        await agents.authenticate("lina", PASSWORD)
    assert locked.value.wait_s == FIRST_WAIT.total_seconds()


async def test_trying_during_a_wait_does_not_prolong_it(agents: AgentService, lina: Person, clock: FrozenClock):
    await fail(agents, "lina", FAILURES_ALLOWED + 20)
    clock.advance(FIRST_WAIT)
    assert await agents.authenticate("lina", PASSWORD) == lina


async def test_many_at_once_gain_nothing(agents: AgentService, lina: Person):
    tries = [agents.authenticate("lina", f"{WRONG} {n}") for n in range(FAILURES_ALLOWED * 3)]
    results = await asyncio.gather(*tries, return_exceptions=True)
    looked_at = [one for one in results if not isinstance(one, LoginLockedError)]
    assert len(looked_at) == FAILURES_ALLOWED


async def test_one_address_cannot_try_many_names(agents: AgentService, lina: Person):
    caller = Caller("198.51.100.7")
    for n in range(ADDRESS_FAILURES_ALLOWED):
        await fail(agents, f"name-{n}", 1, caller)
    with pytest.raises(LoginLockedError):
        await agents.authenticate("lina", PASSWORD, caller=caller)
    assert await agents.authenticate("lina", PASSWORD, caller=Caller("198.51.100.8")) == lina


async def test_an_own_account_does_not_wash_an_address_clean(agents: AgentService, lina: Person):
    caller = Caller("198.51.100.7")
    for n in range(ADDRESS_FAILURES_ALLOWED - 1):
        await fail(agents, f"name-{n}", 1, caller)
        if n % 10 == 0:
            await agents.authenticate("lina", PASSWORD, caller=caller)
    await fail(agents, "one-more", 1, caller)
    with pytest.raises(LoginLockedError):
        await agents.authenticate("lina", PASSWORD, caller=caller)


async def test_a_call_centre_behind_one_address_logs_in_freely(agents: AgentService, lina: Person):
    caller = Caller("198.51.100.7")
    for _ in range(ADDRESS_FAILURES_ALLOWED + 10):
        await agents.authenticate("lina", PASSWORD, caller=caller)


async def test_failures_are_forgotten_after_a_day(agents: AgentService, lina: Person, clock: FrozenClock):
    await fail(agents, "lina", FAILURES_ALLOWED - 1)
    clock.advance(timedelta(days=1, seconds=1))
    await fail(agents, "lina", FAILURES_ALLOWED - 1)
    assert await agents.authenticate("lina", PASSWORD) == lina


async def test_an_administrator_ends_the_wait(agents: AgentService, lina: Person):
    await fail(agents, "lina", FAILURES_ALLOWED)
    assert (await agents.accounts.get("lina")).waits
    await agents.accounts.unlock("lina")
    assert not (await agents.accounts.get("lina")).waits
    assert await agents.authenticate("lina", PASSWORD) == lina


async def test_a_name_no_database_can_hold_is_just_unknown(agents: AgentService):
    with pytest.raises(LoginRefusedError):
        await agents.authenticate("li\0na", PASSWORD)


@pytest.mark.parametrize(
    ("address", "network", "counted"),
    [
        ("203.0.113.77", "203.0.113.0/24", "203.0.113.77/32"),
        ("2001:db8:1:2:3::4", "2001:db8:1::/48", "2001:db8:1:2::/64"),
        ("testclient", None, None),
        (None, None, None),
    ],
)
def test_addresses_are_kept_short_and_counted_by_customer(address, network, counted):
    assert (Caller(address).network, Caller(address).counted) == (network, counted)
