"""``/desk/wall``: the floor at this moment, readable from across a room."""

from contextlib import ExitStack

from fastapi import Request
from fastapi.responses import Response
from nicegui import Client, ui
from nicegui.element import Element
from nicegui.events import GenericEventArguments

from bot.desk.leading.board import Board
from bot.desk.leading.services import Leading
from bot.desk.leading.who import LEADS
from bot.desk.leading.words import leading_words
from bot.desk.ui.forms import tag
from bot.desk.ui.leading.shared import enter
from bot.desk.ui.leading.showing import shown
from bot.desk.ui.leading.wall_sheets import AgentSheet, ConversationSheet
from bot.desk.ui.office import Visit
from bot.desk.ui.sheet import Sheet


class WallFigures(Element, component="wall.js"):
    """Emits ``agent`` (a username) and ``conversation`` (an id)."""

    def __init__(self) -> None:
        super().__init__()
        words = leading_words()
        self._props.update(words=words.wall, heats=words.heats)

    def show(self, board: Board) -> None:
        self._props.update(board=shown(board), server_now=int(board.at.timestamp() * 1000))
        self.update()


def add_wall_page(leading: Leading) -> None:
    @ui.page("/wall")
    async def wall_page(request: Request, client: Client) -> Response | None:
        here = await enter(leading.parts.agents, request, client, "wall", LEADS)
        if isinstance(here, Response):
            return here
        await WallPart(leading, here).draw()
        return None


class WallPart:
    """The figures, and the sheets behind them."""

    def __init__(self, leading: Leading, here: Visit) -> None:
        self._leading = leading
        self._here = here
        self._watching = ExitStack()

    async def draw(self) -> None:
        board = await self._leading.wall.board(self._here.person.actor)
        with tag("main", "desk-page wall-page"):
            tag("h1", "sr", leading_words().wall["title"])
            self._figures = WallFigures()
        self._figures.show(board)
        sheet = Sheet(self._here.client)
        self._conversation = ConversationSheet(self._leading, self._here, sheet)
        self._agent = AgentSheet(self._leading, self._here, sheet, self._conversation.show)
        self._figures.on("agent", self._on_agent).on("conversation", self._on_conversation)
        self._here.client.on_connect(self._follow)
        self._here.client.on_delete(self._watching.close)

    def _follow(self) -> None:
        """From when the browser is there until the tab is closed; reconnecting begins nothing twice."""
        self._watching.close()
        self._watching.enter_context(self._leading.wall.watch(self._here.person.actor, self._figures.show))

    async def _on_agent(self, event: GenericEventArguments) -> None:
        await self._agent.show(str(event.args))

    async def _on_conversation(self, event: GenericEventArguments) -> None:
        await self._conversation.show(str(event.args))
