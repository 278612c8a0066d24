"""``/studio/sets/SET/disputes``: what two people see differently, to be settled by a third or by talk."""

from collections.abc import Awaitable, Callable
from uuid import UUID

from fastapi import Request
from fastapi.responses import Response
from nicegui import Client, ui
from nicegui.element import Element

from bot.desk.service import AgentService
from bot.desk.ui.forms import Said, alert, button, first, form, tag
from bot.desk.ui.office import Visit
from bot.errors import BotError
from bot.staff.model import Actor
from bot.studio.roles import TRAINS
from bot.studio.sets.catalogue import Catalogue
from bot.studio.sets.kinds import SettledBy
from bot.studio.sets.labelling import Labelling
from bot.studio.sets.model import Dispute, Labels, Settling
from bot.studio.sets.model import Said as Opinion
from bot.studio.sets.service import Sets
from bot.studio.sets.words import set_words
from bot.studio.ui.frame import studio_visit
from bot.studio.ui.names import names_of
from bot.studio.ui.opening import when_opened
from bot.studio.ui.sets.choices import Choices
from bot.studio.ui.sets.shared import add_look

PAGE = 20


def add_disputes_page(sets: Sets, labelling: Labelling, agents: AgentService) -> None:
    @ui.page("/studio/sets/{set_id}/disputes")
    async def disputes_page(request: Request, client: Client, set_id: UUID, after: int = 0) -> Response | None:
        here = await studio_visit(agents, request, client, "sets")
        if isinstance(here, Response):
            return here
        add_look()
        with tag("div", "office studio-page"), tag("div", "office-body disputes-page"):
            try:
                line = await sets.line(here.person.actor, set_id)
                with tag("div", "toolbar"):
                    tag("a", "back-link", f"‹ {line.name}", href="/studio/sets")
                    tag("h1", "", set_words().ui["disputes"])
                await DisputesPart(labelling, here, set_id, max(after, 0)).draw()
            except BotError as refusal:
                tag("p", "empty", str(refusal), **{"data-testid": "refused"})
        return None


class DisputesPart:
    """One card a sentence, with both labels side by side."""

    def __init__(self, labelling: Labelling, here: Visit, set_id: UUID, after: int) -> None:
        self._labelling = labelling
        self._here = here
        self._set_id = set_id
        self._after = after
        self._words = set_words().ui

    async def draw(self) -> None:
        self._catalogue: Catalogue = await self._labelling.catalogue()
        actor = self._here.person.actor
        found = await self._labelling.disputes(actor, self._set_id, after=self._after, limit=PAGE + 1)
        said = [one.by for dispute in found for one in dispute.said]
        self._people = await names_of(self._here, said)
        tag("p", "muted counted", self._words["disputes_hint"])
        if not found:
            tag("p", "empty", self._words["no_disputes"], **{"data-testid": "none"})
        for dispute in found[:PAGE]:
            self._draw(dispute)
        if len(found) > PAGE:
            with tag("div", "pager"):
                address = f"/studio/sets/{self._set_id}/disputes?after={found[PAGE - 1].no}"
                tag("a", "button", self._words["next_page"], href=address)

    def _draw(self, dispute: Dispute) -> None:
        is_party = self._here.person.actor.username in {one.by for one in dispute.said}
        how = SettledBy.talk if is_party else SettledBy.third
        with tag("section", "block dispute", **{"data-testid": "dispute"}) as card:
            tag("p", "sentence small", dispute.text)
            with tag("div", "opinions"):
                for one in dispute.said:
                    self._draw_opinion(card, dispute, one, how)
            with tag("details", "other-label") as otherwise:
                tag("summary", "", self._words["otherwise"])
                when_opened(otherwise, lambda: self._draw_own(card, dispute, how))
            tag("p", "muted tiny", self._words["by_talk" if is_party else "by_third"])

    def _draw_opinion(self, card: Element, dispute: Dispute, one: Opinion, how: SettledBy) -> None:
        with tag("div", "opinion"):
            tag("p", "muted", self._people[one.by])
            with tag("p", "labels"):
                for intent in one.label.intents:
                    tag("b", "tag status", self._catalogue.title_of(intent))
                if one.label.topic:
                    tag("span", "tag", self._topic(one.label.topic))
            with tag("p", "labels"):
                for mark in one.label.entities:
                    name = set_words().entities.get(mark.kind, mark.kind)
                    tag("span", "tag", f"{name}：{dispute.text[mark.start : mark.end]}")
            text = self._words["take_this"]
            take = button(text, "", type="button", **{"data-testid": "take"})
            take.on("click", self._settling(card, dispute, one.label, how))

    def _draw_own(self, card: Element, dispute: Dispute, how: SettledBy) -> None:
        intents = {one.id: f"{one.title}（{one.id}）" for one in self._catalogue.intents}
        topics = {"": self._words["no_question"]} | {one.id: one.title for one in self._catalogue.topics}
        marks = dispute.said[0].label.entities

        async def send(said: Said) -> None:
            chosen = first(said, "intent") or ""
            second = first(said, "second")
            wanted = (chosen, second) if second and second != chosen else (chosen,)
            label = Labels(intents=wanted, topic=first(said, "topic"), entities=marks)
            await self._settle(card, dispute, label, how, refused)

        words = self._words
        with form(send, "own-label"):
            for name, label, options, chosen in (
                ("intent", words["intents"], intents, dispute.said[0].label.intents[0]),
                ("second", words["second"], {"": "—"} | intents, ""),
                ("topic", words["topic"], topics, dispute.said[0].label.topic),
            ):
                with tag("label", "field"):
                    ui.label(label)
                    Choices(name, options, chosen)
            refused = alert()
            with tag("footer"):
                button(self._words["decide"], "primary")

    def _settling(
        self, card: Element, dispute: Dispute, label: Labels, how: SettledBy
    ) -> Callable[[], Awaitable[None]]:
        return lambda: self._settle(card, dispute, label, how, None)

    async def _settle(
        self, card: Element, dispute: Dispute, label: Labels, how: SettledBy, refused: ui.label | None
    ) -> None:
        async def go(actor: Actor) -> bool:
            await self._labelling.settle(actor, dispute.sentence_id, Settling(label=label, how=how))
            return True

        if await self._here.attempt(TRAINS, go, refused=refused):
            card.delete()
            self._here.inform(self._words["settled"])

    def _topic(self, topic: str) -> str:
        return next((one.title for one in self._catalogue.topics if one.id == topic), topic)
