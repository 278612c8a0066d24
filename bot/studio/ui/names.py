"""What people read for the names that programs use: people's own, and the titles of intents and topics."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from bot.desk.ui.forms import tag
from bot.desk.ui.office import Visit
from bot.errors import NotFoundError
from bot.studio.words import studio_words


class People(dict[str, str]):
    """Names by username; who has no account (the files, a program) is called by what it is."""

    def __missing__(self, username: str) -> str:
        return studio_words().people.get(username, username)


async def names_of(here: Visit, usernames: Iterable[str | None]) -> People:
    """Of those who appear on one page; a past colleague keeps the name."""
    found = People()
    for username in dict.fromkeys(filter(None, usernames)):
        try:
            found[username] = (await here.agents.accounts.get(username)).name
        except NotFoundError:
            continue
    return found


class Titles(Protocol):
    """What intents and topics are called; `bot.studio.insight.from_studio.DraftTitles` in earnest."""

    async def intents(self) -> Mapping[str, str]: ...

    async def topics(self) -> Mapping[str, str]: ...


class NoTitles:
    """Everything is called by its id."""

    async def intents(self) -> Mapping[str, str]:
        return {}

    async def topics(self) -> Mapping[str, str]:
        return {}


@dataclass(frozen=True)
class Called:
    """What everything on a page is called."""

    people: Mapping[str, str] = field(default_factory=People)
    intents: Mapping[str, str] = field(default_factory=dict)
    topics: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    async def on(cls, here: Visit, titles: Titles, usernames: Iterable[str | None]) -> "Called":
        return cls(await names_of(here, usernames), await titles.intents(), await titles.topics())


def draw_named(name: str, titles: Mapping[str, str], kind: str = "") -> None:
    """The title with the id small beside it; of what has no title the id alone."""
    title = titles.get(name)
    if title and title != name:
        tag("span", f"named {kind}", title)
        tag("small", "mono named-id", name)
    else:
        tag("span", f"named mono {kind}", name)
