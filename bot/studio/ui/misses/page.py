"""The page ``/studio/misses``: asked by its address, changed without being loaded again."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

from fastapi import Request
from fastapi.responses import Response
from nicegui import Client, ui
from nicegui.events import GenericEventArguments
from pydantic import ValidationError

from bot.clock import Clock, local
from bot.desk.service import AgentService
from bot.desk.ui.forms import tag
from bot.desk.ui.office import Visit
from bot.errors import BotError, NotFoundError
from bot.staff.model import Actor
from bot.studio.misses.kinds import GroupSort, MendKind, MissState
from bot.studio.misses.lists import LONGEST, PAGE, Filters, GroupLine
from bot.studio.misses.mending import MOST
from bot.studio.misses.schemas import FilterParams, MendRequest
from bot.studio.misses.service import Misses
from bot.studio.misses.tables import Miss
from bot.studio.misses.words import miss_words
from bot.studio.roles import LOOKS, TRAINS
from bot.studio.ui.frame import studio_visit
from bot.studio.ui.misses.element import MissBoard
from bot.studio.ui.misses.wording import Wording
from bot.studio.ui.names import names_of

CSS = Path(__file__).with_name("misses.css")
PERIODS = {"1": timedelta(days=1), "7": timedelta(days=7), "30": timedelta(days=30), "90": timedelta(days=90)}
PLAIN = {
    **dict.fromkeys(("cause", "channel", "region", "outlet", "condition", "period", "text"), ""),
    "state": MissState.open.value,
    "sort": GroupSort.size.value,
}
"""What is asked where the address asks for nothing."""
_CHECKED = 50
_DIGITS = 18
"""The database knows no longer numbers."""
T = TypeVar("T")


def add_misses_pages(misses: Misses, agents: AgentService, clock: Clock) -> None:
    """``/studio/misses``."""

    @ui.page("/studio/misses")
    async def misses_page(request: Request, client: Client) -> Response | None:
        here = await studio_visit(agents, request, client, "misses")
        if isinstance(here, Response):
            return here
        ui.add_head_html(f"<style>{CSS.read_text(encoding='utf-8')}</style>")
        with tag("div", "office-body misses-page"):
            asked = {name: request.query_params.get(name, value)[:64] for name, value in PLAIN.items()}
            group = _number(request.query_params.get("group", ""))
            await MissesPart(misses, here, clock, asked, group).draw()
        return None


class MissesPart:
    """What one trainer sees and does.  ``group`` is the one that is looked at, 0 for all."""

    def __init__(self, misses: Misses, here: Visit, clock: Clock, asked: dict[str, str], group: int = 0) -> None:
        self._misses = misses
        self._here = here
        self._clock = clock
        self._actor = here.person.actor
        self._asked = asked
        self._group = group
        self._at = 0
        self._groups: list[GroupLine] = []
        self._members: list[Miss] = []
        self._next_groups: str | None = None
        self._next_members: str | None = None

    async def draw(self) -> None:
        intents, topics = await self._misses.targets(self._actor)
        choices = await self._misses.choices(self._actor)
        self._wording = Wording(intents, topics, choices.outlets, self._clock)
        self._board = MissBoard(
            self._wording.selects(choices), PLAIN, trains=self._actor.role in TRAINS, targets=self._wording.targets()
        )
        self._board.on("filter", self._filter).on("group", self._choose).on("open", self._open)
        self._board.on("more_groups", self._more_groups).on("more_members", self._more_members)
        self._board.on("begin", self._begin).on("check", self._check)
        self._board.on("mend", self._mend).on("undo", self._undo)
        await self._load(self._actor)

    # -- lists ---------------------------------------------------------------------------------------

    @property
    def _filters(self) -> Filters:
        """Nonsense in the address is as good as not asked."""
        period = PERIODS.get(self._asked["period"])
        given: dict[str, Any] = {name: value for name, value in self._asked.items() if value and name in _PARAMS}
        while True:
            try:
                params = FilterParams.model_validate(given)
                break
            except ValidationError as error:
                for each in error.errors():
                    self._asked[str(each["loc"][0])] = PLAIN[str(each["loc"][0])]
                    given.pop(str(each["loc"][0]))
        filters = params.filters
        if period is None:
            return filters
        return Filters(**vars(filters) | {"since": _whole_minute(self._clock()) - period})

    @property
    def _sort(self) -> GroupSort:
        return GroupSort(self._asked["sort"]) if self._asked["sort"] in set(GroupSort) else GroupSort.size

    async def _load(self, actor: Actor) -> None:
        """As it stands now: as many lines as were shown."""
        filters = self._filters
        groups = await self._misses.groups(
            actor, filters, sort=self._sort, limit=min(max(PAGE, len(self._groups)), LONGEST)
        )
        self._groups, self._next_groups = list(groups.groups), groups.next
        members = await self._misses.members(
            actor,
            filters,
            group_id=self._group or None,
            limit=min(max(PAGE, len(self._members)), LONGEST),
        )
        self._members, self._next_members = list(members.misses), members.next
        await self._show(actor, filters)

    async def _show(self, actor: Actor, filters: Filters) -> None:
        total = await self._misses.count(actor, filters)
        line = next((one for one in self._groups if one.id == self._group), None)
        if self._group and line is None:
            line = await self._line(actor, filters)
        last = await self._misses.latest(actor) if actor.role in TRAINS else None
        self._board.show(
            filter=dict(self._asked),
            groups=[self._wording.group(one) for one in self._groups],
            moreGroups=self._next_groups is not None,
            total=total,
            group=self._group,
            title=line.name if line else "",
            groupCount=line.count if line else total,
            members=[self._wording.member(one) for one in self._members],
            moreMembers=self._next_members is not None,
            undo=self._wording.last_step(last) if last else "",
        )

    async def _line(self, actor: Actor, filters: Filters) -> GroupLine | None:
        """The chosen group, which is in none of the pages; it may have become part of another over night."""
        try:
            return await self._misses.group(actor, self._group, filters)
        except NotFoundError:
            self._group = 0
            await self._load_members(actor)
            return None

    async def _filter(self, event: GenericEventArguments) -> None:
        said = event.args if isinstance(event.args, dict) else {}
        self._asked = {name: str(said.get(name, value))[:64] for name, value in PLAIN.items()}
        self._group, self._groups, self._members = 0, [], []
        await self._attempt(self._load)

    async def _choose(self, event: GenericEventArguments) -> None:
        self._group, self._members = int(event.args), []
        await self._attempt(self._load_members)

    async def _load_members(self, actor: Actor) -> None:
        filters = self._filters
        members = await self._misses.members(actor, filters, group_id=self._group or None)
        self._members, self._next_members = list(members.misses), members.next
        await self._show(actor, filters)

    async def _more_groups(self) -> None:
        if self._next_groups is None:
            return

        async def more(actor: Actor) -> None:
            found = await self._misses.groups(actor, self._filters, sort=self._sort, cursor=self._next_groups)
            known = {one.id for one in self._groups}
            self._groups += [one for one in found.groups if one.id not in known]
            self._next_groups = found.next
            await self._show(actor, self._filters)

        await self._attempt(more)

    async def _more_members(self) -> None:
        if self._next_members is None:
            return

        async def more(actor: Actor) -> None:
            found = await self._misses.members(
                actor, self._filters, group_id=self._group or None, cursor=self._next_members
            )
            known = {one.id for one in self._members}
            self._members += [one for one in found.misses if one.id not in known]
            self._next_members = found.next
            await self._show(actor, self._filters)

        await self._attempt(more)

    # -- one miss ------------------------------------------------------------------------------------

    async def _open(self, event: GenericEventArguments) -> None:
        """Only the one that was asked for last is shown."""
        self._at = miss_id = int(event.args)

        async def read(actor: Actor) -> None:
            beside = await self._misses.beside(actor, miss_id)
            people = await names_of(self._here, [beside.miss.mended_by])
            if self._at == miss_id:
                self._board.show(shown=self._wording.beside(beside, people))

        await self._attempt(read)

    # -- mending -------------------------------------------------------------------------------------

    async def _begin(self, event: GenericEventArguments) -> None:
        async def propose(actor: Actor) -> None:
            ids = await self._ids(actor, event.args)
            rows = await self._misses.proposed(actor, ids)
            answers = await self._misses.answers(actor, ids) if event.args["kind"] == MendKind.entry else []
            self._board.propose(rows, answers)

        await self._attempt(propose, trains=True)

    async def _check(self, event: GenericEventArguments) -> None:
        said = event.args
        target = str(said["target"]) or None
        texts = [str(text) for text in said["texts"]][:_CHECKED]

        async def look(actor: Actor) -> None:
            is_intent = said["kind"] == MendKind.example
            known = self._wording.knows("intent" if is_intent else "topic", target)
            found = await self._misses.warnings(
                actor, texts, intent=known if is_intent else None, topic=None if is_intent else known
            )
            self._board.warn([self._wording.warning(one) for one in found])

        await self._attempt(look, trains=True)

    async def _mend(self, event: GenericEventArguments) -> None:
        """What is refused is read in the sheet, or above the page where none is open."""

        async def mend(actor: Actor) -> None:
            said = dict(event.args)
            ids = await self._ids(actor, said)
            request = MendRequest.model_validate(said | {"misses": ids, "group": None})
            done = await self._misses.mend(actor, ids, request.how, why=request.why)
            self._board.done()
            self._here.inform(self._wording.done(done))
            await self._load(actor)

        await self._attempt(mend, trains=True)

    async def _undo(self) -> None:
        async def undo(actor: Actor) -> None:
            last = await self._misses.latest(actor)
            if last is None:
                return
            count = await self._misses.undo(actor, last.id)
            self._here.inform(miss_words().ui["undone"].format(n=count))
            await self._load(actor)

        await self._attempt(undo, trains=True)

    async def _ids(self, actor: Actor, said: dict[str, Any]) -> list[int]:
        group = said.get("group")
        if group:
            return await self._misses.of_group(actor, int(group))
        return [int(miss_id) for miss_id in said.get("misses", [])][:MOST]

    async def _attempt(self, move: Callable[[Actor], Awaitable[T]], *, trains: bool = False) -> None:
        async def told(actor: Actor) -> None:
            try:
                await move(actor)
            except BotError as refusal:
                self._board.refuse(str(refusal))
                raise

        await self._here.attempt(TRAINS if trains else LOOKS, told)


_PARAMS = frozenset(FilterParams.model_fields)


def _number(given: str) -> int:
    """Of a group; 0 for what is none."""
    return int(given) if given.isdecimal() and len(given) <= _DIGITS else 0


def _whole_minute(moment: datetime) -> datetime:
    return local(moment).replace(second=0, microsecond=0)
