"""``/studio/sets/SET/agreement``: how far two people agree, and on what they do not."""

from uuid import UUID

from fastapi import Request
from fastapi.responses import Response
from nicegui import Client, ui

from bot.desk.service import AgentService
from bot.desk.ui.forms import table, tag
from bot.errors import BotError
from bot.staff.model import Actor
from bot.studio.sets.agreement import Agreement
from bot.studio.sets.catalogue import Catalogue
from bot.studio.sets.labelling import Labelling
from bot.studio.sets.service import Sets
from bot.studio.sets.words import set_words
from bot.studio.ui.frame import studio_visit
from bot.studio.ui.sets.shared import add_look, kappa_class, kappa_word, number, share

_SHOWN = 60
_CONFUSED = 12


def add_agreement_page(sets: Sets, labelling: Labelling, agents: AgentService) -> None:
    @ui.page("/studio/sets/{set_id}/agreement")
    async def agreement_page(request: Request, client: Client, set_id: UUID) -> Response | None:
        here = await studio_visit(agents, request, client, "sets")
        if isinstance(here, Response):
            return here
        add_look()
        with tag("div", "office studio-page"), tag("div", "office-body agreement-page"):
            try:
                await AgreementPart(sets, await labelling.catalogue(), here.person.actor, set_id).draw()
            except BotError as refusal:
                tag("p", "empty", str(refusal), **{"data-testid": "refused"})
        return None


class AgreementPart:
    """Numbers of one set; nothing can be changed here."""

    def __init__(self, sets: Sets, catalogue: Catalogue, actor: Actor, set_id: UUID) -> None:
        self._sets = sets
        self._catalogue = catalogue
        self._actor = actor
        self._set_id = set_id
        self._words = set_words().ui

    async def draw(self) -> None:
        line = await self._sets.line(self._actor, self._set_id)
        found = await self._sets.agreement(self._actor, self._set_id)
        with tag("div", "toolbar"):
            tag("a", "back-link", f"‹ {line.name}", href="/studio/sets")
            tag("h1", "", self._words["agreement"])
            tag("span", "muted", self._words["pairs"].format(n=found.n))
        if not found.n:
            tag("p", "empty", self._words["no_pairs"])
            return
        self._draw_figures(found)
        with tag("div", "cards"):
            self._draw_confused(found)
            await self._draw_taken()
        self._draw_intents(found)

    def _draw_figures(self, found: Agreement) -> None:
        words = self._words
        with tag("section", "figures"):
            self._figure(words["kappa"], number(found.kappa), kappa_word(found.kappa), words["kappa_hint"])
            self._figure(words["same"], share(found.same), "")
            self._figure(words["topic_kappa"], number(found.topic_kappa), kappa_word(found.topic_kappa))
            self._figure(words["entities_same"], share(found.entities_same), "")

    def _figure(self, title: str, now: str, beside: str, hint: str = "") -> None:
        with tag("div", "figure"):
            tag("p", "figure-title", title, title=hint or None)
            tag("p", "figure-now", now)
            if beside:
                tag("p", "figure-before", beside)

    def _draw_confused(self, found: Agreement) -> None:
        words = self._words
        with tag("section", "block"):
            tag("h2", "", words["confused"])
            tag("p", "sub", words["confused_hint"])
            with tag("ul", "pairs"):
                for one, other, n in found.confused[:_CONFUSED]:
                    with tag("li"):
                        tag("b", "", words["times"].format(n=n))
                        tag("a", "", self._catalogue.title_of(one), href=f"/studio/intents?intent={one}")
                        ui.label("↔")
                        tag("a", "", self._catalogue.title_of(other), href=f"/studio/intents?intent={other}")
            if not found.confused:
                tag("p", "muted", words["no_confused"])

    async def _draw_taken(self) -> None:
        """What the bot took for what."""
        words = self._words
        taken = await self._sets.confusions(self._set_id)
        with tag("section", "block"):
            tag("h2", "", words["taken"])
            tag("p", "sub", words["taken_hint"])
            with tag("ul", "pairs"):
                for truth, guess, of_all in taken[:_CONFUSED]:
                    with tag("li"):
                        tag("b", "", share(of_all))
                        tag("a", "", self._catalogue.title_of(truth), href=f"/studio/intents?intent={truth}")
                        ui.label("→")
                        ui.label(self._catalogue.title_of(guess))
            if not taken:
                tag("p", "muted", words["no_taken"])

    def _draw_intents(self, found: Agreement) -> None:
        words = self._words
        tag("h2", "section-head", words["per_intent"])
        with table([words["intent"], words["either"], words["both"], words["kappa"]], "per-intent"):
            for one in found.per_intent[:_SHOWN]:
                with tag("tr"):
                    with tag("td"):
                        ui.label(self._catalogue.title_of(one.intent))
                        tag("span", "mono muted", f" {one.intent}")
                    tag("td", "n", str(one.n))
                    tag("td", "n", str(one.both))
                    with tag("td"):
                        tag("span", kappa_class(one.kappa), f"{number(one.kappa)} {kappa_word(one.kappa)}")
