"""The moves that somebody may make now, each as a small form; and why the others are not possible."""

from collections.abc import Awaitable, Callable
from uuid import uuid4

from nicegui import Client, ui
from nicegui.element import Element

from bot.desk.ticket_desk import TicketDesk
from bot.desk.ticket_file import TicketFile
from bot.desk.ticket_moves import FIELDS, PROVE, UNPROVEN, WITHDRAW, is_conflict
from bot.desk.ticket_words import page_words
from bot.desk.ui.forms import Said, alert, area, button, choice, form, tag
from bot.desk.ui.office import Visit
from bot.desk.ui.tickets.choices import choices_of
from bot.desk.ui.tickets.evidence import UploadPlace
from bot.desk.ui.tickets.story import who_did
from bot.errors import IllegalMoveError
from bot.staff.model import Actor
from bot.tickets.kinds import Move
from bot.tickets.model import Ticket
from bot.tickets.words import ticket_words

_AREAS = {"done", "words", "reason", "note", "text", "answer"}
_MUST = {"done", "text", "answer", "into", "to", "satisfied", "category", "node"}
_REASONED = {Move.send_back, Move.redirect, Move.escalate, Move.reopen, UNPROVEN, WITHDRAW}
_GRAVE = {Move.admit, Move.merge, UNPROVEN, WITHDRAW}
_FIRST = 4

_FOCUS = """requestAnimationFrame(() => {
  const form = getHtmlElement(%d);
  if (!form.contains(document.activeElement)) form.querySelector('textarea, input, select')?.focus();
})"""
"""Into the first field, unless somebody is in another one already."""


class MovesPart:
    """A row of buttons and the form of one of them.

    When the ticket changes under an open form only the buttons are drawn anew: what was typed stays, and is sent with
    the version that is on the screen then.  A form that asks for evidence has the place to hand it in.
    """

    def __init__(
        self,
        desk: TicketDesk,
        here: Visit,
        client: Client,
        reload: Callable[[], Awaitable[TicketFile | None]],
        upload: UploadPlace,
    ) -> None:
        self._desk = desk
        self._here = here
        self._client = client
        self._reload = reload
        self._upload = upload
        self._words = page_words()
        self._file: TicketFile | None = None
        self._open: str | None = None
        self._files: Element | None = None
        self._shown: set[str] = set()

    def draw(self) -> None:
        with tag("section", "block moves", **{"data-testid": "moves"}):
            tag("h2", "", self._words.ui["can"])
            self._buttons = tag("div", "move-buttons")
            self._form = tag("div", "move-form")
            self._refusals = tag("div", "refusals")

    def show(self, file: TicketFile) -> None:
        """The ticket as it is now."""
        self._file = file
        with self._client:
            self._show_buttons(file)
            self._show_refusals(file)
            self._add_files(file)

    def _show_buttons(self, file: TicketFile) -> None:
        self._buttons.clear()
        possible = [offer.name for offer in file.offers if not offer.refused]
        with self._buttons:
            for place, name in enumerate(possible):
                if name == Move.rule:
                    address = f"/desk/arbitration/{file.ticket.ticket_no}"
                    tag("a", "button primary-link", self._words.ui["to_arbitration"], href=address)
                    continue
                title = self._words.moves[name]
                kind = "danger" if name in _GRAVE else "primary" if place == 0 else ""
                one = button(title.name, kind, type="button", title=title.hint, **{"data-testid": f"move-{name}"})
                one.on("click", lambda _, name=name: self._begin(name))
            if not possible:
                tag("p", "nothing", self._words.ui["nothing_to_do"])

    def _show_refusals(self, file: TicketFile) -> None:
        self._refusals.clear()
        refused = [offer for offer in file.offers if offer.refused]
        if not refused:
            return
        with self._refusals, tag("details", "", **{"data-testid": "refused-moves"}):
            with tag("summary"):
                ui.label(self._words.ui["cannot"].format(n=len(refused)))
            with tag("dl", "facts"):
                for offer in refused:
                    tag("dt", "", self._words.moves[offer.name].name)
                    tag("dd", "", offer.refused)

    async def _begin(self, name: str) -> None:
        """Open the form of a move; one that asks for nothing is made at once."""
        file = self._file
        if file is None:
            return
        turn = str(uuid4())
        if not FIELDS[name]:
            await self._send(name, {}, turn, None)
            return
        options = {
            each: await choices_of(self._desk, self._here.person.actor, file, name, each) for each in FIELDS[name]
        }
        self._open, self._files, self._shown = name, None, set()
        self._upload.leave_form()
        with self._client:
            self._form.clear()
            with self._form:
                self._draw_form(name, options, turn)
            self._add_files(file)
            ui.run_javascript(_FOCUS % self._form.id)

    def _draw_form(self, name: str, options: dict[str, dict[str, str]], turn: str) -> None:
        words = self._words.moves[name]

        async def send(said: Said) -> None:
            await self._send(name, said, turn, refused)

        with form(send, f"form-{name}"):
            tag("p", "hint wide", f"{words.name}：{words.hint}" if words.hint else words.name)
            refused = alert()
            for each in FIELDS[name]:
                self._draw_field(name, each, options[each])
            with tag("footer"):
                cancel = button(self._words.ui["cancel"], type="button")
                cancel.on("click", self._close)
                button(words.name, "danger" if name in _GRAVE else "primary", **{"data-testid": f"send-{name}"})

    def _draw_field(self, move: str, name: str, options: dict[str, str]) -> None:
        label = self._words.fields[name]
        if name == "evidence":
            with tag("fieldset", "wide evidence-choice"):
                tag("legend", "", label)
                self._files = tag("div", "checks")
                self._upload.enter_form(tag("div"))
        elif name == "unit":
            with tag("label", "field wide"):
                ui.label(label)
                needed = move == Move.redirect or None
                tag("input", "", name=name, list="unit-choices", autocomplete="off", required=needed)
            with tag("datalist", id="unit-choices"):
                for value, text in options.items():
                    tag("option", "", text, value=value)
        elif options:
            choice(label, name, options, next(iter(options)))
        elif name in _AREAS:
            area(label, name)
        elif name != "side":
            tag("p", "hint wide", self._words.ui["nothing_to_do"])

    def _add_files(self, file: TicketFile) -> None:
        """A box for every own file that is in the record, ticked; those that came meanwhile are added."""
        if self._files is None:
            return
        actor = self._here.person.actor
        with self._files:
            for item in file.evidence:
                own = item.by == actor.name or (actor.unit is not None and item.unit == actor.unit)
                if item.attachment is None or not own or item.attachment in self._shown:
                    continue
                self._shown.add(item.attachment)
                with tag("label"):
                    tag("input", type="checkbox", name="evidence", value=item.attachment, checked=True)
                    ui.label(item.file_name or item.attachment[:8])

    def _close(self) -> None:
        self._open, self._files = None, None
        self._upload.leave_form()
        with self._client:
            self._form.clear()

    async def _send(self, name: str, said: Said, turn: str, refused: ui.label | None) -> None:
        file = self._file
        if file is None:
            return
        missing = next((each for each in FIELDS[name] if self._is_missing(name, each, said)), None)
        if missing is not None:
            self._say(self._words.ui["required"].format(field=self._words.fields[missing]), refused)
            return
        number, version = file.ticket.ticket_no, file.ticket.version

        async def make(actor: Actor) -> Ticket | None:
            try:
                return await self._desk.moves.make(actor, number, name, said, version=version, turn=turn)
            except IllegalMoveError as refusal:
                if not is_conflict(refusal, number):
                    raise
            await self._tell_conflict(refused)
            return None

        moved = await self._here.attempt(None, make, refused=refused)
        if moved is None:
            return
        if self._open == name:
            self._close()
        self._here.inform(self._words.ui["done"].format(what=self._words.moves[name].name))
        if moved.ticket_no != number:
            self._here.run(f"location.href = '/desk/tickets/{moved.ticket_no}'")
            return
        await self._reload()

    async def _tell_conflict(self, refused: ui.label | None) -> None:
        """Somebody was faster: the page shows what they did, the form stays as it is."""
        file = await self._reload()
        if file is None or not file.events:
            return
        last = file.events[-1]
        what = ticket_words().moves.get(last.what, last.what)
        self._say(
            self._words.ui["conflict"].format(who=who_did(last, file) or self._words.ui["someone"], what=what), refused
        )

    def _is_missing(self, move: str, name: str, said: Said) -> bool:
        must = name in _MUST or (name == "reason" and move in _REASONED) or (name == "unit" and move == Move.redirect)
        must = (must and (move, name) != (Move.raise_priority, "to")) or (move, name) == (PROVE, "evidence")
        return must and not any(value.strip() for value in said.get(name, []))

    def _say(self, text: str, place: ui.label | None) -> None:
        with self._client:
            if place is not None:
                place.set_text(text)
            else:
                ui.notify(text, type="warning", position="top")
