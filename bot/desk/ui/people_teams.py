"""The teams of ``/desk/people``."""

from nicegui import ui

from bot.desk.ui.forms import Said, alert, area, asking, button, field, first, form, several, table, tag
from bot.desk.ui.office import Visit
from bot.desk.ui.sheet import Sheet
from bot.staff.model import Actor, Role
from bot.staff.schemas import NewTeam, TeamChange
from bot.staff.teams import TeamCard
from bot.staff.words import staff_words

ADMINS = frozenset({Role.admin})


class TeamsPart:
    """The list of teams, and the sheet of one."""

    def __init__(self, here: Visit, sheet: Sheet) -> None:
        self._here = here
        self._sheet = sheet
        self._words = staff_words().pages
        self._may_change = here.person.role is Role.admin

    async def draw(self) -> None:
        with tag("div", "toolbar"):
            draw_tabs("teams")
            ui.element("span").classes("grow")
            if self._may_change:
                new = button(self._words["new_team"], "primary", type="button", **{"data-new": "", "title": "Alt+N"})
                new.on("click", lambda: self._sheet.show(lambda: self._draw_sheet(None)))
        self._list = tag("div")
        await self._refresh()

    async def _refresh(self) -> None:
        teams = await self._here.agents.teams.all()
        words = self._words
        self._list.clear()
        with self._list:
            with table([words[name] for name in ("label", "team_name", "purpose", "team_skills", "members")], "teams"):
                for team in teams:
                    self._draw_team(team)
            if not teams:
                tag("p", "empty", words["no_teams"])

    def _draw_team(self, team: TeamCard) -> None:
        with tag("tr"):
            with tag("td", "nowrap"):
                if self._may_change:
                    show = button(team.label, "link", type="button")
                    show.on("click", lambda: self._sheet.show(lambda: self._draw_sheet(team)))
                else:
                    ui.label(team.label)
            tag("td", "mono nowrap", team.name)
            tag("td", "wrap", team.purpose)
            with tag("td"), tag("div", "tags"):
                for skill in team.skills:
                    tag("span", "tag", skill)
            tag("td", "nowrap", self._words["persons"].format(n=len(team.members)))

    def _draw_sheet(self, team: TeamCard | None) -> None:
        words = self._words
        tag("h2", "", team.label if team else words["new_team"])

        async def save(said: Said) -> None:
            await self._save(team, said)

        with form(save, "team"):
            if team is None:
                field(words["team_name"], "name", hint=words["team_name_hint"], required=True, autofocus=True)
            field(words["label"], "label", team.label if team else "", required=True, maxlength=80)
            area(words["purpose"], "purpose", team.purpose if team else "", rows=2)
            skills = "，".join(team.skills) if team else ""
            area(words["team_skills"], "skills", skills, hint=words["team_skills_hint"], rows=2)
            members = "，".join(team.members) if team else ""
            area(words["members"], "members", members, hint=words["members_hint"], rows=4)
            self._refused = alert()
            with tag("footer"):
                if team is not None:
                    self._draw_delete(team)
                close = button(words["cancel"], type="button")
                close.on("click", js_handler="(event) => event.target.closest('dialog').close()")
                button(words["save"], "primary")

    def _draw_delete(self, team: TeamCard) -> None:
        async def delete(by: Actor) -> bool:
            await self._here.agents.teams.delete(team.name, by=by)
            return True

        async def act() -> None:
            if await self._here.attempt(ADMINS, delete, refused=self._refused):
                self._sheet.close()
                await self._refresh()

        delete_it = button(self._words["delete"], "danger", type="button")
        delete_it.on("click", act, js_handler=asking(self._words["sure_team"]))

    async def _save(self, team: TeamCard | None, said: Said) -> None:
        async def save(by: Actor) -> TeamCard:
            return await (self._change(team.name, said, by) if team else self._create(said, by))

        if await self._here.attempt(ADMINS, save, refused=self._refused) is not None:
            self._here.inform(self._words["saved"])
            self._sheet.close()
            await self._refresh()

    async def _create(self, said: Said, by: Actor) -> TeamCard:
        wanted = NewTeam.model_validate({"name": first(said, "name") or "", **_fields(said)})
        teams = self._here.agents.teams
        made = await teams.create(wanted.name, wanted.label, purpose=wanted.purpose, skills=wanted.skills, by=by)
        return await teams.set_members(made.name, wanted.members, by=by) if wanted.members else made

    async def _change(self, name: str, said: Said, by: Actor) -> TeamCard:
        wanted = TeamChange.model_validate(_fields(said))
        teams = self._here.agents.teams
        await teams.change(name, label=wanted.label, purpose=wanted.purpose, skills=wanted.skills, by=by)
        return await teams.set_members(name, wanted.members or (), by=by)


def draw_tabs(active: str) -> None:
    """People or teams."""
    words = staff_words().pages
    for name in ("people", "teams"):
        current = {"aria-current": "page"} if name == active else {}
        tag("a", "tab", words[name], href=f"/desk/people?tab={name}", **current)


def _fields(said: Said) -> dict[str, object]:
    return {
        "label": first(said, "label"),
        "purpose": first(said, "purpose") or "",
        "skills": several(said, "skills"),
        "members": several(said, "members"),
    }
