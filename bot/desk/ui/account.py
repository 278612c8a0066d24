"""``/desk/account``: one's own password, second factor, sessions and tokens."""

from typing import Any

from fastapi import Request
from fastapi.responses import Response
from nicegui import Client, ui

from bot.desk.service import AgentService
from bot.desk.ui.account_factor import FactorBlock
from bot.desk.ui.account_places import SessionsBlock, TokensBlock
from bot.desk.ui.forms import Said, alert, button, field, form, tag
from bot.desk.ui.office import Visit, visit
from bot.desk.words import desk_words
from bot.staff.model import Actor
from bot.staff.schemas import AccountView
from bot.staff.words import staff_words

ACCOUNT = "/desk/account"


def add_account_page(agents: AgentService) -> None:
    """Add the page."""

    @ui.page("/account")
    async def account_page(request: Request, client: Client) -> Response | None:
        here = await visit(agents, request, client, "account")
        if isinstance(here, Response):
            return here
        person = await agents.accounts.get(here.person.username)
        labels = {team.name: team.label for team in await agents.teams.all()}
        with tag("main", "desk-page office"), tag("div", "office-body"):
            with tag("div", "toolbar"):
                tag("h1", "", staff_words().pages["account"])
            with tag("div", "cards"):
                with tag("div", "stack"):
                    with tag("section", "block"):
                        _draw_who(person, labels)
                    with tag("section", "block"):
                        PasswordBlock(here, person).draw()
                with tag("div", "stack"):
                    await FactorBlock(here, tag("section", "block")).draw()
                    await TokensBlock(here, tag("section", "block")).draw()
                await SessionsBlock(here, tag("section", "block full")).draw()
        return None


def _draw_who(person: AccountView, team_labels: dict[str, str]) -> None:
    words = staff_words().pages
    tag("h2", "", person.name)
    facts = {
        "username": person.username,
        "role": desk_words().roles[person.role],
        "unit": person.unit,
        "province": person.province,
        "email": person.email,
        "teams": "、".join(team_labels.get(team, team) for team in person.teams),
        "skills": "、".join(person.skills),
        "capacity": str(person.capacity),
    }
    with tag("dl", "facts"):
        for name, value in facts.items():
            if value:
                tag("dt", "", words[name])
                tag("dd", "", value)


class PasswordBlock:
    """Change the password; who comes by single sign-on has none."""

    def __init__(self, here: Visit, person: AccountView) -> None:
        self._here = here
        self._person = person
        self._words = staff_words().pages

    def draw(self) -> None:
        words = self._words
        tag("h2", "", words["password"])
        tag("p", "sub", words["password_hint"])
        with form(self._change, "password") as self._form:
            kind: dict[str, Any] = {"kind": "password", "required": True, "maxlength": 256}
            tag("input", "", name="username", autocomplete="username", defaultValue=self._person.username, hidden=True)
            with tag("div", "wide"):
                field(words["current"], "current", autocomplete="current-password", **kind)
            field(words["new"], "new", autocomplete="new-password", minlength=10, **kind)
            field(words["repeat"], "repeat", autocomplete="new-password", **kind)
            self._refused = alert()
            with tag("footer"):
                button(words["change"], "primary")

    async def _change(self, said: Said) -> None:
        current, new = ((said.get(name) or [""])[0] for name in ("current", "new"))
        if new != (said.get("repeat") or [""])[0]:
            self._refused.set_text(self._words["not_the_same"])
            return

        async def change(by: Actor) -> bool:
            own, token = self._here.agents.own, self._here.token
            await own.change_password(self._person.username, current, new, keeping=token, by=by)
            return True

        if await self._here.attempt(None, change, refused=self._refused):
            self._refused.set_text("")
            self._here.run(f"getHtmlElement({self._form.id}).reset()")
            self._here.inform(self._words["changed"])
