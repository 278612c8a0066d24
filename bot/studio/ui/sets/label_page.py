"""``/studio/sets/SET``: sentences to be labelled, one after the other."""

from collections.abc import Mapping
from uuid import UUID

from fastapi import Request
from fastapi.responses import Response
from nicegui import Client, ui
from nicegui.element import Element
from nicegui.events import GenericEventArguments

from bot.desk.service import AgentService
from bot.desk.ui.forms import tag
from bot.desk.ui.office import Visit
from bot.errors import BotError
from bot.staff.model import Actor
from bot.studio.roles import TRAINS
from bot.studio.sets.labelling import Labelling
from bot.studio.sets.model import Labels, SetLine, Task
from bot.studio.sets.service import Sets
from bot.studio.sets.words import set_words
from bot.studio.ui.frame import studio_visit
from bot.studio.ui.sets.shared import add_look


class LabelDesk(Element, component="label.js"):
    """Emits ``save`` ({id, label}), ``again`` (an id) and ``drop`` ({id, why})."""

    def __init__(self, line: SetLine, choices: Mapping[str, tuple[dict[str, str], ...]]) -> None:
        """``choices`` never change, which tuples say: NiceGUI watches over every element of a list."""
        super().__init__()
        words = set_words()
        self._props.update(task=None, left=line.mine, total=line.sentences, name=line.name, back="/studio/sets")
        self._props.update(words=words.ui, keys=words.keys, **choices)

    def show(self, task: Task | None) -> None:
        self._props["task"] = task.model_dump(mode="json") if task else None
        self._props["left"] = task.left if task else 0
        self.update()


def add_label_page(sets: Sets, labelling: Labelling, agents: AgentService) -> None:
    @ui.page("/studio/sets/{set_id}")
    async def label_page(request: Request, client: Client, set_id: UUID) -> Response | None:
        here = await studio_visit(agents, request, client, "sets")
        if isinstance(here, Response):
            return here
        add_look()
        with tag("div", "office studio-page"), tag("div", "office-body label-page"):
            await LabelPart(sets, labelling, here, set_id).draw()
        return None


class LabelPart:
    """What one trainer labels."""

    def __init__(self, sets: Sets, labelling: Labelling, here: Visit, set_id: UUID) -> None:
        self._sets = sets
        self._labelling = labelling
        self._here = here
        self._set_id = set_id

    async def draw(self) -> None:
        try:
            line = await self._sets.line(self._here.person.actor, self._set_id)
            task = await self._labelling.next(self._here.person.actor, self._set_id)
        except BotError as refusal:
            tag("p", "empty", str(refusal), **{"data-testid": "refused"})
            return
        catalogue = await self._labelling.catalogue()
        lists = {"intents": catalogue.intents, "topics": catalogue.topics, "kinds": catalogue.entities}
        choices = {name: tuple({**vars(one)} for one in chosen) for name, chosen in lists.items()}
        self._desk = LabelDesk(line, choices)
        self._desk.on("save", self._save).on("again", self._again).on("drop", self._drop)
        self._desk.show(task)

    async def _save(self, event: GenericEventArguments) -> None:
        async def save(actor: Actor) -> bool:
            await self._labelling.label(actor, UUID(str(event.args["id"])), Labels.model_validate(event.args["label"]))
            return True

        try:
            if await self._here.attempt(TRAINS, save):
                self._desk.run_method("saved", event.args["id"])
                await self._next()
        except (ValueError, KeyError, TypeError):
            self._desk.run_method("refused", set_words().refusals["no_mark"].format(kind="?"))

    async def _next(self) -> None:
        async def following(actor: Actor) -> None:
            self._desk.show(await self._labelling.next(actor, self._set_id))

        await self._here.attempt(TRAINS, following)

    async def _again(self, event: GenericEventArguments) -> None:
        task = await self._here.attempt(TRAINS, lambda actor: self._labelling.again(actor, UUID(str(event.args))))
        if task is not None:
            self._desk.show(task)

    async def _drop(self, event: GenericEventArguments) -> None:
        async def drop(actor: Actor) -> bool:
            why = str(event.args["why"])[:200]
            await self._labelling.drop(actor, UUID(str(event.args["id"])), why=why)
            return True

        if await self._here.attempt(TRAINS, drop):
            await self._next()
