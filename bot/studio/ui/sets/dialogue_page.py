"""``/studio/sets/dialogues/ONE``: a dialogue, turn by turn, to be edited."""

from uuid import UUID

from fastapi import Request
from fastapi.responses import Response
from nicegui import Client, ui
from pydantic import ValidationError

from bot.clock import local
from bot.desk.service import AgentService
from bot.desk.ui.forms import Said, alert, area, asking, button, field, first, form, tag
from bot.desk.ui.office import Visit
from bot.errors import BotError
from bot.staff.model import Actor
from bot.studio.roles import TRAINS
from bot.studio.sets.dialogue_service import Dialogues
from bot.studio.sets.dialogues import LONGEST, DialogueTurn, DialogueView, Expected, Script, World
from bot.studio.sets.words import set_words
from bot.studio.ui.frame import studio_visit
from bot.studio.ui.names import names_of
from bot.studio.ui.sets.shared import add_look

_EMPTY_TURNS = 1


def add_dialogue_page(dialogues: Dialogues, agents: AgentService) -> None:
    @ui.page("/studio/sets/dialogues/{dialogue_id}")
    async def dialogue_page(request: Request, client: Client, dialogue_id: UUID) -> Response | None:
        here = await studio_visit(agents, request, client, "sets")
        if isinstance(here, Response):
            return here
        add_look()
        with tag("div", "office studio-page"), tag("div", "office-body dialogue-page"):
            try:
                found = await dialogues.get(here.person.actor, dialogue_id)
                await DialoguePart(dialogues, here, found).draw()
            except BotError as refusal:
                tag("p", "empty", str(refusal), **{"data-testid": "refused"})
        return None


class DialoguePart:
    """One form for the whole dialogue; a turn whose words are taken away is gone."""

    def __init__(self, dialogues: Dialogues, here: Visit, found: DialogueView) -> None:
        self._dialogues = dialogues
        self._here = here
        self._found = found
        self._words = set_words().ui
        self._trains = here.person.role in TRAINS

    async def draw(self) -> None:
        words, found = self._words, self._found
        people = await names_of(self._here, [found.changed_by])
        with tag("div", "toolbar"):
            tag("a", "back-link", f"‹ {words['tab_dialogues']}", href="/studio/sets/dialogues")
            tag("h1", "", found.name)
            told = f"v{found.version} · {people[found.changed_by]} {local(found.changed_at):%m-%d %H:%M}"
            tag("span", "muted", told)
            ui.element("span").classes("grow")
            if self._trains:
                gone = button(words["remove"], "small danger", type="button")
                gone.on("click", self._remove, js_handler=asking(words["sure_remove"].format(name=found.name)))
        self._draw_lists()
        with form(self._save, "dialogue-form").classes("dialogue-form"):
            self._draw_head()
            for number, turn in enumerate(found.script.turns):
                self._draw_turn(number, turn)
            for number in range(len(found.script.turns), min(len(found.script.turns) + _EMPTY_TURNS, LONGEST)):
                self._draw_turn(number, None)
            self._refused = alert()
            if self._trains:
                with tag("footer"):
                    tag("input", "", name="why", placeholder=words["why"], **{"aria-label": words["why"]})
                    button(words["save"], "primary", **{"data-testid": "save-dialogue"})
        await self._draw_versions()

    def _draw_lists(self) -> None:
        """What can be chosen by typing its beginning."""
        for name, values in (("known-responses", self._dialogues.responses.names),):
            with tag("datalist", id=name):
                for value in values:
                    tag("option", "", value=value)

    def _draw_head(self) -> None:
        words, world = self._words, self._found.script.world
        field(words["name"], "name", self._found.name, required=True, maxlength=60)
        field(words["world"], "waybill", world.waybill_no or "", hint=words["world_hint"], pattern=r"YD\d{13}")
        with tag("label", "field check"):
            tag("input", "", type="checkbox", name="party", value="1", checked=world.is_party or None)
            ui.label(words["is_party"])

    def _draw_turn(self, number: int, turn: DialogueTurn | None) -> None:
        words = self._words
        expected = turn.expected if turn else Expected()
        with tag("fieldset", "turn block wide", **{"data-testid": "turn"}):
            tag("legend", "", words["turn"].format(n=number + 1) if turn else words["one_more"])
            with tag("div", "turn-columns"):
                with tag("div", "turn-says"):
                    area(words["says"], f"says-{number}", turn.says if turn else "", rows=2)
                    payload = turn.payload if turn else ""
                    if payload:
                        field(words["payload"], f"payload-{number}", payload)
                with tag("div", "turn-expected"):
                    field(words["expect_intent"], f"intent-{number}", expected.intent, spellcheck="false")
                    known = {"list": "known-responses", "spellcheck": "false"}
                    field(words["expect_response"], f"response-{number}", expected.response, **known)
                    phrases = "；".join(expected.phrases)
                    field(words["expect_phrases"], f"phrases-{number}", phrases, hint=words["phrases_hint"])
                    field(words["expect_button"], f"button-{number}", expected.button, spellcheck="false")
                    with tag("label", "field check"):
                        handed = expected.handed_over or None
                        tag("input", "", type="checkbox", name=f"handed-{number}", value="1", checked=handed)
                        ui.label(words["expect_handed"])

    async def _save(self, said: Said) -> None:
        try:
            script = script_of(said)
        except ValidationError:
            self._refused.set_text(self._words["bad_form"])
            return

        async def save(actor: Actor) -> DialogueView:
            name, why = first(said, "name") or "", first(said, "why") or ""
            found = self._found
            return await self._dialogues.save(actor, found.id, name, script, version=found.version, why=why)

        if await self._here.attempt(TRAINS, save, refused=self._refused) is not None:
            ui.navigate.to(f"/studio/sets/dialogues/{self._found.id}")

    async def _remove(self) -> None:
        async def remove(actor: Actor) -> bool:
            await self._dialogues.remove(actor, self._found.id)
            return True

        if await self._here.attempt(TRAINS, remove):
            ui.navigate.to("/studio/sets/dialogues")

    async def _draw_versions(self) -> None:
        versions = await self._dialogues.versions(self._here.person.actor, self._found.id)
        with tag("details", "versions"):
            tag("summary", "", self._words["versions"].format(n=len(versions)))
            with tag("ul"):
                for number, by, why, script in versions:
                    told = self._words["turns"].format(n=len(script.turns))
                    tag("li", "muted", f"v{number} · {by} · {told} · {why or '—'}")


def script_of(said: Said) -> Script:
    """What stands in the form.  Raises pydantic's ValidationError."""
    numbers = sorted(int(name.removeprefix("says-")) for name in said if name.startswith("says-"))
    turns = [_turn(said, number) for number in numbers if first(said, f"says-{number}")]
    waybill = (first(said, "waybill") or "").upper() or None
    return Script(world=World(waybill_no=waybill, is_party=first(said, "party") is not None), turns=tuple(turns))


def _turn(said: Said, number: int) -> DialogueTurn:
    phrases = (first(said, f"phrases-{number}") or "").replace(";", "；").split("；")
    return DialogueTurn(
        says=first(said, f"says-{number}") or "",
        payload=first(said, f"payload-{number}") or "",
        expected=Expected(
            intent=first(said, f"intent-{number}") or "",
            response=first(said, f"response-{number}") or "",
            phrases=tuple(phrase.strip() for phrase in phrases if phrase.strip()),
            button=first(said, f"button-{number}") or "",
            handed_over=first(said, f"handed-{number}") is not None,
        ),
    )
