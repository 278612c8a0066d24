"""What the tools need to know of others: answers of the knowledge base, days that words mean, teams and names."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol, TypeAlias

from bot.waybills.model import WaybillStatus


@dataclass(frozen=True)
class Offer:
    """An answer of the knowledge base.  ``confidence`` is a probability; ``text`` Markdown, ready to be said."""

    topic: str
    question: str
    text: str
    confidence: float


@dataclass(frozen=True)
class Offers:
    """The likeliest answers, best first; ``in_scope`` says whether the question is one for the knowledge base."""

    offers: tuple[Offer, ...]
    in_scope: bool


class AnswerSource(Protocol):
    """The knowledge base as the desk asks it."""

    async def search(
        self, text: str, *, channel: str, status: WaybillStatus | None = None, after: str | None = None, k: int = 3
    ) -> Offers:
        """``status`` is that of the parcel under discussion, ``after`` the matter before the question."""
        ...


class NoAnswers:
    """Stands in where there is no knowledge base."""

    async def search(
        self,
        text: str,  # noqa: ARG002
        *,
        channel: str,  # noqa: ARG002
        status: WaybillStatus | None = None,  # noqa: ARG002
        after: str | None = None,  # noqa: ARG002
        k: int = 3,  # noqa: ARG002
    ) -> Offers:
        return Offers((), in_scope=False)


Span: TypeAlias = tuple[date | None, date | None]
HourSpan: TypeAlias = tuple[float | None, float | None]


class Calendar(Protocol):
    """Reads what words say of days and hours."""

    def days(self, text: str, today: date) -> Span | None:
        """First and last day, None where an end is open; None altogether for what names no day."""
        ...

    def hours(self, text: str) -> HourSpan | None:
        """Hours after midnight, None where an end is open; None altogether for what names none."""
        ...

    def number(self, text: str) -> float | None:
        """三, 24, 半; None for what is no number."""
        ...


class Colleagues(Protocol):
    """Who works here."""

    async def names(self, usernames: Collection[str]) -> Mapping[str, str]:
        """The names of those accounts that exist."""
        ...

    async def called(self, names: Collection[str]) -> Mapping[str, str]:
        """The account behind each word that is a username, or the name of exactly one person."""
        ...

    async def teams_of(self, username: str) -> Sequence[str]:
        """The teams that a person is in, by name."""
        ...


@dataclass(frozen=True)
class InMemoryColleagues:
    """People and teams that somebody listed.

    Parameters
    ----------
    people: names by username.
    teams: usernames by team.
    """

    people: Mapping[str, str]
    teams: Mapping[str, Collection[str]]

    async def names(self, usernames: Collection[str]) -> Mapping[str, str]:
        return {username: self.people[username] for username in usernames if username in self.people}

    async def called(self, names: Collection[str]) -> Mapping[str, str]:
        return match_names(names, self.people)

    async def teams_of(self, username: str) -> Sequence[str]:
        return sorted(team for team, members in self.teams.items() if username in members)


def match_names(names: Collection[str], people: Mapping[str, str]) -> dict[str, str]:
    """The username behind each word; a name that two people have stands for nobody."""
    found = {}
    for word in names:
        same = [username for username, name in people.items() if name == word]
        if word in people:
            found[word] = word
        elif len(same) == 1:
            found[word] = same[0]
    return found
