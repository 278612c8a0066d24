"""What the settings say about people and their logins, in the words of the services."""

from datetime import timedelta

from bot.clock import Clock
from bot.errors import SettingsError
from bot.settings import Settings
from bot.staff.model import Role
from bot.staff.oidc import OidcProvider, OidcSettings
from bot.staff.settings import PeopleSettings


def people_settings(settings: Settings, secret: str) -> PeopleSettings:
    """Raises `SettingsError` for a role that does not exist."""
    return PeopleSettings(
        secret=secret,
        title=settings.carrier_name,
        idle=timedelta(minutes=settings.desk_session_idle_minutes),
        lasts=timedelta(hours=settings.desk_session_hours),
        second_factor=frozenset(
            _role(name, "BOT_DESK_SECOND_FACTOR_ROLES") for name in settings.desk_second_factor_roles
        ),
    )


def single_sign_on(settings: Settings, clock: Clock) -> OidcProvider | None:
    """The provider, or None where none is set.  Raises `SettingsError` for half a configuration."""
    if settings.oidc_issuer is None:
        return None
    if settings.oidc_client_id is None or settings.oidc_client_secret is None:
        raise SettingsError("BOT_OIDC_ISSUER needs BOT_OIDC_CLIENT_ID and BOT_OIDC_CLIENT_SECRET too")
    if not settings.oidc_issuer.startswith(("https://", "http://127.0.0.1", "http://localhost")):
        raise SettingsError("BOT_OIDC_ISSUER has to begin with https://")
    return OidcProvider(
        OidcSettings(
            issuer=settings.oidc_issuer,
            client_id=settings.oidc_client_id,
            client_secret=settings.oidc_client_secret.get_secret_value(),
            redirect_uri=f"{settings.base_url.rstrip('/')}/desk/login/sso/return",
            scopes=settings.oidc_scopes,
            role_claim=settings.oidc_role_claim,
            roles={theirs: _role(ours, "BOT_OIDC_ROLES").value for theirs, ours in settings.oidc_roles.items()},
            creates=settings.oidc_create_accounts,
            links_by_email=settings.oidc_link_by_email,
        ),
        clock,
    )


def _role(name: str, setting: str) -> Role:
    try:
        return Role(name)
    except ValueError as error:
        raise SettingsError(f"{setting}: there is no role {name!r}; the roles are {', '.join(Role)}") from error
