"""Sessions and tokens on ``/desk/account``."""

from collections.abc import Awaitable, Callable
from functools import partial

from nicegui import ui
from nicegui.element import Element

from bot.clock import local
from bot.desk.ui.forms import Said, alert, asking, button, choice, field, first, form, table, tag
from bot.desk.ui.office import Visit
from bot.desk.words import desk_words
from bot.staff.model import Actor, Role
from bot.staff.schemas import NewToken
from bot.staff.sessions import OpenSession
from bot.staff.tables import PersonalToken
from bot.staff.words import staff_words


class SessionsBlock:
    """Where one is logged in."""

    def __init__(self, here: Visit, block: Element) -> None:
        self._here = here
        self._block = block
        self._username = here.person.username
        self._words = staff_words().pages

    async def draw(self) -> None:
        sessions = self._here.agents.sessions
        found = await sessions.of_person(self._username, asking=self._here.token)
        words = self._words
        names = [words[name] for name in ("device", "from", "begun_at", "seen_at", "method")]
        self._block.clear()
        with self._block:
            with tag("div", "block-head"):
                tag("h2", "", words["sessions"])
                ui.element("span").classes("grow")
                if len(found) > 1:
                    others = partial(sessions.end_others, self._username, but=self._here.token)
                    button(words["end_others"], type="button").on("click", partial(self._end, lambda by: others(by=by)))
            with table([*names, ""], "sessions"):
                for each in found:
                    self._draw_session(each)

    def _draw_session(self, each: OpenSession) -> None:
        words, end = self._words, self._here.agents.sessions.end
        with tag("tr"):
            with tag("td", "wrap full"):
                ui.label(_device(each.device) or "—").props["title"] = each.device
            tag("td", "mono nowrap", each.address or "—")
            tag("td", "nowrap muted", f"{local(each.begun_at):%m-%d %H:%M}")
            tag("td", "nowrap muted", f"{local(each.seen_at):%m-%d %H:%M}")
            tag("td", "nowrap", staff_words().methods.get(each.method, each.method))
            with tag("td", "nowrap"):
                if each.is_this:
                    tag("span", "tag status", words["this_device"])
                else:
                    act = partial(self._end, lambda by: end(self._username, each.id, by=by))
                    button(words["end"], "small", type="button").on("click", act)

    async def _end(self, move: Callable[[Actor], Awaitable[object]]) -> None:
        async def done(by: Actor) -> bool:
            await move(by)
            return True

        if await self._here.attempt(None, done):
            await self.draw()


class TokensBlock:
    """What one's own programs show."""

    def __init__(self, here: Visit, block: Element) -> None:
        self._here = here
        self._block = block
        self._username = here.person.username
        self._words = staff_words().pages

    async def draw(self, fresh: str | None = None) -> None:
        found = await self._here.agents.tokens.of_person(self._username)
        words = self._words
        self._block.clear()
        with self._block:
            tag("h2", "", words["tokens"])
            tag("p", "sub", words["tokens_hint"])
            if fresh:
                tag("p", "sub", words["token_once"])
                tag("div", "once", fresh, **{"data-testid": "token"})
            if found:
                with table([words[name] for name in ("token_name", "role", "expires_at", "used_at")] + [""], "tokens"):
                    for each in found:
                        self._draw_token(each)
            self._draw_form()

    def _draw_token(self, each: PersonalToken) -> None:
        words = self._words
        with tag("tr"):
            tag("td", "wrap", each.name)
            tag("td", "nowrap", desk_words().roles[each.role])
            tag("td", "nowrap muted", f"{local(each.expires_at):%Y-%m-%d}")
            tag("td", "nowrap muted", f"{local(each.used_at):%m-%d %H:%M}" if each.used_at else words["never"])
            with tag("td", "nowrap"):
                stop = button(words["stop"], "small danger", type="button")
                stop.on("click", partial(self._end, each), js_handler=asking(f"{words['stop']} {each.name}？"))

    def _draw_form(self) -> None:
        words, own = self._words, self._here.person.role
        roles = {role.value: desk_words().roles[role] for role in Role if own.covers(role)}
        with form(self._create, "token"):
            with tag("div", "wide"):
                field(words["token_name"], "name", required=True, maxlength=80, autocomplete="off")
            choice(words["role"], "role", roles, own)
            field(words["days"], "days", "90", kind="number", min=1, max=365, required=True)
            self._refused = alert()
            with tag("footer"):
                button(words["new_token"])

    async def _create(self, said: Said) -> None:
        async def create(by: Actor) -> str:
            wanted = NewToken.model_validate({name: first(said, name) for name in ("name", "role", "days")})
            person = self._here.person
            _, token = await self._here.agents.tokens.create(
                person, wanted.name, role=wanted.role or person.role, days=wanted.days, by=by
            )
            return token

        token = await self._here.attempt(None, create, refused=self._refused)
        if token is not None:
            await self.draw(token)

    async def _end(self, each: PersonalToken) -> None:
        async def end(by: Actor) -> bool:
            await self._here.agents.tokens.end(self._username, each.id, by=by)
            return True

        if await self._here.attempt(None, end):
            await self.draw()


def _device(agent: str) -> str:
    """A browser and its system, out of what browsers call themselves; anything else as it is."""
    browsers = (
        ("Edg/", "Edge"),
        ("MicroMessenger", "微信"),
        ("Firefox/", "Firefox"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
    )
    systems = (
        ("Windows", "Windows"), ("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Mac OS", "macOS"),
        ("Linux", "Linux"),
    )  # fmt: skip
    browser = next((name for mark, name in browsers if mark in agent), None)
    system = next((name for mark, name in systems if mark in agent), None)
    return f"{browser} · {system}" if browser and system else agent
