"""The one door to the people of the desk: accounts, logins, sessions, teams, tokens, and the audit of it all."""

from argon2 import PasswordHasher

from bot.clock import Clock
from bot.db import Database
from bot.desk.words import desk_words
from bot.staff.accounts import Accounts, Wanted
from bot.staff.audit import Trail
from bot.staff.login import Entered, Login
from bot.staff.model import SYSTEM, Actor, Role
from bot.staff.oidc import OidcProvider
from bot.staff.own_account import OwnAccount
from bot.staff.passwords import Passwords
from bot.staff.people import NOWHERE, Caller, Person
from bot.staff.personal_tokens import PersonalTokens
from bot.staff.schemas import AccountView, NewAccount
from bot.staff.sessions import Sessions
from bot.staff.settings import PeopleSettings
from bot.staff.single_sign_on import SingleSignOn
from bot.staff.teams import Teams

__all__ = ["FIRST_ADMIN", "AgentService", "Entered", "Person"]

FIRST_ADMIN = "admin"


class AgentService:
    """Everything about people, each part under its name, and what the desk asks for most.

    Parameters
    ----------
    hasher: argon2id unless a test wants a cheaper one.
    provider: the single sign-on; None without one.
    """

    def __init__(
        self,
        database: Database,
        clock: Clock,
        hasher: PasswordHasher | None = None,
        *,
        settings: PeopleSettings | None = None,
        provider: OidcProvider | None = None,
    ) -> None:
        self.settings = settings or PeopleSettings()
        passwords = Passwords(hasher)
        self.accounts = Accounts(database, clock, passwords)
        self.sessions = Sessions(database, clock, self.settings)
        self.login = Login(database, clock, self.settings, passwords, self.sessions)
        self.own = OwnAccount(database, clock, self.settings, passwords)
        self.tokens = PersonalTokens(database, clock, self.settings)
        self.teams = Teams(database, clock)
        self.trail = Trail(database, clock)
        self.single_sign_on = SingleSignOn(database, clock, provider, self.sessions) if provider else None

    async def create(
        self,
        username: str,
        name: str,
        password: str,
        role: Role,
        *,
        unit: str | None = None,
        province: str | None = None,
        by: Actor = SYSTEM,
    ) -> Person:
        """A new account.  Raises `AccountExistsError`, `WeakPasswordError`, and `RefusedError` without a workplace.

        Parameters
        ----------
        unit: needed for an outlet agent: the code of the outlet.
        province: needed for provincial roles, as outlets have it (浙江省).
        """
        wanted = NewAccount(username=username, name=name, role=role, unit=unit, province=province)
        return await self.accounts.create(wanted, password=password, by=by)

    async def ensure_first_admin(self, password: str) -> bool:
        """An administrator for a desk that has nobody yet; returns whether one was made."""
        if await self.accounts.count():
            return False
        await self.create(FIRST_ADMIN, desk_words().roles[Role.admin], password, Role.admin)
        return True

    async def everybody(self) -> list[AccountView]:
        """Every account, by username."""
        found: list[AccountView] = []
        while page := await self.accounts.search(Wanted(), after=found[-1].username if found else None, limit=500):
            found += page
        return found

    async def set_active(self, username: str, *, active: bool, by: Actor = SYSTEM) -> None:
        """Close or reopen an account; closing ends its sessions at once.  Raises `NotFoundError`."""
        await self.accounts.set_active(username, active=active, by=by)

    async def authenticate(self, username: str, password: str, *, caller: Caller = NOWHERE) -> Person:
        """The person with this name and password.  Raises `LoginRefusedError`, `LoginLockedError`."""
        return await self.login.authenticate(username, password, caller=caller)

    async def log_in(
        self, username: str, password: str, *, replacing: str | None = None, caller: Caller = NOWHERE
    ) -> tuple[Person, str]:
        """Open a session; the one the browser had before ends.  Returns its new token.

        Raises `SecondFactorNeededError` besides the others: `login.finish` takes the code.
        """
        entered = await self.login.enter(username, password, replacing=replacing, caller=caller)
        return entered.person, entered.token

    async def log_out(self, token: str) -> None:
        await self.sessions.log_out(token)

    async def of_session(self, token: str | None) -> Person | None:
        """Who this cookie belongs to; None once it is over, or the account closed."""
        return await self.sessions.of_token(token)
