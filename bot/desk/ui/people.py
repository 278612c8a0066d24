"""``/desk/people``: who works here.  Administrators change, supervisors look."""

from collections.abc import Awaitable, Callable
from urllib.parse import urlencode

from fastapi import Request
from fastapi.responses import Response
from nicegui import Client, ui

from bot.clock import local
from bot.desk.people_endpoints import SEE_PEOPLE
from bot.desk.service import AgentService
from bot.desk.ui.forms import button, select, table, tag
from bot.desk.ui.office import Visit, visit
from bot.desk.ui.people_sheets import PersonSheet
from bot.desk.ui.people_teams import TeamsPart, draw_tabs
from bot.desk.ui.sheet import Sheet
from bot.desk.words import desk_words
from bot.staff.accounts import Wanted
from bot.staff.model import Role
from bot.staff.schemas import AccountView
from bot.staff.words import staff_words

PAGE = 50
_KEYS = """
window.addEventListener('keydown', (event) => {
  const typing = /^(INPUT|TEXTAREA|SELECT)$/.test(document.activeElement?.tagName || '');
  if (event.key === '/' && !typing) { event.preventDefault(); document.querySelector('input[type=search]')?.focus(); }
  if (event.altKey && event.code === 'KeyN') { event.preventDefault(); document.querySelector('[data-new]')?.click(); }
});
"""


def add_people_page(agents: AgentService, *, base_url: str) -> None:
    """Add the page; links to choose a password begin with ``base_url``, else with the address of the page."""

    @ui.page("/people")
    async def people_page(
        request: Request,
        client: Client,
        q: str = "",
        role: str = "",
        team: str = "",
        state: str = "active",
        after: str = "",
        tab: str = "people",
    ) -> Response | None:
        here = await visit(agents, request, client, "people", SEE_PEOPLE)
        if isinstance(here, Response):
            return here
        ui.add_body_html(f"<script>{_KEYS}</script>")
        with tag("main", "desk-page office"), tag("div", "office-body"):
            if tab == "teams":
                await TeamsPart(here, Sheet(client)).draw()
            else:
                links = base_url or str(request.base_url).rstrip("/")
                query = PeopleQuery(q[:80], role, team, state, after)
                await PeoplePart(here, Sheet(client), query, links).draw()
        return None


class PeopleQuery:
    """What the address of the page asks for; what makes no sense is as good as not asked."""

    def __init__(self, q: str, role: str, team: str, state: str, after: str) -> None:
        self.q = q
        self.role = Role(role) if role in set(Role) else None
        self.team = team or None
        self.state = state if state in ("active", "closed", "all") else "active"
        self.after = after or None

    @property
    def wanted(self) -> Wanted:
        active = {"active": True, "closed": False, "all": None}[self.state]
        return Wanted(self.q.replace("\0", ""), self.role, self.team, active)

    def address(self, after: str | None) -> str:
        asked = {"q": self.q, "role": self.role or "", "team": self.team or "", "state": self.state}
        return "/desk/people?" + urlencode({**asked, "after": after or ""})


class PeoplePart:
    """The list, searched and paged by the database."""

    def __init__(self, here: Visit, sheet: Sheet, query: PeopleQuery, base_url: str) -> None:
        self._here = here
        self._query = query
        self._words = staff_words().pages
        self._roles = desk_words().roles
        self._editing = PersonSheet(here, sheet, base_url, self._refresh)
        self._team_labels: dict[str, str] = {}

    async def draw(self) -> None:
        self._team_labels = {team.name: team.label for team in await self._here.agents.teams.all()}
        self._editing.team_labels = self._team_labels
        with tag("div", "toolbar"):
            draw_tabs("people")
            await self._draw_filters()
            ui.element("span").classes("grow")
            if self._here.person.role is Role.admin:
                new = button(self._words["new_person"], "primary", type="button", **{"data-new": ""})
                new.props["title"] = "Alt+N"
                new.on("click", self._editing.show_new)
        self._list = tag("div")
        await self._refresh()

    async def _draw_filters(self) -> None:
        words, query = self._words, self._query
        hint = words["search"]
        with tag("form", method="get", action="/desk/people", role="search"):
            tag("input", type="search", name="q", defaultValue=query.q, placeholder=hint, **{"aria-label": hint})
            roles = {"": words["any_role"]} | {role.value: self._roles[role] for role in Role}
            select("role", roles, query.role, **{"aria-label": words["role"]})
            select("team", {"": words["any_team"]} | self._team_labels, query.team, **{"aria-label": words["teams"]})
            states = {"active": words["only_active"], "closed": words["only_closed"], "all": words["any_state"]}
            select("state", states, query.state, **{"aria-label": words["state"]})
            button(words["filter"])

    async def _refresh(self) -> None:
        accounts = self._here.agents.accounts
        found = await accounts.search(self._query.wanted, after=self._query.after, limit=PAGE + 1)
        total = await accounts.count(self._query.wanted)
        self._list.clear()
        with self._list:
            self._draw_list(found[:PAGE], total)
            self._draw_pager(found)

    def _draw_list(self, people: list[AccountView], total: int) -> None:
        words = self._words
        names = ("name", "username", "role", "unit", "teams", "capacity", "state", "seen_at")
        with table([words[name] for name in names], "people"):
            for person in people:
                self._draw_person(person)
        if not people:
            tag("p", "empty", words["nothing_found"])
        tag("p", "muted under", words["persons"].format(n=total), **{"data-testid": "people-count"})

    def _draw_person(self, person: AccountView) -> None:
        with tag("tr", "" if person.is_active else "closed"):
            with tag("td", "nowrap"):
                if self._here.person.role is Role.admin:
                    show = button(person.name, "link", type="button")
                    show.on("click", _calling(self._editing.show, person.username))
                else:
                    ui.label(person.name)
            tag("td", "mono", person.username)
            tag("td", "nowrap", self._roles[person.role])
            tag("td", "", person.unit or person.province or "")
            with tag("td"), tag("div", "tags"):
                for team in person.teams:
                    tag("span", "tag", self._team_labels.get(team, team))
            tag("td", "wide-only", str(person.capacity), title=self._words["capacity"])
            with tag("td"), tag("div", "tags"):
                draw_state(person)
            tag("td", "nowrap muted wide-only", f"{local(person.seen_at):%m-%d %H:%M}" if person.seen_at else "—")

    def _draw_pager(self, found: list[AccountView]) -> None:
        with tag("div", "pager"):
            if self._query.after:
                tag("a", "button", self._words["first_page"], href=self._query.address(None))
            if len(found) > PAGE:
                tag("a", "button", self._words["next"], href=self._query.address(found[PAGE - 1].username))


def draw_state(person: AccountView) -> None:
    """What is worth knowing about an account at a glance."""
    words = staff_words().pages
    tag("span", "tag good" if person.is_active else "tag", words["active" if person.is_active else "closed"])
    if person.waits:
        tag("span", "tag bad", words["waits"])
    if not person.has_password and not person.single_sign_on:
        tag("span", "tag why", words["no_password"])
    if person.second_factor:
        tag("span", "tag status", words["second_factor"])
    if person.single_sign_on:
        tag("span", "tag", words["single_sign_on"])


def _calling(show: Callable[[str], Awaitable[None]], username: str) -> Callable[[], Awaitable[None]]:
    return lambda: show(username)
