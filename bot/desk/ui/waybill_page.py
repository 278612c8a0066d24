"""``/desk/waybill/{waybill_no}``: everything about one waybill on one page."""

from nicegui import ui
from nicegui.element import Element

from bot.clock import local
from bot.desk.dossier import Dossier
from bot.desk.schemas import TicketLine
from bot.desk.timeline import Entry
from bot.desk.ui.forms import tag
from bot.desk.words import DeskWords

_GO = "(e) => { const no = e.target.value.trim(); if (no) location.href = `/desk/waybill/${encodeURIComponent(no)}` }"
_KINDS = ("scan", "condition", "ticket", "summary", "evidence", "instruction")


class WaybillPage:
    """Draws a `Dossier`; the timeline can be narrowed to one kind."""

    def __init__(self, dossier: Dossier, words: DeskWords) -> None:
        self._dossier = dossier
        self._words = words
        self._kind: str | None = None
        self._timeline: Element | None = None
        self._choices: dict[str | None, Element] = {}

    def draw(self) -> None:
        with ui.element("main").classes("desk desk-page dossier"):
            self._draw_head()
            with ui.element("div").classes("dossier-columns"):
                with ui.element("section").classes("dossier-side"):
                    self._draw_standing()
                    self._draw_facts()
                    self._draw_tickets()
                with ui.element("section").classes("dossier-main"):
                    self._draw_choices()
                    self._timeline = ui.element("ol").classes("timeline")
            self._fill()

    def _draw_head(self) -> None:
        card, words = self._dossier.waybill, self._words
        with ui.element("header").classes("dossier-head"):
            with ui.element("h1").classes("mono"):
                ui.label(card.waybill_no)
            _tag(words.statuses[card.status], "status")
            _tag(words.conditions[card.condition], f"condition-{card.condition}")
            _tag(words.products[card.product])
            ui.element("span").classes("grow")
            draw_search(words)

    def _draw_standing(self) -> None:
        words, dossier = self._words, self._dossier
        with _card(words.timeline["because"]):
            for rule in dossier.because:
                self._draw_reason(rule)
            if not dossier.because:
                ui.label(words.timeline["no_rule"]).classes("muted")
            with ui.element("dl").classes("facts"):
                _fact(words.timeline["leg"], words.legs[dossier.leg])
                _fact(words.timeline["holding"], dossier.holding_outlet)

    def _draw_reason(self, rule: str) -> None:
        """The table in small, and below it what its row says."""
        table, _, said = (self._dossier.reasons.get(rule) or rule).partition("：")
        with tag("div", "reason", title=rule):
            tag("span", "muted", table)
            tag("p", "", said or None)

    def _draw_facts(self) -> None:
        words, card = self._words, self._dossier.waybill
        with _card(words.ui["waybill"]), ui.element("dl").classes("facts"):
            for end, party in (("consignor", card.consignor), ("consignee", card.consignee)):
                _fact(words.ui[end], f"{party.name} {party.phone} {party.region}")
            for name in ("promised_at", "first_promised_at", "expected_at", "delivered_at"):
                moment = getattr(card, name)
                _fact(words.ui[name], f"{local(moment):%m-%d %H:%M}" if moment else "")
            _fact(words.ui["signed_by"], card.signed_by)
            _fact(words.ui["courier"], " ".join(filter(None, (card.courier_name, card.courier_phone))))
            _fact(words.ui["pickup"], card.pickup_place)

    def _draw_tickets(self) -> None:
        with _card(self._words.ui["tickets"]):
            for ticket in self._dossier.tickets:
                self._draw_ticket(ticket)
            if not self._dossier.tickets:
                ui.label(self._words.ui["no_tickets"]).classes("nothing")

    def _draw_ticket(self, ticket: TicketLine) -> None:
        words = self._words
        with ui.element("div").classes("ticket"):
            with ui.element("div").classes("tags"):
                self._draw_number(ticket.ticket_no)
                _tag(words.ticket_statuses[ticket.status], "status")
            ui.label(self._dossier.categories[ticket.category])
            due = f"{words.ui['due_at']} {local(ticket.due_at):%m-%d %H:%M}"
            ui.label(words.ui["overdue"] if ticket.overdue else due).classes("bad" if ticket.overdue else "muted")

    def _draw_number(self, ticket_no: str) -> None:
        tag("a", "mono", ticket_no, href=f"/desk/tickets/{ticket_no}")

    def _draw_choices(self) -> None:
        counts = {kind: sum(entry.kind == kind for entry in self._dossier.timeline) for kind in _KINDS}
        with ui.element("div").classes("choices").props('role="group"'):
            self._draw_choice(None, self._words.timeline["all"], len(self._dossier.timeline))
            for kind in _KINDS:
                self._draw_choice(kind, self._words.timeline[kind], counts[kind])

    def _draw_choice(self, kind: str | None, name: str, count: int) -> None:
        button = ui.element("button").classes("small").on("click", lambda: self._choose(kind))
        with button:
            ui.label(f"{name} {count}")
        self._choices[kind] = button

    def _choose(self, kind: str | None) -> None:
        self._kind = kind
        self._fill()

    def _fill(self) -> None:
        for kind, button in self._choices.items():
            button.props(f"aria-pressed={'true' if kind == self._kind else 'false'}")
        if self._timeline is None:
            return
        self._timeline.clear()
        shown = [entry for entry in self._dossier.timeline if self._kind in (None, entry.kind)]
        with self._timeline:
            for entry in shown:
                self._draw_entry(entry)
            if not shown:
                ui.label(self._words.timeline["empty"]).classes("nothing")

    def _draw_entry(self, entry: Entry) -> None:
        with ui.element("li").classes(f"entry entry-{entry.kind} tone-{entry.tone or 'none'}"):
            ui.label(f"{local(entry.at):%m-%d %H:%M}").classes("mono when")
            with ui.element("div").classes("what"):
                with ui.element("div").classes("entry-head"):
                    _tag(self._words.timeline[entry.kind])
                    ui.label(entry.title).classes("entry-title")
                    if entry.ticket_no:
                        self._draw_number(entry.ticket_no)
                    ui.label(self._who(entry)).classes("muted")
                if entry.text:
                    ui.label(entry.text).classes("entry-text")
                for rule in entry.because:
                    self._draw_rule(rule)

    def _who(self, entry: Entry) -> str:
        """A name and its unit, an outlet, or that it was the bot or the system."""
        names, by = self._dossier.names, entry.by.removeprefix("agent:")
        name = self._words.authors.get(by) or names.get(by, by)
        return " · ".join(filter(None, (name, names.get(entry.unit or "", entry.unit))))

    def _draw_rule(self, rule: str) -> None:
        """What the rule says; which one it is shows when one points at it."""
        said = self._dossier.reasons.get(rule)
        label = ui.label(said or rule).classes("muted rule" if said else "muted mono rule")
        if said:
            label.props(f'title="{rule}"')


def draw_search(words: DeskWords) -> None:
    """A field that leads to another waybill."""
    hint = words.timeline["search"]
    field = ui.element("input").classes("search").props(f'type=search placeholder="{hint}" aria-label="{hint}"')
    field.on("keydown.enter", js_handler=_GO)


def _card(title: str) -> Element:
    card = ui.element("div").classes("card")
    with card, ui.element("h2"):
        ui.label(title)
    return card


def _fact(name: str, value: str | None) -> None:
    if value:
        with ui.element("dt"):
            ui.label(name)
        with ui.element("dd"):
            ui.label(value)


def _tag(text: str, kind: str = "") -> None:
    ui.label(text).classes(f"tag {kind}")
