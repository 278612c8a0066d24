"""Satisfaction over HTTP: figures with their confidence, what customers wrote, and the file."""

import csv
import io
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Self, TypeVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from bot.clock import local
from bot.conversations.ratings import rating_rules
from bot.desk.leading.satisfaction import Answer, Report
from bot.desk.leading.tallies import Tally, by
from bot.desk.leading.words import leading_words
from bot.desk.words import desk_words

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
Key = TypeVar("Key", str, str | None)
_COLUMNS = ("day", "channel", "about", "team", "agent", "star", "reasons", "comments", "conversation")


class Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, from_attributes=True)


class Figures(Frozen):
    """``interval`` is the 95 % confidence of the mean, null with fewer than five answers; shares are of 1."""

    offered: int
    answered: int
    stars: tuple[int, ...]
    mean: float | None
    interval: tuple[float, float] | None
    good: float | None
    response: float | None

    @classmethod
    def of(cls, tally: Tally) -> Self:
        return cls.model_validate(tally)


class Line(Frozen):
    """Figures of one channel, team, person or day; ``key`` is null for who belongs nowhere."""

    key: str | None
    name: str
    figures: Figures


class DayLine(Frozen):
    day: date
    figures: Figures


class ReasonLine(Frozen):
    reason: str
    name: str
    count: int


class ReportView(Frozen):
    """``agents`` are people; the bot is one line of ``about``."""

    total: Figures
    days: tuple[DayLine, ...]
    channels: tuple[Line, ...]
    teams: tuple[Line, ...]
    agents: tuple[Line, ...]
    about: tuple[Line, ...]
    reasons: tuple[ReasonLine, ...]

    @classmethod
    def of(cls, report: Report) -> Self:
        words, desk = leading_words().satisfaction, desk_words()
        people = [cell for cell in report.cells if cell.about == "agent"]
        names = {cell.agent: cell.agent_name or cell.agent or "" for cell in people}
        labels: dict[str | None, str] = {None: words["no_team"]}
        labels.update(report.teams)
        said = reason_names()
        return cls(
            total=Figures.of(sum((cell.tally for cell in report.cells), Tally())),
            days=tuple(
                DayLine(day=day, figures=Figures.of(tally))
                for day, tally in sorted(by(report.cells, lambda cell: cell.day).items())
            ),
            channels=_lines(by(report.cells, lambda cell: cell.channel), desk.channel),
            teams=_lines(by(people, lambda cell: cell.team), lambda team: labels.get(team, team or "")),
            agents=_lines(by(people, lambda cell: cell.agent), lambda agent: names.get(agent, agent or "")),
            about=_lines(by(report.cells, lambda cell: cell.about), lambda about: words[about]),
            reasons=tuple(
                ReasonLine(reason=reason, name=said.get(reason, reason), count=count)
                for reason, count in report.reasons
            ),
        )


class AnswerView(Frozen):
    """What a customer said, masked."""

    conversation_id: UUID
    seq: int
    channel: str
    about: str
    team: str | None
    agent: str | None
    agent_name: str | None
    score: int
    reasons: tuple[str, ...]
    comment: str
    offered_at: datetime


class Answers(Frozen):
    """``next`` is the ``before`` of the following page, null on the last."""

    answers: tuple[AnswerView, ...]
    next: str | None


def reason_names() -> dict[str, str]:
    """What customers may tick, by code."""
    rules = rating_rules()
    return {**rules.low, **rules.high}


async def answers_csv(portions: AsyncIterator[Sequence[Answer]], teams: dict[str, str]) -> AsyncIterator[str]:
    """The file in pieces: UTF-8 with the mark that spreadsheets know it by; times are China's."""
    words, said = leading_words().satisfaction, reason_names()
    yield "\ufeff" + _row([words[name].format(n="").strip() for name in _COLUMNS])
    async for portion in portions:
        yield "".join(_row(_cells(one, words, said, teams)) for one in portion)


def _cells(one: Answer, words: dict[str, str], said: dict[str, str], teams: dict[str, str]) -> list[str]:
    return [
        f"{local(one.offered_at):%Y-%m-%d %H:%M:%S}",
        desk_words().channel(one.channel),
        words[one.about],
        teams.get(one.team or "", one.team or ""),
        one.agent_name or one.agent or "",
        str(one.score),
        "、".join(said.get(reason, reason) for reason in one.reasons),
        one.comment,
        str(one.conversation_id),
    ]


def _row(cells: Sequence[str]) -> str:
    out = io.StringIO()
    csv.writer(out).writerow([f"'{cell}" if cell.startswith(_FORMULA) else cell for cell in cells])
    return out.getvalue()


def _lines(tallies: Mapping[Key, Tally], name: Callable[[Key], str]) -> tuple[Line, ...]:
    """Most answers first."""
    ordered = sorted(tallies.items(), key=lambda one: (-one[1].answered, -one[1].offered, str(one[0])))
    return tuple(Line(key=key, name=name(key), figures=Figures.of(tally)) for key, tally in ordered)
