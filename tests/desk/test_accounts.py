"""Accounts, passwords and sessions of the desk."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from bot.desk.service import FIRST_ADMIN, Person
from bot.desk.workplace import DeskServices
from bot.errors import AccountExistsError, LoginLockedError, LoginRefusedError, WeakPasswordError
from bot.staff.model import Role
from bot.staff.settings import PeopleSettings
from bot.staff.tables import Agent, AuditEntry, DeskSession
from bot.staff.waits import FAILURES_ALLOWED, FIRST_WAIT
from tests.conftest import FrozenClock
from tests.desk.builders import PASSWORD


async def fail_to_log_in(desk: DeskServices, times: int) -> None:
    for _ in range(times):
        with pytest.raises(LoginRefusedError):
            await desk.agents.authenticate("lina", "wrong password")


async def test_the_right_password_gives_the_person(desk: DeskServices, lina: Person) -> None:
    assert await desk.agents.authenticate("lina", PASSWORD) == lina


async def test_an_unknown_name_reads_the_same_as_a_wrong_password(desk: DeskServices, lina: Person) -> None:
    with pytest.raises(LoginRefusedError) as wrong:
        await desk.agents.authenticate("lina", "wrong password")
    with pytest.raises(LoginRefusedError) as unknown:
        await desk.agents.authenticate("nobody", PASSWORD)
    assert str(wrong.value) == str(unknown.value)


async def test_too_many_wrong_passwords_lock_the_account_for_a_while(
    desk: DeskServices, lina: Person, clock: FrozenClock
) -> None:
    await fail_to_log_in(desk, FAILURES_ALLOWED)
    with pytest.raises(LoginLockedError):
        await desk.agents.authenticate("lina", PASSWORD)
    clock.advance(FIRST_WAIT)
    assert await desk.agents.authenticate("lina", PASSWORD) == lina


async def test_during_a_wait_right_wrong_and_unknown_read_the_same(desk: DeskServices, lina: Person) -> None:
    said = set()
    for username, password in (("lina", PASSWORD), ("lina", "wrong password"), ("nobody", PASSWORD)):
        for _ in range(FAILURES_ALLOWED):
            with pytest.raises(LoginRefusedError):
                await desk.agents.authenticate(username, "wrong password")
        with pytest.raises(LoginLockedError) as refused:
            await desk.agents.authenticate(username, password)
        said.add((str(refused.value), refused.value.wait_s))
        await desk.agents.accounts.unlock("lina")
    assert len(said) == 1


async def test_a_good_login_forgets_earlier_failures(desk: DeskServices, lina: Person) -> None:
    for _ in range(2):
        await fail_to_log_in(desk, FAILURES_ALLOWED - 1)
        await desk.agents.authenticate("lina", PASSWORD)


async def test_passwords_are_kept_as_argon2_only(desk: DeskServices, lina: Person) -> None:
    async with desk.database.transaction() as session:
        agent = await session.get_one(Agent, "lina")
    assert agent.password_hash.startswith("$argon2id$")


async def test_a_short_password_is_refused(desk: DeskServices) -> None:
    with pytest.raises(WeakPasswordError):
        await desk.agents.create("kid", "小明", "1234567", Role.agent)


async def test_a_name_is_given_once(desk: DeskServices, lina: Person) -> None:
    with pytest.raises(AccountExistsError):
        await desk.agents.create("lina", "李娜二", PASSWORD, Role.agent)


async def test_the_first_admin_is_made_for_an_empty_desk_only(desk: DeskServices) -> None:
    assert await desk.agents.ensure_first_admin(PASSWORD)
    assert not await desk.agents.ensure_first_admin("another password")
    assert (await desk.agents.authenticate(FIRST_ADMIN, PASSWORD)).role is Role.admin


async def test_logging_in_again_ends_the_session_the_browser_had(desk: DeskServices, lina: Person) -> None:
    _, old = await desk.agents.log_in("lina", PASSWORD)
    _, new = await desk.agents.log_in("lina", PASSWORD, replacing=old)
    assert await desk.agents.of_session(old) is None
    assert await desk.agents.of_session(new) == lina


async def test_a_session_that_is_used_still_ends_in_the_end(
    desk: DeskServices, lina: Person, clock: FrozenClock
) -> None:
    _, token = await desk.agents.log_in("lina", PASSWORD)
    hours = int(PeopleSettings().lasts / timedelta(hours=1))
    for _ in range(hours - 1):
        clock.advance(timedelta(hours=1))
        assert await desk.agents.of_session(token) == lina
    clock.advance(timedelta(hours=1))
    assert await desk.agents.of_session(token) is None


async def test_a_session_nobody_uses_ends_sooner(desk: DeskServices, lina: Person, clock: FrozenClock) -> None:
    _, token = await desk.agents.log_in("lina", PASSWORD)
    clock.advance(PeopleSettings().idle)
    assert await desk.agents.of_session(token) is None
    assert not await desk.agents.sessions.is_open(token)


async def test_logging_out_ends_the_session_at_once(desk: DeskServices, lina: Person) -> None:
    _, token = await desk.agents.log_in("lina", PASSWORD)
    await desk.agents.log_out(token)
    assert await desk.agents.of_session(token) is None


async def test_closing_an_account_ends_its_sessions(desk: DeskServices, lina: Person) -> None:
    _, token = await desk.agents.log_in("lina", PASSWORD)
    await desk.agents.set_active("lina", active=False)
    assert await desk.agents.of_session(token) is None
    with pytest.raises(LoginRefusedError):
        await desk.agents.authenticate("lina", PASSWORD)


async def test_the_database_does_not_hold_the_cookie(desk: DeskServices, lina: Person) -> None:
    _, token = await desk.agents.log_in("lina", PASSWORD)
    async with desk.database.transaction() as session:
        kept = (await session.scalars(select(DeskSession.token_hash))).all()
    assert kept
    assert token not in kept


async def test_every_login_is_audited(desk: DeskServices, lina: Person) -> None:
    await fail_to_log_in(desk, 1)
    await desk.agents.log_in("lina", PASSWORD)
    async with desk.database.transaction() as session:
        entries = await session.scalars(select(AuditEntry.what).where(AuditEntry.who == "lina"))
        assert sorted(entries) == ["login", "login.refused"]
