"""What the pages of people, audit and one's own account have in common: who looks, the bar, refusals, the look."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

from fastapi import Request
from fastapi.responses import RedirectResponse, Response
from nicegui import Client, ui
from pydantic import ValidationError

from bot.desk.account_endpoints import say_refusal
from bot.desk.cookie import COOKIE, caller_of
from bot.desk.leaving import send_to_login
from bot.desk.login import LOGIN
from bot.desk.service import AgentService, Person
from bot.desk.ui.header import draw_header
from bot.desk.ui.watching import watch
from bot.desk.words import desk_words
from bot.errors import BotError
from bot.staff.model import Actor, Role
from bot.staff.words import staff_words

HERE = Path(__file__).resolve().parent
T = TypeVar("T")


class Visit:
    """One page in one tab: who is looking, checked again before anything is done."""

    def __init__(self, agents: AgentService, request: Request, token: str, person: Person, client: Client) -> None:
        self.agents = agents
        self.token = token
        self.person = person
        self.client = client
        self._address = caller_of(request).network

    async def attempt(
        self, roles: frozenset[Role] | None, move: Callable[[Actor], Awaitable[T]], *, refused: ui.label | None = None
    ) -> T | None:
        """Do something as the person this session belongs to now; None when that could not be done.

        Parameters
        ----------
        roles: who may; None for everybody.
        refused: where the refusal is read; a notice on top of the page otherwise.
        """
        person = await self.agents.of_session(self.token)
        if person is None:
            self.leave()
            return None
        if roles is not None and person.role not in roles:
            self._tell(staff_words().refusals["only_admin"], refused)
            return None
        try:
            return await move(person.acting_from(self._address))
        except BotError as refusal:
            self._tell(say_refusal(refusal), refused)
        except ValidationError as error:
            self._tell(_problem(error), refused)
        return None

    def run(self, script: str) -> None:
        """In the browser."""
        with self.client:
            ui.run_javascript(script)

    def leave(self) -> None:
        send_to_login(self.client)

    def inform(self, text: str) -> None:
        with self.client:
            ui.notify(text, position="top", type="positive")

    def _tell(self, text: str, place: ui.label | None) -> None:
        if place is not None:
            place.set_text(text)
            return
        with self.client:
            ui.notify(text, type="warning", position="top")


async def visit(
    agents: AgentService, request: Request, client: Client, active: str, roles: frozenset[Role] | None = None
) -> Visit | Response:
    """Who looks at a page, with the bar drawn; or where they have to go instead."""
    token = request.cookies.get(COOKIE)
    person = await agents.of_session(token)
    if person is None or token is None:
        return RedirectResponse(LOGIN, 303)
    if roles is not None and person.role not in roles:
        return RedirectResponse("/desk/account", 303)
    css = "".join((HERE / name).read_text(encoding="utf-8") for name in ("desk.css", "people.css"))
    ui.add_head_html(f"<style>{css}</style>")
    ui.dark_mode({"dark": True, "light": False}.get(request.cookies.get("desk_theme", "")))
    draw_header(desk_words(), person, active=active)
    watch(agents, token, client)
    return Visit(agents, request, token, person, client)


def _problem(error: ValidationError) -> str:
    """Which fields do not fit, in the words beside them."""
    names = dict.fromkeys(str(each["loc"][0]) for each in error.errors() if each["loc"])
    shown = "、".join(staff_words().fields.get(name, name) for name in names)
    return staff_words().refusals["does_not_fit"].format(fields=shown)
