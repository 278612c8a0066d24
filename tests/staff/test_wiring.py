"""What the settings say about people."""

from datetime import timedelta

import pytest

from bot.clock import system_clock
from bot.errors import SettingsError
from bot.people_wiring import people_settings, single_sign_on
from bot.settings import Settings
from bot.staff.model import Role

SSO = {"oidc_issuer": "https://sso.test", "oidc_client_id": "desk", "oidc_client_secret": "secret"}


def make_settings(**given: object) -> Settings:
    return Settings(_env_file=None, **given)  # type: ignore[call-arg, arg-type]  # as the environment gives them


def test_life_of_sessions_and_roles_with_a_second_factor_are_settings():
    given = make_settings(desk_session_idle_minutes=15, desk_session_hours=8, desk_second_factor_roles=["admin"])
    people = people_settings(given, "secret")
    assert (people.idle, people.lasts) == (timedelta(minutes=15), timedelta(hours=8))
    assert people.second_factor == {Role.admin}


def test_without_an_issuer_there_is_no_single_sign_on():
    assert single_sign_on(make_settings(), system_clock) is None


def test_the_provider_sends_people_back_to_the_public_address():
    provider = single_sign_on(make_settings(public_url="https://cs.example.com/", **SSO), system_clock)
    assert provider is not None
    assert provider.settings.redirect_uri == "https://cs.example.com/desk/login/sso/return"


@pytest.mark.parametrize(
    "given",
    [
        SSO | {"oidc_client_secret": None},
        SSO | {"oidc_issuer": "http://sso.test"},
        SSO | {"oidc_roles": {"x": "god"}},
    ],
)
def test_half_a_configuration_and_roles_that_do_not_exist_are_refused(given: dict[str, object]):
    with pytest.raises(SettingsError):
        single_sign_on(make_settings(**given), system_clock)


def test_a_second_factor_for_a_role_that_does_not_exist_is_refused():
    with pytest.raises(SettingsError):
        people_settings(make_settings(desk_second_factor_roles=["god"]), "secret")
