"""Single sign-on against a simulated provider, and everything that must not be believed."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import pytest

from bot.clock import Clock
from bot.db import Database
from bot.desk.cookie import COOKIE, STATE_COOKIE
from bot.desk.service import AgentService, Person
from bot.errors import SignOnRefusedError
from bot.staff.audit import Filter
from bot.staff.login import Entered
from bot.staff.model import Role
from bot.staff.oidc import OidcProvider, OidcSettings
from bot.staff.schemas import AccountChange
from bot.staff.single_sign_on import ATTEMPT_LASTS, SingleSignOn
from tests.conftest import FrozenClock
from tests.desk.builders import CHEAP, PASSWORD
from tests.staff.conftest import BOSS, make_app
from tests.staff.provider import (
    CLIENT,
    EC_KEY,
    ISSUER,
    OTHER_KEY,
    RSA_KEY,
    SECRET,
    SimulatedProvider,
    by_public_key,
    public,
    unsigned,
)

SETTINGS = OidcSettings(
    issuer=ISSUER,
    client_id=CLIENT,
    client_secret=SECRET,
    redirect_uri="https://desk.test/desk/login/sso/return",
    role_claim="realm_access.roles",
    roles={"cs-admin": "admin", "cs-agent": "agent", "cs-lead": "supervisor", "cs-outlet": "outlet_agent"},
    creates=True,
)


@pytest.fixture
def provider(clock: Clock) -> SimulatedProvider:
    return SimulatedProvider(clock)


@pytest.fixture
def sso_agents(database: Database, clock: Clock, provider: SimulatedProvider) -> AgentService:
    return make_agents(database, clock, provider)


def make_agents(database: Database, clock: Clock, provider: SimulatedProvider, **changed: Any) -> AgentService:
    trusted = OidcProvider(replace(SETTINGS, **changed), clock, provider.client)
    return AgentService(database, clock, CHEAP, provider=trusted)


def sign_on(agents: AgentService) -> SingleSignOn:
    assert agents.single_sign_on is not None
    return agents.single_sign_on


async def come_back(agents: AgentService, provider: SimulatedProvider, **changed: Any) -> Entered:
    departure = await sign_on(agents).depart()
    brought = provider.log_in(departure.address)
    return await sign_on(agents).arrive(**({**brought, "kept": departure.state} | changed))


@pytest.mark.parametrize(
    ("algorithm", "key", "kid"), [("RS256", RSA_KEY, "rsa-1"), ("ES256", EC_KEY, "ec-1"), ("PS256", RSA_KEY, "rsa-1")]
)
async def test_somebody_new_gets_an_account_with_the_role_of_the_claim(
    sso_agents: AgentService, provider: SimulatedProvider, algorithm: str, key: Any, kid: str
):
    provider.sign = provider.signed(algorithm, key, kid)
    entered = await come_back(sso_agents, provider)
    assert entered.person == Person("lina.sso", "李娜", Role.agent)
    assert await sso_agents.of_session(entered.token) == entered.person
    (session,) = await sso_agents.sessions.of_person("lina.sso")
    assert session.method == "single_sign_on"


def _set(**claims: Any) -> Any:
    return lambda found: found.update(claims)


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (_set(nonce="another"), "nonce"),
        (lambda found: found.pop("nonce"), "nonce"),
        (_set(aud="another-client"), "not to be believed"),
        (_set(aud=[CLIENT, "another"]), "another party"),
        (_set(aud=[CLIENT, "another"], azp="another"), "another party"),
        (_set(azp="another"), "another party"),
        (_set(iss="https://evil.test"), "not to be believed"),
        (lambda found: found.update(exp=found["iat"] - 61), "expired"),
        (lambda found: found.update(iat=found["iat"] + 120), "future"),
        (lambda found: found.update(nbf=found["iat"] + 120), "future"),
        (lambda found: found.pop("exp"), "not to be believed"),
        (lambda found: found.pop("sub"), "not to be believed"),
        (_set(exp="soon"), "proper times"),
        (_set(realm_access={"roles": ["cs-nothing"]}), "no role"),
        (_set(realm_access=None), "no role"),
        (_set(realm_access={"roles": ["cs-outlet"]}), "workplace"),
    ],
)
async def test_claims_that_do_not_fit_let_nobody_in(
    sso_agents: AgentService, provider: SimulatedProvider, spoil: Any, why: str
):
    provider.spoil = spoil
    with pytest.raises(SignOnRefusedError, match=why):
        await come_back(sso_agents, provider)
    assert await sso_agents.accounts.count() == 0
    (entry,) = await sso_agents.trail.entries(Filter(what="login.refused"))
    assert entry.details == {"method": "single_sign_on"}


@pytest.mark.parametrize(
    "sign",
    [
        unsigned,
        by_public_key,
        SimulatedProvider.signed("HS256", "client-secret-long-enough-for-it", "rsa-1"),
        SimulatedProvider.signed("RS256", OTHER_KEY, "rsa-1"),
        SimulatedProvider.signed("RS256", OTHER_KEY, "unknown"),
        SimulatedProvider.signed("RS256", OTHER_KEY, None),
        SimulatedProvider.signed("ES256", EC_KEY, "rsa-1"),
        lambda _: "no.token.at-all",
        lambda _: "",
    ],
)
async def test_signatures_that_are_not_the_providers_let_nobody_in(
    sso_agents: AgentService, provider: SimulatedProvider, sign: Any
):
    provider.sign = sign
    with pytest.raises(SignOnRefusedError):
        await come_back(sso_agents, provider)


async def test_a_shared_secret_among_the_keys_is_not_used(sso_agents: AgentService, provider: SimulatedProvider):
    provider.keys.append({"kty": "oct", "kid": "oct-1", "k": "c2VjcmV0LXRoYXQtaXMtbG9uZy1lbm91Z2gtZm9yLWl0"})
    provider.sign = provider.signed("HS256", "secret-that-is-long-enough-for-it", "oct-1")
    with pytest.raises(SignOnRefusedError):
        await come_back(sso_agents, provider)


async def test_a_new_key_of_the_provider_is_fetched_once_and_not_again_at_once(
    sso_agents: AgentService, provider: SimulatedProvider, clock: FrozenClock
):
    await come_back(sso_agents, provider)
    clock.advance(timedelta(minutes=1))
    provider.keys.append(public("rsa-2", OTHER_KEY))
    provider.sign = provider.signed("RS256", OTHER_KEY, "rsa-2")
    assert await come_back(sso_agents, provider)
    provider.sign = provider.signed("RS256", OTHER_KEY, "made-up")
    for _ in range(3):
        with pytest.raises(SignOnRefusedError):
            await come_back(sso_agents, provider)
    assert provider.asked["/keys"] == 2


async def test_the_state_is_this_browsers_and_used_once(
    sso_agents: AgentService, provider: SimulatedProvider, clock: FrozenClock
):
    arrive = sign_on(sso_agents).arrive
    departure = await sign_on(sso_agents).depart()
    brought = provider.log_in(departure.address)
    for kept in (None, "another"):
        with pytest.raises(SignOnRefusedError):
            await arrive(**brought, kept=kept)
    assert await arrive(**brought, kept=departure.state)
    provider.log_in(departure.address)
    with pytest.raises(SignOnRefusedError):
        await arrive(**brought, kept=departure.state)
    late = await sign_on(sso_agents).depart()
    brought = provider.log_in(late.address)
    clock.advance(ATTEMPT_LASTS)
    with pytest.raises(SignOnRefusedError):
        await arrive(**brought, kept=late.state)


async def test_a_code_of_another_login_is_worth_nothing(sso_agents: AgentService, provider: SimulatedProvider):
    """Code injection: the verifier belongs to the state, not to the code."""
    victim = await sign_on(sso_agents).depart()
    stolen = provider.log_in(victim.address, "stolen")
    with pytest.raises(SignOnRefusedError):
        await come_back(sso_agents, provider, code=stolen["code"])


async def test_another_issuer_in_the_address_is_refused(sso_agents: AgentService, provider: SimulatedProvider):
    with pytest.raises(SignOnRefusedError):
        await come_back(sso_agents, provider, issuer="https://evil.test")


async def test_a_configuration_of_another_issuer_is_refused(sso_agents: AgentService, provider: SimulatedProvider):
    provider.configuration["issuer"] = "https://evil.test"
    with pytest.raises(SignOnRefusedError):
        await sign_on(sso_agents).depart()


# -- whose account -------------------------------------------------------------------------------


async def test_a_verified_address_finds_the_account_and_the_subject_does_from_then_on(
    sso_agents: AgentService, provider: SimulatedProvider
):
    await sso_agents.create("lina", "李娜", PASSWORD, Role.agent)
    await sso_agents.accounts.change("lina", AccountChange(email="li.na@example.com"), by=BOSS)
    assert (await come_back(sso_agents, provider)).person.username == "lina"
    provider.person["email"] = "somebody.else@example.com"
    assert (await come_back(sso_agents, provider)).person.username == "lina"
    assert await sso_agents.accounts.count() == 1


@pytest.mark.parametrize("verified", [False, None, "true", 1])
async def test_an_address_nobody_verified_finds_no_account(
    sso_agents: AgentService, provider: SimulatedProvider, verified: object
):
    await sso_agents.create("lina", "李娜", PASSWORD, Role.agent)
    await sso_agents.accounts.change("lina", AccountChange(email="li.na@example.com"), by=BOSS)
    provider.person["email_verified"] = verified
    assert (await come_back(sso_agents, provider)).person.username != "lina"


async def test_an_account_of_another_subject_is_not_taken_over(sso_agents: AgentService, provider: SimulatedProvider):
    await sso_agents.create("lina", "李娜", PASSWORD, Role.agent)
    await sso_agents.accounts.change("lina", AccountChange(email="li.na@example.com"), by=BOSS)
    await come_back(sso_agents, provider)
    provider.person["sub"] = "u-2"
    with pytest.raises(SignOnRefusedError):
        await come_back(sso_agents, provider)


@pytest.mark.parametrize("name", ["admin", "ADMIN", "system", "../..", ""])
async def test_no_account_is_found_by_its_name(sso_agents: AgentService, provider: SimulatedProvider, name: str):
    await sso_agents.ensure_first_admin(PASSWORD)
    provider.person |= {"preferred_username": name, "email": None}
    person = (await come_back(sso_agents, provider)).person
    assert person.username not in {"admin", "system"}
    assert person.role is Role.agent


async def test_nobody_new_gets_in_where_accounts_are_not_made(
    database: Database, clock: Clock, provider: SimulatedProvider
):
    with pytest.raises(SignOnRefusedError):
        await come_back(make_agents(database, clock, provider, creates=False), provider)


async def test_a_closed_account_stays_closed(sso_agents: AgentService, provider: SimulatedProvider):
    await come_back(sso_agents, provider)
    await sso_agents.set_active("lina.sso", active=False)
    with pytest.raises(SignOnRefusedError):
        await come_back(sso_agents, provider)


async def test_another_role_at_the_provider_is_another_role_here_and_ends_the_sessions(
    sso_agents: AgentService, provider: SimulatedProvider
):
    before = await come_back(sso_agents, provider)
    provider.person["realm_access"] = {"roles": ["cs-agent", "cs-lead", "cs-admin"]}
    after = await come_back(sso_agents, provider)
    assert after.person.role is Role.admin
    assert await sso_agents.of_session(before.token) is None
    (entry,) = await sso_agents.trail.entries(Filter(what="account.changed"))
    assert entry.details == {"role": "admin"}


async def test_the_provider_does_not_take_the_last_administrator_away(
    sso_agents: AgentService, provider: SimulatedProvider
):
    provider.person["realm_access"] = {"roles": ["cs-admin"]}
    await come_back(sso_agents, provider)
    provider.person["realm_access"] = {"roles": ["cs-agent"]}
    with pytest.raises(SignOnRefusedError, match="last administrator"):
        await come_back(sso_agents, provider)


async def test_without_a_mapping_the_role_is_ours_to_give(
    database: Database, clock: Clock, provider: SimulatedProvider
):
    agents = make_agents(database, clock, provider, roles={})
    await agents.create("lina", "李娜", PASSWORD, Role.supervisor)
    await agents.accounts.change("lina", AccountChange(email="li.na@example.com"), by=BOSS)
    assert (await come_back(agents, provider)).person.role is Role.supervisor


# -- the pages -----------------------------------------------------------------------------------


async def test_the_pages_lead_there_and_back(sso_agents: AgentService, provider: SimulatedProvider):
    transport = httpx.ASGITransport(app=make_app(sso_agents))
    async with httpx.AsyncClient(transport=transport, base_url="https://desk.test") as client:
        assert 'href="/desk/login/sso" >' in (await client.get("/desk/login")).text
        left = await client.get("/desk/login/sso")
        brought = provider.log_in(left.headers["location"])
        back = await client.get("/desk/login/sso/return", params=brought)
        again = await client.get("/desk/login/sso/return", params=brought)
    assert (back.status_code, back.headers["location"]) == (303, "/desk/")
    assert any(cookie.startswith(f"{COOKIE}=") for cookie in back.headers.get_list("set-cookie"))
    assert any(cookie.startswith(f'{STATE_COOKIE}=""') for cookie in back.headers.get_list("set-cookie"))
    assert (again.status_code, "单点登录没有成功" in again.text) == (401, True)
