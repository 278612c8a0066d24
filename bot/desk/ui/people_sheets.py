"""The sheet of one account: make it, change it, close it, let its person in again."""

from collections.abc import Awaitable, Callable, Mapping

from nicegui import ui

from bot.desk.people_endpoints import link_to
from bot.desk.ui.forms import Said, alert, asking, button, choice, field, first, form, several, tag
from bot.desk.ui.office import Visit
from bot.desk.ui.sheet import Sheet
from bot.desk.words import desk_words
from bot.staff.model import Actor, Role
from bot.staff.own_account import Link
from bot.staff.schemas import AccountChange, AccountView, NewAccount
from bot.staff.words import staff_words

ADMINS = frozenset({Role.admin})
_COPY = "(event) => navigator.clipboard?.writeText(event.currentTarget.dataset.copy)"


class PersonSheet:
    """Opened from the list.

    Parameters
    ----------
    changed: draws the list again.
    """

    def __init__(self, here: Visit, sheet: Sheet, base_url: str, changed: Callable[[], Awaitable[None]]) -> None:
        self._here = here
        self._sheet = sheet
        self._base_url = base_url
        self._changed = changed
        self._words = staff_words().pages
        self.team_labels: Mapping[str, str] = {}

    def show_new(self) -> None:
        self._sheet.show(self._draw_new)

    async def show(self, username: str) -> None:
        person = await self._here.attempt(ADMINS, lambda _: self._here.agents.accounts.get(username))
        if person is not None:
            self._sheet.show(lambda: self._draw_one(person))

    # -- drawing ---------------------------------------------------------------------------------

    def _draw_new(self) -> None:
        words = self._words
        tag("h2", "", words["new_person"])
        with form(self._create, "new-person"):
            field(words["username"], "username", required=True, maxlength=64, autocomplete="off", autofocus=True)
            self._draw_fields(None)
            self._refused = alert()
            with tag("footer"):
                self._draw_close(words["cancel"])
                button(words["create"], "primary")

    def _draw_one(self, person: AccountView, link: Link | None = None) -> None:
        words = self._words
        tag("h2", "", person.name)
        tag("p", "sub mono", person.username)

        async def save(said: Said) -> None:
            await self._save(person, said)

        with form(save, "person"):
            self._draw_fields(person)
            self._refused = alert()
            with tag("footer"):
                self._draw_close(words["close"])
                button(words["save"], "primary")
        if link is not None:
            self._draw_link(link)
        self._draw_acts(person)

    def _draw_fields(self, person: AccountView | None) -> None:
        words, roles = self._words, {role.value: text for role, text in _role_names().items()}
        field(words["name"], "name", person.name if person else "", required=True, maxlength=80, autocomplete="off")
        choice(words["role"], "role", roles, person.role if person else Role.agent)
        field(words["unit"], "unit", person.unit if person else "", hint=words["unit_hint"], maxlength=80)
        field(words["province"], "province", person.province if person else "", hint=words["province_hint"])
        email = person.email if person else ""
        field(words["email"], "email", email, kind="email", hint=words["email_hint"], maxlength=254)
        capacity = str(person.capacity if person else 5)
        field(words["capacity"], "capacity", capacity, kind="number", min=0, max=50, required=True)
        skills = "，".join(person.skills) if person else ""
        field(words["skills"], "skills", skills, hint=words["skills_hint"])
        if self.team_labels:
            self._draw_teams(set(person.teams) if person else set())

    def _draw_teams(self, chosen: set[str]) -> None:
        with tag("div", "wide"):
            tag("div", "label", self._words["teams"])
            with tag("div", "checks"):
                for name, label in self.team_labels.items():
                    with tag("label"):
                        tag("input", "", type="checkbox", name="teams", value=name, checked=name in chosen)
                        ui.label(label)

    def _draw_link(self, link: Link) -> None:
        address = link_to(self._base_url, link)
        tag("p", "sub", self._words["link_once"])
        tag("div", "once", address, **{"data-testid": "link"})
        button(self._words["copy"], "small", type="button", **{"data-copy": address}).on("click", js_handler=_COPY)

    def _draw_acts(self, person: AccountView) -> None:
        words, agents, name = self._words, self._here.agents, person.username
        with tag("div", "acts"):
            self._act(words["reset"], lambda _: self._link(person))
            if person.waits:
                self._act(words["unlock"], lambda by: agents.accounts.unlock(name, by=by), person)
            self._act(words["end_sessions"], lambda by: agents.sessions.end_others(name, but=None, by=by), person)
            if person.second_factor:
                take = words["sure_factor"]
                self._act(
                    words["take_second_factor"], lambda by: agents.own.take_second_factor(name, by=by), person, take
                )
            if person.is_active:
                sure = words["sure_close"]
                self._act(
                    words["deactivate"], lambda by: agents.accounts.set_active(name, active=False, by=by), person, sure
                )
            else:
                self._act(words["activate"], lambda by: agents.accounts.set_active(name, active=True, by=by), person)

    def _act(
        self,
        text: str,
        move: Callable[[Actor], Awaitable[object]],
        person: AccountView | None = None,
        sure: str | None = None,
    ) -> None:
        """A button that does something at once, or after a question; with ``person`` the sheet is drawn again."""

        async def act() -> None:
            async def done(by: Actor) -> bool:
                await move(by)
                return True

            if await self._here.attempt(ADMINS, done, refused=self._refused) and person is not None:
                self._here.inform(self._words["done"])
                await self._changed()
                await self.show(person.username)

        pressed = button(text, "danger" if sure else "", type="button")
        pressed.on("click", act, js_handler=asking(sure) if sure else "() => emit()")

    def _draw_close(self, text: str) -> None:
        button(text, type="button").on("click", js_handler="(event) => event.target.closest('dialog').close()")

    # -- doing -----------------------------------------------------------------------------------

    async def _create(self, said: Said) -> None:
        async def create(by: Actor) -> tuple[AccountView, Link]:
            wanted = NewAccount.model_validate({"username": first(said, "username") or "", **_fields(said)})
            person = await self._here.agents.accounts.create(wanted, by=by)
            link = await self._here.agents.own.make_link(person.username, by=by)
            return await self._here.agents.accounts.get(person.username), link

        made = await self._here.attempt(ADMINS, create, refused=self._refused)
        if made is not None:
            await self._changed()
            self._sheet.show(lambda: self._draw_one(*made))

    async def _save(self, person: AccountView, said: Said) -> None:
        async def save(by: Actor) -> AccountView:
            wanted = AccountChange.model_validate(_fields(said))
            return await self._here.agents.accounts.change(person.username, wanted, by=by)

        if await self._here.attempt(ADMINS, save, refused=self._refused) is not None:
            self._here.inform(self._words["saved"])
            self._sheet.close()
            await self._changed()

    async def _link(self, person: AccountView) -> None:
        link = await self._here.attempt(
            ADMINS, lambda by: self._here.agents.own.make_link(person.username, by=by), refused=self._refused
        )
        if link is not None:
            self._sheet.show(lambda: self._draw_one(person, link))


def _fields(said: Said) -> dict[str, object]:
    """What a form says about an account, as the schemas want it."""
    return {
        **{name: first(said, name) for name in ("name", "role", "unit", "province", "email", "capacity")},
        "skills": several(said, "skills"),
        "teams": tuple(said.get("teams", ())),
    }


def _role_names() -> dict[Role, str]:
    return {role: desk_words().roles[role] for role in Role}
