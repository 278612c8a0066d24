"""Behind the wall: somebody's conversations and state; one conversation with what a supervisor may do about it."""

from collections.abc import Awaitable, Callable
from functools import partial
from uuid import UUID

from nicegui import ui

from bot.conversations.model import ConversationState
from bot.conversations.schemas import MessageView
from bot.desk.context import visitor_label
from bot.desk.leading.reassigning import HeldLine, Transcript
from bot.desk.leading.services import Leading
from bot.desk.leading.who import LEADS
from bot.desk.leading.words import leading_words
from bot.desk.ui.forms import Said, alert, area, asking, button, choice, field, first, form, tag
from bot.desk.ui.leading.shared import in_words, moment
from bot.desk.ui.office import Visit
from bot.desk.ui.sheet import Sheet
from bot.desk.words import desk_words
from bot.handover.kinds import AgentState
from bot.handover.presence import AgentCard
from bot.staff.model import Actor

_SHOW_END = "document.querySelector('.transcript')?.scrollTo(0, 1e9)"


class AgentSheet:
    """One agent: what they have, and another state for who forgot."""

    def __init__(
        self, leading: Leading, here: Visit, sheet: Sheet, show_conversation: Callable[[str], Awaitable[None]]
    ) -> None:
        self._leading = leading
        self._here = here
        self._sheet = sheet
        self._show_conversation = show_conversation
        self._words = leading_words().wall

    async def show(self, username: str) -> None:
        async def read(actor: Actor) -> tuple[list[HeldLine], AgentCard | None]:
            held = await self._leading.reassigning.held_by(actor, username)
            cards = await self._leading.parts.handover.agents(actor)
            return held, next((card for card in cards if card.username == username), None)

        found = await self._here.attempt(LEADS, in_words(read))
        held, card = found or ([], None)
        if card is not None:
            self._sheet.show(partial(self._draw, card, held))

    def _draw(self, card: AgentCard, held: list[HeldLine]) -> None:
        words = self._words
        tag("h2", "", card.name)
        tag("p", "sub", f"{card.username} · {words['load']} {card.held} / {card.capacity}")
        with tag("ul", "held-list", **{"data-testid": "held"}):
            for line in held:
                with tag("li"):
                    show = tag("button", "waiting-line", type="button")
                    show.on("click", _calling(self._show_conversation, str(line.id)))
                    with show:
                        tag("b", "num", moment(line.since))
                        ui.label(f"{words['customer']} {line.visitor} · {desk_words().channel(line.channel)}")
                        if line.waybill_no:
                            tag("span", "mono", line.waybill_no)
        if not held:
            tag("p", "empty small", words["holds_none"])
        if card.state is not AgentState.offline:
            self._draw_state(card)
        else:
            self._draw_close()

    def _draw_state(self, card: AgentCard) -> None:
        words = self._words
        options = {AgentState.on_break.value: words["break_state"], AgentState.offline.value: words["offline_state"]}
        options.pop(card.state.value, None)

        async def put(said: Said) -> None:
            state, why = AgentState(first(said, "state") or ""), first(said, "why") or ""

            async def move(actor: Actor) -> AgentCard:
                return await self._leading.reassigning.put(actor, card.username, state, why)

            if await self._here.attempt(LEADS, in_words(move), refused=problem):
                self._here.inform(words["state_done"])
                self._sheet.close()

        with form(put, "set-state"):
            tag("h3", "wide", words["set_state"])
            choice(words["new_state"], "state", options, None)
            field(words["state_reason"], "why", required=True, maxlength=300)
            tag("p", "hint wide", words["free_hint"])
            problem = alert()
            with tag("footer"):
                self._draw_close()
                button(words["do_set"], "primary")

    def _draw_close(self) -> None:
        button(self._words["close"], type="button").on("click", self._sheet.close)


class ConversationSheet:
    """One conversation, read along; whisper, take over, pass on."""

    def __init__(self, leading: Leading, here: Visit, sheet: Sheet) -> None:
        self._leading = leading
        self._here = here
        self._sheet = sheet
        self._words = leading_words().wall

    async def show(self, conversation_id: str) -> None:
        async def read(actor: Actor) -> tuple[Transcript, dict[str, str]]:
            transcript = await self._leading.reassigning.look(actor, UUID(conversation_id))
            return transcript, await self._places(actor, transcript.view.agent)

        found = await self._here.attempt(LEADS, in_words(read))
        if found is not None:
            self._sheet.show(lambda: self._draw(*found))
            self._here.run(f"requestAnimationFrame(() => {_SHOW_END})")

    async def _places(self, actor: Actor, holder: str | None) -> dict[str, str]:
        handover, ui_words = self._leading.parts.handover, desk_words().ui
        teams, agents = await handover.teams(actor), await handover.agents(actor)
        places = {f"team:{name}": ui_words["transfer_team"].format(label=label) for name, label in teams}
        return places | {
            f"agent:{one.username}": ui_words["transfer_agent"].format(name=one.name, free=one.free)
            for one in agents
            if one.takes_offers and one.username != holder
        }

    def _draw(self, transcript: Transcript, places: dict[str, str]) -> None:
        words, view = self._words, transcript.view
        who = f" · {view.agent_name}" if view.agent_name else ""
        tag("h2", "", f"{words['customer']} {visitor_label(view.customer_id)}{who}")
        tag("p", "sub", f"{desk_words().channel(view.reply_channel)} · {words['masked']}")
        with tag("ol", "transcript", tabindex="0", **{"data-testid": "transcript"}):
            for message in transcript.messages:
                draw_message(message)
        if view.state is ConversationState.agent:
            self._draw_whisper(view.id)
        if view.state is not ConversationState.bot and places:
            self._draw_pass(view.id, places)
        with tag("div", "acts"):
            button(words["close"], type="button").on("click", self._sheet.close)
            tag("a", "button", words["open_desk"], href=f"/desk/?c={view.id}")
            if view.agent != self._here.person.username and view.state is not ConversationState.ended:
                take = button(words["take_over"], "danger", type="button")
                take.on("click", _calling(self._take_over, view.id), js_handler=asking(words["take_over_sure"]))

    def _draw_whisper(self, conversation_id: UUID) -> None:
        async def send(said: Said) -> None:
            async def move(actor: Actor) -> bool:
                await self._leading.parts.handover.whisper(actor, conversation_id, (first(said, "text") or "")[:500])
                return True

            if await self._here.attempt(LEADS, in_words(move), refused=problem):
                self._here.inform(self._words["whispered"])
                await self.show(str(conversation_id))

        with form(send, "whisper"):
            area(self._words["whisper"], "text", hint=self._words["whisper_hint"], rows=2)
            problem = alert()
            with tag("footer"):
                button(self._words["do_whisper"])

    def _draw_pass(self, conversation_id: UUID, places: dict[str, str]) -> None:
        async def send(said: Said) -> None:
            kind, _, name = (first(said, "to") or "").partition(":")
            note = (first(said, "note") or "")[:500]

            async def move(actor: Actor) -> object:
                to = {"team": name} if kind == "team" else {"agent": name}
                return await self._leading.reassigning.pass_to(actor, conversation_id, note=note, **to)

            if await self._here.attempt(LEADS, in_words(move), refused=problem):
                self._here.inform(self._words["passed"])
                self._sheet.close()

        with form(send, "pass"):
            choice(self._words["to"], "to", places, None)
            field(self._words["note"], "note", maxlength=500)
            problem = alert()
            with tag("footer"):
                button(self._words["do_pass"], "primary")

    async def _take_over(self, conversation_id: UUID) -> None:
        async def move(actor: Actor) -> object:
            return await self._leading.parts.handover.take_over(actor, conversation_id)

        if await self._here.attempt(LEADS, in_words(move)):
            with self._here.client:
                ui.navigate.to(f"/?c={conversation_id}")


def draw_message(message: MessageView) -> None:
    """One bubble, without anything personal."""
    words = desk_words()
    with tag("li", f"spoken by-{message.author}"):
        name = message.author_name or words.authors.get(message.author, "")
        tag("small", "muted", f"{name} {moment(message.created_at)}")
        tag("p", "", message.text or words.file(message.kind))


def _calling(move: Callable[..., Awaitable[None]], *args: object) -> Callable[[], Awaitable[None]]:
    return lambda: move(*args)
