"""``/desk/audit``: who did what, when, why and from where; for supervisors and administrators."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from urllib.parse import urlencode

from fastapi import Request
from fastapi.responses import Response
from nicegui import Client, ui

from bot.clock import CHINA, local
from bot.desk.audit_endpoints import entry_view
from bot.desk.people_endpoints import SEE_PEOPLE
from bot.desk.service import AgentService
from bot.desk.ui.forms import button, select, table, tag
from bot.desk.ui.office import Visit, visit
from bot.desk.words import desk_words
from bot.errors import BadQueryError
from bot.staff.audit import Filter, place_of
from bot.staff.model import Role
from bot.staff.schemas import EntryView
from bot.staff.tables import AuditEntry
from bot.staff.words import staff_words

PAGE = 100
_GRAVE = {"login.refused", "login.locked", "account.closed", "second_factor.off", "second_factor.recovered"}


def add_audit_page(agents: AgentService) -> None:
    """Add the page."""

    @ui.page("/audit")
    async def audit_page(
        request: Request,
        client: Client,
        who: str = "",
        about: str = "",
        what: str = "",
        since: str = "",
        until: str = "",
        before: str = "",
    ) -> Response | None:
        here = await visit(agents, request, client, "audit", SEE_PEOPLE)
        if isinstance(here, Response):
            return here
        query = AuditQuery(who[:80], about[:80], what[:80], since[:10], until[:10])
        with tag("main", "desk-page office"), tag("div", "office-body"):
            await AuditPart(here, query).draw(before or None)
        return None


@dataclass(frozen=True)
class AuditQuery:
    """What the address of the page asks for; days are China's, the last one included."""

    who: str
    about: str
    what: str
    since: str
    until: str

    @property
    def filter(self) -> Filter:
        until = _midnight(self.until)
        return Filter(
            self.who.strip().replace("\0", "") or None,
            self.about.strip().replace("\0", "") or None,
            self.what.replace("\0", "") or None,
            _midnight(self.since),
            until + timedelta(days=1) if until else None,
        )

    def address(self, before: str) -> str:
        return "/desk/audit?" + urlencode({**vars(self), "before": before})

    @property
    def export(self) -> str:
        wanted = self.filter
        days = {"since": wanted.since, "until": wanted.until}
        asked = {"who": wanted.who, "about": wanted.about, "what": wanted.what}
        asked |= {name: moment.isoformat() for name, moment in days.items() if moment}
        return "/api/v1/audit.csv?" + urlencode({name: value for name, value in asked.items() if value})


class AuditPart:
    """The filters and a page of entries."""

    def __init__(self, here: Visit, query: AuditQuery) -> None:
        self._here = here
        self._query = query
        self._words = staff_words().pages

    async def draw(self, before: str | None) -> None:
        try:
            found = await self._here.agents.trail.entries(self._query.filter, before=before, limit=PAGE + 1)
        except BadQueryError:
            found = await self._here.agents.trail.entries(self._query.filter, limit=PAGE + 1)
        self._draw_filters()
        self._draw_entries(found[:PAGE])
        with tag("div", "pager"):
            if before:
                tag("a", "button", self._words["first_page"], href=self._query.address(""))
            if len(found) > PAGE:
                tag("a", "button", self._words["next"], href=self._query.address(place_of(found[PAGE - 1])))

    def _draw_filters(self) -> None:
        words, query = self._words, self._query
        with tag("div", "toolbar"):
            tag("h1", "", words["audit"])
            with tag("form", method="get", action="/desk/audit", role="search"):
                self._draw_text("who", query.who)
                self._draw_text("about", query.about)
                kinds = {"": words["any_what"]} | staff_words().audit
                select("what", kinds, query.what, **{"aria-label": words["what"]})
                for name in ("since", "until"):
                    label, value = words[name], getattr(query, name)
                    tag("input", "", type="date", name=name, defaultValue=value, title=label, **{"aria-label": label})
                button(words["filter"])
            ui.element("span").classes("grow")
            tag("a", "button", words["export"], href=query.export, download="audit.csv")

    def _draw_text(self, name: str, value: str) -> None:
        label = self._words[name]
        tag("input", "", name=name, defaultValue=value, placeholder=label, size=10, **{"aria-label": label})

    def _draw_entries(self, entries: Sequence[AuditEntry]) -> None:
        words = self._words
        with table([words[name] for name in ("at", "who", "what", "about", "why", "from")], "audit"):
            for entry in entries:
                self._draw_entry(entry_view(entry))
        if not entries:
            tag("p", "empty", words["nothing_kept"])

    def _draw_entry(self, entry: EntryView) -> None:
        with tag("tr"):
            tag("td", "mono nowrap", f"{local(entry.at):%m-%d %H:%M:%S}", title=f"{local(entry.at):%Y-%m-%d %H:%M:%S}")
            tag("td", "nowrap", entry.who)
            with tag("td", "nowrap"):
                tag("span", "tag bad" if entry.what in _GRAVE else "tag", entry.happening, title=entry.what)
            tag("td", "nowrap" if entry.about else "blank", entry.about or "")
            said = _told(entry)
            tag("td", "wrap" if said else "wrap blank", said)
            tag("td", "mono nowrap muted" if entry.address else "blank", entry.address or "")


def _told(entry: EntryView) -> str:
    """Why, and what changed to what, in a line."""
    fields = staff_words().fields
    told = [f"{fields.get(name, name)}：{_value(name, value)}" for name, value in entry.details.items()]
    if entry.conversation_id:
        told.append(f"#{str(entry.conversation_id)[:8]}")
    why = desk_words().intent(entry.why) if entry.what == "conversation.resolved" else entry.why
    return "；".join([*([why] if why else []), *told])


def _value(name: str, value: object) -> str:
    if isinstance(value, dict):
        return "、".join(str(each) for each in value.values()) or "—"
    if isinstance(value, list):
        return "、".join(str(each) for each in value) or "—"
    if name == "role" and value in set(Role):
        return desk_words().roles[str(value)]
    if name == "method":
        return staff_words().methods.get(str(value), str(value))
    if name == "expires_at":
        return f"{local(datetime.fromisoformat(str(value))):%Y-%m-%d %H:%M}"
    return "—" if value in (None, "") else str(value)


def _midnight(day: str) -> datetime | None:
    """The beginning of a day in China; None for what is no day."""
    try:
        return datetime.combine(date.fromisoformat(day), time(), CHINA)
    except ValueError:
        return None
