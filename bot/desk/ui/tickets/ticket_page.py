"""``/desk/tickets/{ticket_no}``: everything about one ticket, and what can be done with it."""

from fastapi import Request
from fastapi.responses import Response
from nicegui import Client, ui

from bot.desk.ticket_desk import TicketDesk
from bot.desk.ticket_file import TicketFile
from bot.desk.ticket_words import page_words
from bot.desk.ui.forms import tag
from bot.desk.ui.office import Visit
from bot.desk.ui.sheet import Sheet
from bot.desk.ui.tickets import beside, wording
from bot.desk.ui.tickets.evidence import UploadPlace, draw_items
from bot.desk.ui.tickets.moves import MovesPart
from bot.desk.ui.tickets.shared import card, enter, fact, say_missing
from bot.desk.ui.tickets.story import draw_story
from bot.desk.words import desk_words
from bot.errors import BotError
from bot.staff.model import Actor
from bot.tickets.kinds import TicketStatus

_LOOK_AGAIN_S = 5.0


def add_ticket_page(desk: TicketDesk) -> None:
    @ui.page("/tickets/{ticket_no}")
    async def ticket_page(request: Request, client: Client, ticket_no: str) -> Response | None:
        here = await enter(desk.parts.agents, request, client, "tickets")
        if isinstance(here, Response):
            return here
        try:
            file = await desk.files.of(here.person.actor, ticket_no[:40])
        except BotError as refusal:
            say_missing(str(refusal))
            return None
        TicketPart(desk, here, client).draw(file)
        return None


class TicketPart:
    """The parts of the page, drawn anew when the ticket has changed; an open form is left alone."""

    def __init__(self, desk: TicketDesk, here: Visit, client: Client) -> None:
        self._desk = desk
        self._here = here
        self._client = client
        self._words = page_words()

    def draw(self, file: TicketFile) -> None:
        self._file = file
        with tag("main", "desk-page office"), tag("div", "office-body ticket-page"):
            self._sheet = Sheet(self._client)
            self._head = tag("header", "ticket-head")
            with tag("div", "ticket-columns"):
                with tag("div", "ticket-main"):
                    self._report = tag("div")
                    self._upload = UploadPlace(file.ticket.ticket_no, self._look, self._client)
                    self._moves = MovesPart(self._desk, self._here, self._client, self._reload, self._upload)
                    self._moves.draw()
                    with card(self._words.ui["evidence"], "evidence-card"):
                        self._upload.draw()
                        self._items = tag("div")
                    with card(self._words.ui["timeline"], "story-card"):
                        self._story = tag("div")
                self._aside = tag("aside", "ticket-aside")
        self._show(file)
        ui.timer(_LOOK_AGAIN_S, self._look)

    def _show(self, file: TicketFile) -> None:
        self._file = file
        with self._client:
            for part in (self._head, self._report, self._items, self._story, self._aside):
                part.clear()
            with self._head:
                self._draw_head(file)
            with self._report, card(self._words.ui["text"]):
                tag("p", "said-text report", file.ticket.text, **{"data-testid": "text"})
            with self._items:
                draw_items(file.evidence, file.names)
            with self._story:
                draw_story(file)
            with self._aside:
                self._draw_aside(file)
        self._upload.show(may_upload=file.may_upload)
        self._moves.show(file)

    def _draw_head(self, file: TicketFile) -> None:
        ticket, words = file.ticket, self._words
        with tag("div", "title"):
            tag("a", "back-link", f"‹ {words.ui['title']}", href="/desk/tickets")
            tag("h1", "", f"{ticket.ticket_no} {file.category}")
            tag("span", "tag", words.kinds[ticket.kind])
            tag("span", "tag status", wording.status(ticket), **{"data-testid": "status"})
            if ticket.priority != "normal":
                tag("span", f"tag p-{ticket.priority}", words.priorities[ticket.priority])
            if ticket.vip:
                tag("span", "tag bad", "VIP")
        with tag("div", f"standing {wording.heat(ticket, file.now)}"):
            with tag("span", "left-bar", **{"aria-hidden": "true"}):
                tag("i", style=f"width: {wording.share_left(ticket, file.now)}%")
            tag("b", "left-text", wording.time_left(ticket, file.now))
            tag("span", "", file.waits, **{"data-testid": "waits"})

    def _draw_aside(self, file: TicketFile) -> None:
        ticket, words, names = file.ticket, self._words, file.names
        with card(words.ui["status"]), tag("dl", "facts"):
            fact(words.ui["head_due"], wording.moment(ticket.due_at))
            if ticket.accepted_at is None and ticket.status != TicketStatus.closed:
                fact(words.ui["head_respond"], wording.moment(ticket.respond_due_at))
            fact(words.ui["head_window"], wording.moment(ticket.window_until))
            fact(words.ui["head_regulator"], wording.moment(ticket.regulator_due_at))
            fact(words.ui["head_owner"], names.unit(ticket.owner_unit))
            fact(words.ui["head_assignee"], names.person(ticket.assignee))
            fact(words.ui["head_outlet"], names.unit(ticket.outlet))
            fact(words.ui["head_liable"], names.unit(ticket.liable_unit), classes="bad")
            fact(words.ui["head_class"], f"{words.classes[ticket.service_class]} · {words.flows[ticket.flow]}")
            fact(words.ui["head_reported"], _channel(ticket.channel))
            counted = ("contacts", "urges", "escalations", "sent_backs")
            fact(
                words.ui["head_counts"], words.ui["counts"].format(**{name: getattr(ticket, name) for name in counted})
            )
            fact(words.ui["parent"], ticket.parent_no)
            fact(words.ui["merged_into"], ticket.merged_into)
        beside.draw_waybill(file)
        beside.draw_chain(file)
        beside.draw_rulings(file)
        beside.CustomerPart(self._desk, self._here, self._sheet).draw(file)
        beside.draw_excerpt(file, self._here.person.role)
        beside.draw_related(file, self._desk)
        beside.draw_entries(file)

    async def _look(self, *_: object) -> None:
        """Draw anew only where there is something new."""
        ticket = self._file.ticket

        async def look(actor: Actor) -> tuple[int, int]:
            return await self._desk.files.version(actor, ticket.ticket_no)

        known = await self._here.attempt(None, look)
        if known is not None and known != (ticket.version, len(self._file.evidence)):
            await self._reload()

    async def _reload(self) -> TicketFile | None:
        async def read(actor: Actor) -> TicketFile:
            return await self._desk.files.of(actor, self._file.ticket.ticket_no)

        file = await self._here.attempt(None, read)
        if file is not None:
            self._show(file)
        return file


def _channel(channel: str) -> str:
    """Calls are written down by people; they are no channel of the bot."""
    return page_words().ui["phone"] if channel == "phone" else desk_words().channel(channel) if channel else ""
