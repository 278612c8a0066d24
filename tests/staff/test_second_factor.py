"""Codes of an authenticator are accepted once; recovery codes too."""

import asyncio
from datetime import timedelta

import pyotp
import pytest

from bot.db import Database
from bot.desk.cookie import COOKIE, HALF_COOKIE
from bot.desk.service import AgentService, Person
from bot.errors import LoginLockedError, LoginRefusedError, RefusedError, SecondFactorNeededError
from bot.staff.login import HALF_LASTS
from bot.staff.model import Role
from bot.staff.second_factor import RECOVERY_CODES, Authenticators
from bot.staff.settings import PeopleSettings
from bot.staff.tables import Agent, RecoveryCode
from bot.staff.waits import FAILURES_ALLOWED
from tests.conftest import FrozenClock
from tests.desk.builders import CHEAP, PASSWORD
from tests.staff.conftest import BOSS, Browser, make_app

STEP = timedelta(seconds=30)


class Phone:
    """An authenticator in somebody's hand."""

    def __init__(self, secret: str, clock: FrozenClock) -> None:
        self._totp = pyotp.TOTP(secret)
        self._clock = clock

    def code(self) -> str:
        return self._totp.at(self._clock())


async def turn_on(agents: AgentService, clock: FrozenClock, username: str = "lina") -> tuple[Phone, list[str]]:
    """Set up with the code of this moment; then the moment is over."""
    begun = agents.own.begin_second_factor(username)
    phone = Phone(begun.setup.secret, clock)
    by = (await agents.authenticate(username, PASSWORD)).actor
    codes = await agents.own.confirm_second_factor(username, PASSWORD, begun.locked, phone.code(), keeping=None, by=by)
    clock.advance(STEP)
    return phone, codes


async def half(agents: AgentService, username: str = "lina") -> str:
    with pytest.raises(SecondFactorNeededError) as owed:
        await agents.log_in(username, PASSWORD)
    return owed.value.token


def test_codes_are_those_of_the_standard():
    """RFC 6238, appendix B, SHA-1, the last six of eight digits."""
    totp = pyotp.TOTP("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ")
    moments = {59: "287082", 1111111109: "081804", 1111111111: "050471", 1234567890: "005924", 2000000000: "279037"}
    assert {moment: totp.at(moment) for moment in moments} == moments


async def test_the_password_alone_opens_no_session(agents: AgentService, lina: Person, clock: FrozenClock):
    phone, _ = await turn_on(agents, clock)
    token = await half(agents)
    assert await agents.of_session(token) is None
    entered = await agents.login.finish(token, phone.code())
    assert await agents.of_session(entered.token) == lina


async def test_a_code_is_accepted_once(agents: AgentService, lina: Person, clock: FrozenClock):
    phone, _ = await turn_on(agents, clock)
    code = phone.code()
    await agents.login.finish(await half(agents), code)
    with pytest.raises(LoginRefusedError):
        await agents.login.finish(await half(agents), code)
    clock.advance(STEP)
    assert (await agents.login.finish(await half(agents), phone.code())).person == lina


async def test_an_older_code_is_refused_after_a_newer_one(agents: AgentService, lina: Person, clock: FrozenClock):
    phone, _ = await turn_on(agents, clock)
    older = phone.code()
    clock.advance(STEP)
    await agents.login.finish(await half(agents), phone.code())
    with pytest.raises(LoginRefusedError):
        await agents.login.finish(await half(agents), older)


async def test_of_two_with_the_same_code_one_gets_in(agents: AgentService, lina: Person, clock: FrozenClock):
    phone, _ = await turn_on(agents, clock)
    tokens = [await half(agents), await half(agents)]
    finishes = (agents.login.finish(token, phone.code()) for token in tokens)
    results = await asyncio.gather(*finishes, return_exceptions=True)
    assert sum(isinstance(one, LoginRefusedError) for one in results) == 1


async def test_the_code_that_set_it_up_does_not_log_in(agents: AgentService, lina: Person, clock: FrozenClock):
    phone, _ = await turn_on(agents, clock)
    clock.advance(-STEP)
    with pytest.raises(LoginRefusedError):
        await agents.login.finish(await half(agents), phone.code())


async def test_codes_cannot_be_guessed_at(agents: AgentService, lina: Person, clock: FrozenClock):
    phone, _ = await turn_on(agents, clock)
    for _ in range(FAILURES_ALLOWED):
        with pytest.raises(LoginRefusedError):
            await agents.login.finish(await half(agents), "000000")
    with pytest.raises(LoginLockedError):
        await agents.login.finish(await half(agents), phone.code())


async def test_a_login_whose_code_is_owed_does_not_wait_forever(agents: AgentService, lina: Person, clock: FrozenClock):
    phone, _ = await turn_on(agents, clock)
    token = await half(agents)
    clock.advance(HALF_LASTS)
    with pytest.raises(LoginRefusedError):
        await agents.login.finish(token, phone.code())


async def test_a_finished_login_cannot_be_finished_again(agents: AgentService, lina: Person, clock: FrozenClock):
    phone, _ = await turn_on(agents, clock)
    token = await half(agents)
    await agents.login.finish(token, phone.code())
    clock.advance(STEP)
    with pytest.raises(LoginRefusedError):
        await agents.login.finish(token, phone.code())


async def test_a_recovery_code_stands_in_once_however_it_is_written(
    agents: AgentService, lina: Person, clock: FrozenClock
):
    _, codes = await turn_on(agents, clock)
    assert len(set(codes)) == RECOVERY_CODES
    written = codes[0].upper().replace("-", " ")
    assert (await agents.login.finish(await half(agents), written)).person == lina
    with pytest.raises(LoginRefusedError):
        await agents.login.finish(await half(agents), codes[0])
    assert await agents.own.recovery_codes_left("lina") == RECOVERY_CODES - 1


async def test_anothers_recovery_code_is_worth_nothing(agents: AgentService, lina: Person, clock: FrozenClock):
    await turn_on(agents, clock)
    _, of_boss = await turn_on(agents, clock, "boss")
    with pytest.raises(LoginRefusedError):
        await agents.login.finish(await half(agents), of_boss[0])


async def test_new_recovery_codes_end_the_old(agents: AgentService, lina: Person, clock: FrozenClock):
    _, old = await turn_on(agents, clock)
    await agents.own.new_recovery_codes("lina", PASSWORD, by=lina.actor)
    with pytest.raises(LoginRefusedError):
        await agents.login.finish(await half(agents), old[0])


async def test_the_database_holds_neither_secret_nor_codes(
    agents: AgentService, lina: Person, clock: FrozenClock, database: Database
):
    begun = agents.own.begin_second_factor("lina")
    code = Phone(begun.setup.secret, clock).code()
    codes = await agents.own.confirm_second_factor("lina", PASSWORD, begun.locked, code, keeping=None, by=lina.actor)
    async with database.transaction() as session:
        kept = (await session.get_one(Agent, "lina")).totp_secret or ""
        assert begun.setup.secret not in kept
        assert await session.get(RecoveryCode, codes[0]) is None


async def test_setting_it_up_needs_the_password_and_a_right_code(
    agents: AgentService, lina: Person, clock: FrozenClock
):
    begun = agents.own.begin_second_factor("lina")
    code = Phone(begun.setup.secret, clock).code()
    own = agents.own
    with pytest.raises(LoginRefusedError):
        await own.confirm_second_factor("lina", "wrong password", begun.locked, code, keeping=None, by=lina.actor)
    with pytest.raises(RefusedError):
        await own.confirm_second_factor("lina", PASSWORD, begun.locked, "000000", keeping=None, by=lina.actor)
    with pytest.raises(RefusedError):
        await own.confirm_second_factor("lina", PASSWORD, "made up", code, keeping=None, by=lina.actor)
    assert not (await agents.accounts.get("lina")).second_factor


async def test_a_second_authenticator_does_not_replace_the_first(
    agents: AgentService, lina: Person, clock: FrozenClock
):
    await turn_on(agents, clock)
    with pytest.raises(RefusedError):
        await turn_on_again(agents, clock, lina)


async def turn_on_again(agents: AgentService, clock: FrozenClock, person: Person) -> None:
    begun = agents.own.begin_second_factor(person.username)
    code = Phone(begun.setup.secret, clock).code()
    await agents.own.confirm_second_factor(person.username, PASSWORD, begun.locked, code, keeping=None, by=person.actor)


async def test_an_administrator_takes_a_lost_one_away_and_the_sessions_with_it(
    agents: AgentService, lina: Person, clock: FrozenClock
):
    phone, _ = await turn_on(agents, clock)
    entered = await agents.login.finish(await half(agents), phone.code())
    await agents.own.take_second_factor("lina", by=BOSS, why="手机丢失")
    assert await agents.of_session(entered.token) is None
    assert await agents.log_in("lina", PASSWORD)


@pytest.fixture
def strict(database: Database, clock: FrozenClock) -> AgentService:
    """A house where agents get in only with a second factor."""
    return AgentService(database, clock, CHEAP, settings=PeopleSettings(second_factor=frozenset({Role.agent})))


async def test_a_role_that_needs_one_sets_it_up_on_the_way_in(
    strict: AgentService, agents: AgentService, lina: Person, clock: FrozenClock
):
    with pytest.raises(SecondFactorNeededError) as owed:
        await strict.log_in("lina", PASSWORD)
    assert owed.value.sets_up
    setup = await strict.login.setup_of(owed.value.token)
    assert setup is not None

    entered = await strict.login.finish(owed.value.token, Phone(setup.secret, clock).code())

    assert len(entered.recovery_codes) == RECOVERY_CODES
    assert await strict.of_session(entered.token) == lina
    assert await strict.log_in("boss", PASSWORD)


async def test_a_role_that_needs_one_cannot_turn_it_off(strict: AgentService, lina: Person, clock: FrozenClock):
    await turn_on(strict, clock)
    with pytest.raises(RefusedError):
        await strict.own.turn_off_second_factor("lina", PASSWORD, by=lina.actor)


async def test_the_pages_ask_for_the_code_and_rotate_the_session(
    agents: AgentService, lina: Person, clock: FrozenClock, browser: Browser
):
    phone, _ = await turn_on(agents, clock)
    client = await browser()
    client.cookies.set(COOKIE, "planted-by-somebody", domain="desk.test")
    first = await client.post("/desk/login", data={"username": "lina", "password": PASSWORD})
    assert (first.status_code, first.headers["location"]) == (303, "/desk/login/code")
    assert client.cookies.get(COOKIE, domain="desk.test") == "planted-by-somebody"
    assert "验证码" in (await client.get("/desk/login/code")).text

    wrong = await client.post("/desk/login/code", data={"code": "000000"})
    right = await client.post("/desk/login/code", data={"code": phone.code()})

    assert (wrong.status_code, right.status_code, right.headers["location"]) == (401, 303, "/desk/")
    cookies = right.headers.get_list("set-cookie")
    assert any(one.startswith(f"{COOKIE}=") and "Secure" in one and "HttpOnly" in one for one in cookies)
    assert any(one.startswith(f'{HALF_COOKIE}=""') for one in cookies)


async def test_the_page_that_sets_it_up_shows_a_code_to_scan_and_then_the_recovery_codes(
    strict: AgentService, lina: Person, clock: FrozenClock
):
    import httpx

    transport = httpx.ASGITransport(app=make_app(strict))
    async with httpx.AsyncClient(transport=transport, base_url="https://desk.test") as client:
        await client.post("/desk/login", data={"username": "lina", "password": PASSWORD})
        page = (await client.get("/desk/login/code")).text
        setup = await strict.login.setup_of(client.cookies[HALF_COOKIE])
        assert setup is not None
        assert "<svg" in page
        assert setup.secret in page
        shown = await client.post("/desk/login/code", data={"code": Phone(setup.secret, clock).code()})
    assert shown.text.count("<li>") == RECOVERY_CODES


def test_a_secret_is_only_opened_by_its_installation():
    locked = Authenticators(PeopleSettings(secret="one")).fresh()
    other = Authenticators(PeopleSettings(secret="another"))
    from datetime import datetime, timezone

    assert other.step_of(locked, "000000", at=datetime(2026, 1, 1, tzinfo=timezone.utc), after=None) is None
