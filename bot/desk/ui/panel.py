"""Beside the conversation: why it came, who writes, the waybill and its track, open tickets."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from uuid import UUID

from nicegui import ui
from nicegui.element import Element

from bot.clock import local
from bot.conversations.schemas import ConversationView
from bot.desk.schemas import CheckpointLine, Context, CustomerCard, TicketLine, WaybillCard
from bot.desk.ui.tickets.open_dialog import draw_open_button
from bot.desk.words import DeskWords
from bot.handover.brief import HandoverBrief

_TRACK_SHOWN = 4
_COPY = "() => navigator.clipboard?.writeText({text})"


class Panel:
    """Draws a `Context`; draws again only what changed enough to see."""

    def __init__(self, words: DeskWords) -> None:
        self._words = words
        self.on_open_ticket: Callable[[UUID], Awaitable[None]] | None = None
        self._drawn: Context | None = None
        self._root = ui.element("aside").classes("panel").props(f'aria-label="{words.ui["details"]}"')

    def show(self, context: Context | None) -> None:
        if context is not None and self._drawn is not None and _same(context, self._drawn):
            return
        self._drawn = context
        self._root.clear()
        if context is not None:
            with self._root:
                self._draw(context)

    def _draw(self, context: Context) -> None:
        back = ui.element("button").classes("plain only-panel")
        back.on("click", js_handler="() => { document.body.dataset.pane = 'chat' }")
        with back:
            ui.label(f"‹ {self._words.ui['back']}")
        self._draw_hand_off(context.conversation, context.brief)
        self._draw_tickets(context.tickets, context.conversation.id)
        self._draw_waybill(context)
        self._draw_customer(context.customer, context.conversation)
        if context.summaries:
            with self._card("past_summaries"):
                for one in context.summaries:
                    _fact(f"{self._words.intent(one.wrap_up_code)} · {one.by}", one.text)

    def _draw_hand_off(self, view: ConversationView, brief: HandoverBrief | None) -> None:
        words = self._words
        with self._card("summary"):
            if brief is not None and brief.is_vip:
                with ui.element("div").classes("tags"):
                    _tag(words.ui["vip"], "condition-at_risk")
            if brief is not None and brief.transferred:
                ui.label(f"{words.ui['transferred_note']}：{brief.transferred}").classes("warning")
            lines = "\n".join(brief.lines) if brief is not None and view.hand_off_summary else ""
            ui.label(lines or view.hand_off_summary or words.ui["no_summary"]).classes("summary")
            with _facts():
                _fact(words.ui["reason"], words.reasons.get(view.hand_off_reason or "", view.hand_off_reason))
                _fact(words.ui["asked"], words.intent(view.hand_off_intent))
                if brief is not None:
                    _fact(words.ui["because"], "、".join(brief.because))
                    past = words.ui["times"].format(n=brief.contacts) if brief.contacts else ""
                    _fact(words.ui["past_contacts"], f"{past} {_moment(brief.last_contact_at)}".strip())
                    if len(brief.channels) > 1:
                        _fact(words.ui["all_channels"], "、".join(words.channel(one) for one in brief.channels))
                    if brief.is_verified:
                        _fact(words.ui["identity"], words.ui["verified"])

    def _draw_customer(self, customer: CustomerCard, view: ConversationView) -> None:
        words = self._words
        with self._card("customer"), _facts():
            _fact(words.ui["visitor"], customer.name or customer.visitor)
            _fact(words.ui["phone"], customer.verified_phone or words.ui["unverified"])
            _fact(words.ui["channel"], words.channel(view.channel))
            _fact(words.ui["since"], _moment(customer.since))

    def _draw_waybill(self, context: Context) -> None:
        ui_words = self._words.ui
        with self._card("waybill"):
            if context.waybill is not None:
                self._draw_waybill_card(context.waybill)
            elif context.conversation.waybill_no:
                _nothing(ui_words["unknown_waybill"].format(waybill_no=context.conversation.waybill_no))
            else:
                _nothing(ui_words["no_waybill"])

    def _draw_waybill_card(self, card: WaybillCard) -> None:
        words = self._words
        with ui.element("div").classes("waybill-top"):
            ui.label(card.waybill_no).classes("mono number")
            copy = ui.element("button").classes("plain small").props('type="button"')
            copy.on("click", js_handler=_COPY.format(text=f"'{card.waybill_no}'"))
            with copy:
                ui.label(words.ui["copy"])
        with ui.element("div").classes("tags"):
            _tag(words.statuses[card.status], "status")
            _tag(words.conditions[card.condition], f"condition-{card.condition}")
            _tag(words.products[card.product])
            _tag(card.goods)
        for warning in self._warnings(card):
            ui.label(warning).classes("warning")
        self._draw_waybill_facts(card)
        self._draw_track(card.track)

    def _warnings(self, card: WaybillCard) -> list[str]:
        words = self._words.ui
        found = []
        if card.late_by:
            found.append(words["late"].format(span=self._span(card.late_by)))
        if card.stalled_for:
            found.append(words["stalled"].format(span=self._span(card.stalled_for)))
        if card.skipped_delivery_scan:
            found.append(words["false_delivery"])
        if card.party is None:
            found.append(words["identity_unproved"])
        return found

    def _draw_waybill_facts(self, card: WaybillCard) -> None:
        words = self._words
        with _facts():
            if card.party is not None:
                _fact(words.ui["identity"], words.parties[card.party])
            for end, party in (("consignor", card.consignor), ("consignee", card.consignee)):
                _fact(words.ui[end], f"{party.name} {party.phone} {party.region}")
            _fact(words.ui["promised_at"], _moment(card.promised_at))
            _fact(words.ui["first_promised_at"], _moment(card.first_promised_at))
            _fact(words.ui["expected_at"], _moment(card.expected_at))
            _fact(words.ui["delivered_at"], _moment(card.delivered_at))
            _fact(words.ui["signed_by"], card.signed_by)
            _fact(words.ui["courier"], " ".join(filter(None, (card.courier_name, card.courier_phone))))
            _fact(words.ui["pickup"], card.pickup_place)

    def _draw_track(self, track: tuple[CheckpointLine, ...]) -> None:
        _draw_scans(track[:_TRACK_SHOWN])
        if len(track) > _TRACK_SHOWN:
            with ui.element("details"):
                with ui.element("summary"):
                    ui.label(self._words.ui["track_all"].format(n=len(track)))
                _draw_scans(track[_TRACK_SHOWN:])

    def _draw_tickets(self, tickets: tuple[TicketLine, ...], conversation_id: UUID) -> None:
        with self._card("tickets"):
            if self.on_open_ticket is not None:
                draw_open_button(self.on_open_ticket, conversation_id)
            if not tickets:
                _nothing(self._words.ui["no_tickets"])
            for ticket in tickets:
                self._draw_ticket(ticket)

    def _draw_ticket(self, ticket: TicketLine) -> None:
        words = self._words
        due = f"{words.ui['due_at']} {_moment(ticket.due_at)}"
        with ui.element("div").classes("ticket"):
            with ui.element("div").classes("tags"):
                ui.label(ticket.ticket_no).classes("mono")
                _tag(words.ticket_kinds.get(ticket.kind, ticket.kind))
                _tag(words.ticket_statuses.get(ticket.status, ticket.status))
                if ticket.priority != "normal":
                    _tag(words.priorities.get(ticket.priority, ticket.priority), "condition-at_risk")
                if ticket.overdue:
                    _tag(words.ui["overdue"], "condition-problem")
            contacts = words.ui["contacts"].format(n=ticket.contacts)
            ui.label(f"{words.intent(ticket.category)} · {due} · {contacts}").classes("muted")

    def _card(self, title: str) -> Element:
        card = ui.element("section").classes("card")
        with card, ui.element("h2"):
            ui.label(self._words.ui[title])
        return card

    def _span(self, span: timedelta) -> str:
        """The two largest units that matter: ``1 天 4 小时``."""
        minutes = int(span.total_seconds() // 60)
        days, hours = minutes // 1440, minutes // 60 % 24
        units = (("days", days), ("hours", hours), ("minutes", 0 if days or hours else max(minutes, 1)))
        return " ".join(self._words.ui[unit].format(n=n) for unit, n in units if n)


def _same(one: Context, other: Context) -> bool:
    """Nothing differs that the panel shows; a growing log alone is no reason to draw again."""
    shown = {"id", "channel", "waybill_no", "hand_off_reason", "hand_off_intent", "hand_off_summary"}
    views = (context.conversation.model_dump(include=shown) for context in (one, other))
    rest = (context.model_dump(exclude={"conversation"}) for context in (one, other))
    return next(views) == next(views) and next(rest) == next(rest)


def _moment(moment: datetime | None) -> str:
    return f"{local(moment):%m-%d %H:%M}" if moment else ""


def _facts() -> Element:
    return ui.element("dl").classes("facts")


def _fact(name: str, value: str | None) -> None:
    """A line of a definition list; nothing at all when there is nothing to say."""
    if not value:
        return
    with ui.element("dt"):
        ui.label(name)
    with ui.element("dd"):
        ui.label(value)


def _tag(text: str, kind: str = "") -> None:
    ui.label(text).classes(f"tag {kind}")


def _nothing(text: str) -> None:
    ui.label(text).classes("nothing")


def _draw_scans(scans: tuple[CheckpointLine, ...]) -> None:
    with ui.element("ol").classes("track"):
        for scan in scans:
            with ui.element("li").classes(f"scan-{scan.kind}"):
                ui.label(f"{_moment(scan.at)} {scan.city}").classes("muted")
                ui.label(scan.text)
