"""Score sheets and the plan of samples as data, and what a filled sheet comes to; pure."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from bot.desk.leading.kinds import Mark, SampleReason
from bot.desk.leading.words import refused

_FULL = 100.0
Line = Annotated[str, Field(min_length=1, max_length=80, pattern=r"\S")]


class Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Criterion(Strict):
    """One thing to look at.  A fatal one has no weight: missed, it makes the whole score 0."""

    key: str = Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")
    name: Line
    weight: float = Field(default=0, ge=0, le=1000)
    fatal: bool = False
    hint: str = Field(default="", max_length=200)


class Section(Strict):
    name: Line
    criteria: tuple[Criterion, ...] = Field(max_length=40)


class Sheet(Strict):
    """A score sheet; `check` it before it is kept."""

    title: Line
    sections: tuple[Section, ...] = Field(min_length=1, max_length=20)

    def criteria(self) -> Iterator[Criterion]:
        for section in self.sections:
            yield from section.criteria

    def check(self) -> None:
        """Raises `RefusedError` for keys used twice, and where nothing counts."""
        seen: set[str] = set()
        for criterion in self.criteria():
            if criterion.key in seen:
                raise refused("same_key", key=criterion.key)
            seen.add(criterion.key)
        if not any(criterion.weight > 0 and not criterion.fatal for criterion in self.criteria()):
            raise refused("no_criteria")


class PlanRule(Strict):
    """How many services are drawn for one reason.

    Parameters
    ----------
    count: for each agent where the reason is ``per_agent``, else altogether.
    threshold: stars at most for ``low_rating``, seconds at least for ``long_wait``.
    """

    reason: SampleReason
    is_on: bool = True
    count: int = Field(ge=0, le=500)
    threshold: float = Field(default=0, ge=0)
    sheet: str = Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")


@dataclass(frozen=True)
class Result:
    """What a filled sheet comes to: 0 to 100, rounded to one decimal; ``failed``: the fatal criteria missed."""

    total: float
    failed: tuple[str, ...]


def result_of(sheet: Sheet, marks: Mapping[str, Mark]) -> Result:
    """The weights that were met, of those that apply; 0 where a fatal criterion was missed.

    Raises `RefusedError` for what is left out, unknown, or not possible for a fatal criterion.
    """
    _check_marks(sheet, marks)
    failed = tuple(one.key for one in sheet.criteria() if one.fatal and marks[one.key] is Mark.missed)
    got = whole = 0.0
    for criterion in sheet.criteria():
        share = marks[criterion.key].share
        if share is not None and not criterion.fatal:
            got += share * criterion.weight
            whole += criterion.weight
    # Where nothing applied nothing was wrong.
    total = 0.0 if failed else (_FULL * got / whole if whole else _FULL)
    return Result(round(total, 1), failed)


def _check_marks(sheet: Sheet, marks: Mapping[str, Mark]) -> None:
    known = {criterion.key: criterion for criterion in sheet.criteria()}
    for key, mark in marks.items():
        if key not in known:
            raise refused("no_criterion", key=key[:40])
        if known[key].fatal and mark is Mark.partly:
            raise refused("no_partly", name=known[key].name)
    missing = [criterion.name for criterion in sheet.criteria() if criterion.key not in marks]
    if missing:
        raise refused("incomplete", names="、".join(missing))


def written(sheet: Sheet) -> str:
    """A sheet as supervisors edit it: a line for each criterion, sections begin with ``#``."""
    lines: list[str] = []
    for section in sheet.sections:
        lines += ["", f"# {section.name}"]
        for one in section.criteria:
            weight = "否决" if one.fatal else f"{one.weight:g}"
            lines.append(f"{weight} | {one.key} | {one.name} | {one.hint}".rstrip(" |"))
    return "\n".join(lines).strip()


def read_sheet(title: str, text: str) -> Sheet:
    """The reverse of `written`.  Raises `RefusedError` that names the line."""
    sections: list[tuple[str, list[Criterion]]] = []
    for number, line in enumerate(text.splitlines(), 1):
        line = line.strip()
        if line.startswith("#"):
            sections.append((line.lstrip("# ").strip(), []))
        elif line:
            if not sections:
                sections.append((title, []))
            sections[-1][1].append(_criterion(number, line))
    try:
        return Sheet(title=title, sections=tuple(Section(name=name, criteria=tuple(found)) for name, found in sections))
    except ValueError as error:
        raise refused("no_criteria") from error


def _criterion(number: int, line: str) -> Criterion:
    parts = [part.strip() for part in re.split(r"[|｜]", line, maxsplit=3)]
    try:
        weight, key, name, *hint = parts
        fatal = weight == "否决"
        return Criterion(
            key=key, name=name, fatal=fatal, weight=0 if fatal else float(weight), hint=hint[0] if hint else ""
        )
    except ValueError as error:
        raise refused("bad_line", line=number, text=line[:60]) from error
