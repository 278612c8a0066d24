"""Beside the conversation: why it came, tickets, what was promised, the waybill, who writes, and what was before."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from uuid import UUID

from nicegui import ui
from nicegui.element import Element

from bot.conversations.schemas import ConversationView
from bot.desk.schemas import Context, CustomerCard, Past, TicketLine
from bot.desk.ticket_words import page_words
from bot.desk.tools.schemas import PromiseView
from bot.desk.tools.words import tool_words
from bot.desk.ui.elements import rating_words
from bot.desk.ui.facts import fact, facts, hidden_fact, mark, moment
from bot.desk.ui.forms import button, tag
from bot.desk.ui.waybill_card import draw_waybill
from bot.desk.words import DeskWords
from bot.handover.brief import HandoverBrief


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
        self._draw_hand_off(context)
        self._draw_tickets(context.tickets, context.conversation.id)
        self._draw_promises(context.past.promises)
        self._draw_waybill(context)
        self._draw_customer(context.customer, context.conversation)
        self._draw_past(context.past)
        if context.summaries:
            with self._card("past_summaries"), ui.element("ol").classes("past"):
                for one in context.summaries:
                    self._draw_contact(one.wrap_up_code, one.text, one.by, one.at)

    def _draw_hand_off(self, context: Context) -> None:
        words, view, brief = self._words, context.conversation, context.brief
        with self._card("summary"):
            if brief is not None:
                self._draw_standing(brief)
            lines = "\n".join(brief.lines) if brief is not None and view.hand_off_summary else ""
            ui.label(lines or view.hand_off_summary or words.ui["no_summary"]).classes("summary")
            with facts():
                fact(words.ui["reason"], words.reasons.get(view.hand_off_reason or "", view.hand_off_reason))
                fact(words.ui["asked"], words.intent(view.hand_off_intent))
                fact(words.ui["asked_before"], self._asked(context.past))
                if brief is not None:
                    fact(words.ui["because"], "、".join(brief.because))
                    past = words.ui["times"].format(n=brief.contacts) if brief.contacts else ""
                    fact(words.ui["contacts_lately"], f"{past} {moment(brief.last_contact_at)}".strip())
                    if len(brief.channels) > 1:
                        fact(words.ui["all_channels"], "、".join(words.channel(one) for one in brief.channels))

    def _draw_standing(self, brief: HandoverBrief) -> None:
        words = self._words.ui
        with ui.element("div").classes("tags"):
            kind, text = ("condition-normal", "verified") if brief.is_verified else ("condition-at_risk", "unverified")
            mark(words[text], kind)
            if brief.is_vip:
                mark(words["vip"], "condition-at_risk")
        if brief.transferred:
            ui.label(f"{words['transferred_note']}：{brief.transferred}").classes("warning")

    def _asked(self, past: Past) -> str:
        """What the customer has brought up, so that nobody asks for it again."""
        times = self._words.ui["times"]
        return "、".join(
            self._words.intent(one.intent) + (f"（{times.format(n=one.times)}）" if one.times > 1 else "")
            for one in past.asked
        )

    def _draw_customer(self, customer: CustomerCard, view: ConversationView) -> None:
        words = self._words
        with self._card("customer"), facts():
            fact(words.ui["visitor"], customer.name or customer.visitor)
            wanted = {"kind": "phone", "whose": "customer"} if customer.verified_phone else None
            hidden_fact(words.ui["phone"], customer.verified_phone or words.ui["unverified"], wanted)
            fact(words.ui["channel"], words.channel(view.channel))
            fact(words.ui["since"], moment(customer.since))

    def _draw_promises(self, promises: tuple[PromiseView, ...]) -> None:
        if not promises:
            return
        words = tool_words()
        with self._card("promises"), ui.element("ol").classes("past"):
            for one in promises:
                with tag("li", "promised", **{"data-testid": "promised"}):
                    with ui.element("div").classes("tags"):
                        mark(words.promise_states[one.state], f"promise-{one.state}")
                        mark(words.promises[one.kind])
                        ui.label(f"{self._words.ui['due_at']} {moment(one.due_at)}").classes("muted")
                    ui.label(one.words)
                    if one.because:
                        ui.label(one.because).classes("muted")

    def _draw_past(self, past: Past) -> None:
        """Contacts with people of ours in other conversations, and what the customer thought of them."""
        if not past.contacts and not past.ratings:
            return
        with self._card("past_contacts"):
            for rating in past.ratings:
                with ui.element("p").classes("muted"):
                    tag("b", "stars", "★" * (rating.score or 0), **{"aria-label": f"{rating.score}/5"})
                    ui.label(f"{moment(rating.answered_at)} {rating_words(rating)}")
            with ui.element("ol").classes("past"):
                for one in past.contacts:
                    self._draw_contact(one.wrap_up_code, one.text, one.by, one.at, one.waybill_no)

    def _draw_contact(self, code: str, text: str, by: str, at: datetime, waybill_no: str | None = None) -> None:
        with tag("li", "", **{"data-testid": "contact"}):
            with ui.element("div").classes("tags"):
                mark(self._words.intent(code), "status")
                ui.label(f"{moment(at)} · {by}").classes("muted")
                if waybill_no:
                    tag("a", "mono", waybill_no, href=f"/desk/waybill/{waybill_no}", target="_blank")
            ui.label(text).classes("past-text")

    def _draw_waybill(self, context: Context) -> None:
        ui_words = self._words.ui
        with self._card("waybill"):
            if context.waybill is not None:
                draw_waybill(context.waybill, self._words)
            elif context.conversation.waybill_no:
                _nothing(ui_words["unknown_waybill"].format(waybill_no=context.conversation.waybill_no))
            else:
                _nothing(ui_words["no_waybill"])

    def _draw_tickets(self, tickets: tuple[TicketLine, ...], conversation_id: UUID) -> None:
        with self._card("tickets"):
            if self.on_open_ticket is not None:
                self._draw_open_button(self.on_open_ticket, conversation_id)
            if not tickets:
                _nothing(self._words.ui["no_tickets"])
            for ticket in tickets:
                self._draw_ticket(ticket)

    def _draw_open_button(self, show: Callable[[UUID], Awaitable[None]], conversation_id: UUID) -> None:
        attributes = {"data-open-ticket": "", "data-testid": "open-ticket-button", "title": "Alt+G"}
        one = button(page_words().ui["open_ticket"], "small", type="button", **attributes)
        one.on("click", lambda: show(conversation_id))

    def _draw_ticket(self, ticket: TicketLine) -> None:
        words = self._words
        due = f"{words.ui['due_at']} {moment(ticket.due_at)}"
        with ui.element("div").classes("ticket"):
            with ui.element("div").classes("tags"):
                tag("a", "mono", ticket.ticket_no, href=f"/desk/tickets/{ticket.ticket_no}", target="_blank")
                mark(words.ticket_kinds.get(ticket.kind, ticket.kind))
                mark(words.ticket_statuses.get(ticket.status, ticket.status))
                if ticket.priority != "normal":
                    mark(words.priorities.get(ticket.priority, ticket.priority), "condition-at_risk")
                if ticket.overdue:
                    mark(words.ui["overdue"], "condition-problem")
            contacts = words.ui["contacts"].format(n=ticket.contacts)
            ui.label(f"{words.intent(ticket.category)} · {due} · {contacts}").classes("muted")

    def _card(self, title: str) -> Element:
        card = ui.element("section").classes("card")
        with card, ui.element("h2"):
            ui.label(self._words.ui[title])
        return card


def _same(one: Context, other: Context) -> bool:
    """Nothing differs that the panel shows; a growing log alone is no reason to draw again."""
    shown = {"id", "channel", "waybill_no", "hand_off_reason", "hand_off_intent", "hand_off_summary"}
    views = (context.conversation.model_dump(include=shown) for context in (one, other))
    rest = (context.model_dump(exclude={"conversation"}) for context in (one, other))
    return next(views) == next(views) and next(rest) == next(rest)


def _nothing(text: str) -> None:
    ui.label(text).classes("nothing")
