"""A ticket out of a conversation, in two clicks: everything is filled in when the sheet opens."""

from uuid import UUID, uuid4

from nicegui import Client, ui

from bot.desk.ticket_desk import TicketDesk
from bot.desk.ticket_opening import OpeningDraft
from bot.desk.ticket_words import page_words
from bot.desk.ui.forms import Said, alert, area, button, field, first, form, tag
from bot.desk.ui.office import Visit
from bot.desk.ui.sheet import Sheet
from bot.staff.model import Actor
from bot.tickets.kinds import TicketKind
from bot.tickets.model import Ticket


class OpenTicketDialog:
    """Drawn once in a page; `open_ticket_dialog` shows it for a conversation."""

    def __init__(self, desk: TicketDesk, here: Visit, client: Client) -> None:
        self._desk = desk
        self._here = here
        self._sheet = Sheet(client)
        self._words = page_words()

    async def open_ticket_dialog(self, conversation_id: UUID) -> None:
        """Fill it in and show it; a refusal is told on top of the page."""

        async def draft(actor: Actor) -> OpeningDraft:
            return await self._desk.opening.draft(actor, conversation_id)

        found = await self._here.attempt(None, draft)
        if found is not None:
            self._draft, self._turn = found, str(uuid4())
            self._sheet.show(lambda: self._draw(found))

    def _draw(self, draft: OpeningDraft) -> None:
        words = self._words.ui
        tag("h2", "", words["open_from"])
        with form(self._open, "open-ticket"):
            self._refused = alert()
            known = draft.open_cases.get(draft.category)
            if known:
                tag("p", "hint wide warning", words["open_appends"].format(ticket_no=known))
            with tag("label", "field"):
                ui.label(words["category"])
                with tag("select", "", name="category"):
                    for group, leaves in self._desk.parts.tickets.core.catalogue().tree().items():
                        with tag("optgroup", label=group):
                            for leaf in leaves:
                                if leaf.kind is not TicketKind.appeal:
                                    tag("option", "", leaf.zh, value=leaf.id, selected=leaf.id == draft.category)
            field(words["waybill_no"], "waybill_no", draft.waybill_no or "")
            area(words["text"], "text", draft.text, rows=5)
            with tag("footer"):
                cancel = button(words["cancel"], type="button")
                cancel.on("click", self._sheet.close)
                button(words["open_now"], "primary", **{"data-testid": "open-now", "autofocus": True})

    async def _open(self, said: Said) -> None:
        category, text = first(said, "category") or "", first(said, "text") or ""

        async def open_(actor: Actor) -> tuple[Ticket, bool]:
            return await self._desk.opening.open(
                actor, self._draft, category=category, text=text, waybill_no=first(said, "waybill_no"), turn=self._turn
            )

        opened = await self._here.attempt(None, open_, refused=self._refused)
        if opened is None:
            return
        ticket, appended = opened
        self._sheet.close()
        self._here.inform(self._words.ui["appended" if appended else "opened"].format(ticket_no=ticket.ticket_no))
