"""``/desk/tickets``: the lists of a role, asked and sorted by the address of the page."""

from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from fastapi import Request
from fastapi.responses import RedirectResponse, Response
from nicegui import Client, ui
from nicegui.element import Element
from nicegui.events import GenericEventArguments

from bot.clock import local
from bot.desk.ticket_desk import TicketDesk
from bot.desk.ticket_lists import COUNTED_TO, PAGE, Asked, Names, TicketList
from bot.desk.ticket_words import page_words
from bot.desk.ui.forms import Said, alert, button, field, first, form, select, tag
from bot.desk.ui.office import Visit
from bot.desk.ui.sheet import Sheet
from bot.desk.ui.tickets import wording
from bot.desk.ui.tickets.choices import colleagues, unit_choices
from bot.desk.ui.tickets.shared import enter
from bot.errors import BadQueryError, BotError
from bot.staff.model import Actor, Role
from bot.tickets.kinds import Flow, Move, Priority, ServiceClass, TicketKind, TicketStatus
from bot.tickets.model import Ticket
from bot.tickets.queries import LONGEST_PAGE, Sort
from bot.tickets.words import ticket_words
from bot.waybills.numbers import find_waybill_numbers

_AT_ONCE = 100
CLOSED_SHOWN = timedelta(days=31)
_LEADS = {Role.provincial_agent, Role.headquarters_agent, Role.supervisor}
_URGES = _LEADS | {Role.agent, Role.provincial_arbitrator, Role.headquarters_arbitrator}
_ASSIGNS = _LEADS | {Role.provincial_arbitrator, Role.headquarters_arbitrator}


class TicketTable(Element, component="list.js"):
    """Emits ``more``, ``refresh``, ``begin`` (an act) and ``bulk`` ({what, numbers, said, turn})."""

    def __init__(self, columns: list[str], acts: list[dict[str, str]]) -> None:
        super().__init__()
        words = page_words()
        shown = [{"id": name, "title": words.columns[name]} for name in columns]
        self._props.update(rows=[], columns=shown, more=False, words=words.ui, fields=words.fields, keys=words.keys)
        self._props.update(acts=acts, people=[], units=[])

    def show(self, rows: list[dict[str, Any]], *, more: bool) -> None:
        if rows != self._props["rows"] or more != self._props["more"]:
            self._props.update(rows=rows, more=more)
            self.update()

    def offer(self, *, people: dict[str, str], units: dict[str, str]) -> None:
        """Whom and what one can choose."""
        self._props["people"] = [{"value": value, "text": text} for value, text in people.items()]
        self._props["units"] = [{"value": value, "text": text} for value, text in units.items()]
        self.update()

    def told(self, outcomes: list[dict[str, Any]]) -> None:
        self.run_method("told", outcomes)


def add_list_page(desk: TicketDesk) -> None:
    @ui.page("/tickets")
    async def tickets_page(request: Request, client: Client) -> Response | None:
        said = {name: value[:200] for name, value in request.query_params.items()}
        number = said.get("text", "").strip().upper()
        if number.startswith("GD") and number[2:].isdigit():
            return RedirectResponse(f"/desk/tickets/{number}", 303)
        here = await enter(desk.parts.agents, request, client, "tickets")
        if isinstance(here, Response):
            return here
        with tag("main", "desk-page office"), tag("div", "office-body tickets-page"):
            await ListPart(desk, here, client, said).draw()
        return None


class ListPart:
    """The lists, the filter, and the table under them."""

    def __init__(self, desk: TicketDesk, here: Visit, client: Client, said: dict[str, str]) -> None:
        self._desk = desk
        self._here = here
        self._client = client
        self._actor = here.person.actor
        self._words = page_words()
        self._said = said
        numbers = find_waybill_numbers(said.get("text", ""))
        if numbers:
            said = {name: value for name, value in said.items() if name != "text"} | {"waybill_no": numbers[0]}
        self._asked = _bounded(Asked.of(said), local(desk.parts.clock()).date())
        self._rows: list[dict[str, Any]] = []
        self._cursor: str | None = None

    async def draw(self) -> None:
        try:
            lists = self._desk.lists.of(self._actor)
        except BotError as refusal:
            tag("p", "empty", str(refusal), **{"data-testid": "refused"})
            return
        wanted = self._said.get("list", "")
        self._which = TicketList(wanted) if wanted in set(lists) else lists[0]
        await self._draw_lists(lists)
        await self._draw_filter()
        columns = list(await self._desk.arrangements.columns(self._actor))
        self._table = TicketTable(columns, self._acts())
        self._table.on("more", self._more).on("refresh", self._refresh)
        self._table.on("begin", self._begin).on("bulk", self._bulk)
        await self._load(PAGE)

    def _acts(self) -> list[dict[str, str]]:
        role, words = self._actor.role, self._words.ui
        found = [
            ("u", Move.urge, words["urge"], _URGES),
            ("a", Move.assign, words["assign"], _ASSIGNS),
            ("f", Move.redirect, words["forward"], _LEADS),
        ]
        return [{"key": key, "id": move.value, "title": title} for key, move, title, roles in found if role in roles]

    # -- above the table -------------------------------------------------------------------------

    async def _draw_lists(self, lists: tuple[TicketList, ...]) -> None:
        counts = await self._desk.lists.counts(self._actor)
        self._counts: dict[TicketList, Element] = {}
        saved = await self._desk.arrangements.filters(self._actor)
        with tag("nav", "ticket-lists", **{"aria-label": self._words.ui["title"]}):
            for which in lists:
                current = "page" if which is self._which and not self._said.get("saved") else None
                link = tag("a", "tab", href=f"/desk/tickets?list={which}", **{"aria-current": current})
                with link:
                    ui.label(self._words.lists[which])
                    self._counts[which] = tag("span", "count", _count(counts[which]))
                    self._counts[which].props["data-testid"] = f"count-{which}"
            if saved:
                tag("span", "rule")
            for one in saved:
                current = "page" if self._said.get("saved") == str(one.id) else None
                address = "/desk/tickets?" + urlencode({**one.query, "saved": str(one.id)})
                with tag("a", "tab saved", href=address, **{"aria-current": current, "data-testid": "saved"}):
                    ui.label(("👥 " if one.team else "☆ ") + one.name)

    async def _draw_filter(self) -> None:
        words, asked = self._words, self._asked
        any_ = {"": words.ui["any"]}
        catalogue = self._desk.parts.tickets.core.catalogue().tree()
        with tag("div", "toolbar"):
            with tag("form", method="get", action="/desk/tickets", role="search", **{"data-testid": "filter"}):
                tag("input", type="hidden", name="list", value=self._which.value)
                hint = words.ui["search"]
                tag("input", type="search", name="text", defaultValue=self._said.get("text", ""), placeholder=hint)
                statuses = {"": words.ui["open_ones"]} | {each.value: _status(each) for each in TicketStatus}
                select("status", statuses, asked.status, **{"aria-label": words.ui["status"]})
                groups = {"": f"{words.ui['category']}：{words.ui['any']}"} | {zh: zh for zh in catalogue}
                select("group", groups, asked.group, **{"aria-label": words.ui["group"]})
                sorts = {each.value: words.sorts[each] for each in Sort}
                select("sort", sorts, asked.sort, **{"aria-label": words.ui["sort"]})
                with tag("details", "more-filters", open=self._has_more() or None):
                    with tag("summary"):
                        ui.label(words.ui["more_filters"])
                    with tag("div", "fields"):
                        leaves = any_ | {leaf.id: leaf.zh for each in catalogue.values() for leaf in each}
                        self._select("category", leaves, asked.category)
                        self._select("kind", any_ | {each.value: words.kinds[each] for each in TicketKind}, asked.kind)
                        self._select("flow", any_ | {each.value: words.flows[each] for each in Flow}, asked.flow)
                        classes = any_ | {each.value: words.classes[each] for each in ServiceClass}
                        self._select("service_class", classes, asked.service_class, "class")
                        priorities = any_ | {each.value: words.priorities[each] for each in Priority}
                        self._select("priority", priorities, asked.priority)
                        for name in ("unit", "province", "waybill_no"):
                            field(words.ui[name], name, getattr(asked, name))
                        for name in ("opened_from", "opened_until"):
                            field(words.ui[name], name, str(getattr(asked, name) or ""), kind="date")
                        due = f"{asked.due_before:%Y-%m-%dT%H:%M}" if asked.due_before else ""
                        field(words.ui["due_before"], "due_before", due, kind="datetime-local")
                button(words.ui["filter"], "primary")
            tag("a", "button", words.ui["clear"], href=f"/desk/tickets?list={self._which}")
            self._sheet = Sheet(self._client)
            saving = button(words.ui["save_filter"], type="button", **{"data-testid": "save-filter"})
            saving.on("click", self._ask_name)
            button(words.ui["columns"], type="button", **{"data-testid": "columns"}).on("click", self._ask_columns)

    def _select(self, name: str, options: dict[str, str], chosen: str | None, label: str | None = None) -> None:
        with tag("label", "field"):
            ui.label(self._words.ui[label or name])
            select(name, options, chosen)

    def _has_more(self) -> bool:
        return bool(set(self._asked.plain) - {"status", "group", "sort", "text"})

    # -- the table -------------------------------------------------------------------------------

    async def _load(self, count: int) -> None:
        """The first ``count`` tickets; what somebody asked for nonsense is told above an empty list."""
        try:
            page = await self._desk.lists.page(self._actor, self._which, self._asked, limit=min(count, LONGEST_PAGE))
        except BadQueryError as refusal:
            self._here.inform(str(refusal))
            return
        self._cursor = page.next
        self._rows = await self._as_rows(page.tickets)
        self._table.show(self._rows, more=self._cursor is not None)

    async def _as_rows(self, tickets: tuple[Ticket, ...]) -> list[dict[str, Any]]:
        names = await self._desk.lists.names(tickets)
        return [self._row(ticket, names) for ticket in tickets]

    def _row(self, ticket: Ticket, names: Names) -> dict[str, Any]:
        now, words = self._desk.parts.clock(), self._words
        return {
            "no": ticket.ticket_no,
            "href": f"/desk/tickets/{ticket.ticket_no}",
            "heat": wording.heat(ticket, now),
            "left": wording.time_left(ticket, now),
            "share": wording.share_left(ticket, now),
            "priority": ticket.priority,
            "cells": {
                "due": wording.moment(ticket.due_at),
                "priority": words.priorities[ticket.priority],
                "status": wording.status(ticket),
                "category": self._desk.files.category(ticket.category),
                "text": ticket.text[:120],
                "waybill_no": ticket.waybill_no or "",
                "owner": names.unit(ticket.owner_unit),
                "assignee": names.person(ticket.assignee),
                "contacts": str(ticket.contacts),
                "opened": wording.moment(ticket.opened_at),
                "kind": words.kinds[ticket.kind],
                "flow": words.flows[ticket.flow],
                "class": words.classes[ticket.service_class],
                "province": ticket.province or "",
            },
        }

    async def _more(self) -> None:
        if self._cursor is None:
            return

        async def load(actor: Actor) -> None:
            page = await self._desk.lists.page(actor, self._which, self._asked, cursor=self._cursor)
            known = {row["no"] for row in self._rows}
            self._rows = self._rows + [row for row in await self._as_rows(page.tickets) if row["no"] not in known]
            self._cursor = page.next
            self._table.show(self._rows, more=page.next is not None)

        await self._here.attempt(None, load)

    async def _refresh(self) -> None:
        """The same rows as they stand now.  Who has scrolled beyond one page's limit keeps what is there."""

        async def load(actor: Actor) -> None:
            self._actor = actor
            if len(self._rows) <= LONGEST_PAGE:
                await self._load(max(len(self._rows), PAGE))
            for which, count in (await self._desk.lists.counts(actor)).items():
                if which in self._counts:
                    self._counts[which].clear()
                    with self._counts[which]:
                        ui.label(_count(count))

        await self._here.attempt(None, load)

    async def _begin(self, event: GenericEventArguments) -> None:
        """Only now is it looked up whom one could choose."""
        people = await colleagues(self._desk, self._actor) if event.args == Move.assign else {}
        units = await unit_choices(self._desk, self._actor) if event.args == Move.redirect else {}
        self._table.offer(people=people, units=units)

    async def _bulk(self, event: GenericEventArguments) -> None:
        """The same move on each; one that is refused does not keep the others."""
        what, turn = str(event.args["what"]), str(event.args["turn"])[:80]
        said = {str(name): [str(value)] for name, value in dict(event.args["said"]).items() if value}
        numbers = [str(number) for number in event.args["numbers"]][:_AT_ONCE]
        if what not in {act["id"] for act in self._acts()}:
            return

        async def act(actor: Actor) -> list[dict[str, Any]]:
            return [await self._one(actor, number, what, said, f"{turn}:{number}") for number in numbers]

        outcomes = await self._here.attempt(None, act)
        if outcomes is not None:
            await self._refresh()
            self._table.told(outcomes)

    async def _one(self, actor: Actor, number: str, what: str, said: Said, turn: str) -> dict[str, Any]:
        try:
            await self._desk.moves.make(actor, number, what, said, version=None, turn=turn)
        except BotError as refusal:
            return {"no": number, "ok": False, "text": str(refusal)}
        return {"no": number, "ok": True, "text": self._words.ui["done_well"]}

    # -- what one keeps --------------------------------------------------------------------------

    async def _ask_name(self) -> None:
        teams = await self._desk.arrangements.teams(self._actor)
        saved = await self._desk.arrangements.filters(self._actor)
        words = self._words.ui

        def draw() -> None:
            tag("h2", "", words["save_filter"])
            with form(self._save, "save-filter-form"):
                self._refused = alert()
                field(words["filter_name"], "name", maxlength="40")
                with tag("label", "field"):
                    ui.label(words["share_with"])
                    select("team", {"": words["only_me"]} | teams, "")
                with tag("footer"):
                    button(words["save"], "primary")
            for one in saved:
                with tag("div", "acts"):
                    ui.label(one.name).classes("grow")
                    remove = button(words["delete"], "small danger", type="button")
                    remove.on("click", lambda _, filter_id=one.id: self._delete(filter_id))

        self._sheet.show(draw)

    async def _save(self, said: Said) -> None:
        name, team = first(said, "name") or "", first(said, "team")

        async def save(actor: Actor) -> bool:
            await self._desk.arrangements.save(actor, name, self._which, self._asked, team=team)
            return True

        if await self._here.attempt(None, save, refused=self._refused):
            self._here.run("location.reload()")

    async def _delete(self, filter_id: UUID) -> None:
        async def delete(actor: Actor) -> bool:
            await self._desk.arrangements.delete(actor, filter_id)
            return True

        if await self._here.attempt(None, delete, refused=self._refused):
            self._here.run("location.href = '/desk/tickets'")

    async def _ask_columns(self) -> None:
        chosen = await self._desk.arrangements.columns(self._actor)
        words = self._words

        def draw() -> None:
            tag("h2", "", words.ui["columns"])
            with form(self._choose, "columns-form"):
                with tag("div", "checks wide"):
                    for name, title in words.columns.items():
                        with tag("label"):
                            tag("input", type="checkbox", name="column", value=name, checked=name in chosen or None)
                            ui.label(title)
                with tag("footer"):
                    button(words.ui["save"], "primary")

        self._sheet.show(draw)

    async def _choose(self, said: Said) -> None:
        columns = said.get("column", [])

        async def choose(actor: Actor) -> bool:
            await self._desk.arrangements.choose(actor, columns)
            return True

        if await self._here.attempt(None, choose):
            self._here.run("location.reload()")


def _bounded(asked: Asked, today: date) -> Asked:
    """Closed tickets are of the last month unless one says otherwise: there are too many to search them all."""
    if asked.status is not TicketStatus.closed or asked.opened_from or asked.waybill_no:
        return asked
    return asked.model_copy(update={"opened_from": today - CLOSED_SHOWN})


def _count(count: int) -> str:
    return f"{COUNTED_TO - 1}+" if count >= COUNTED_TO else str(count)


def _status(status: TicketStatus) -> str:
    return ticket_words().statuses[status]
