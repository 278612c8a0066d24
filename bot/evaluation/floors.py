"""The scores that no set may fall below: ``tests/evaluation/floors.yml``, set -> score -> floor."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import yaml
from pydantic import TypeAdapter, ValidationError

from bot.errors import DataFileError
from bot.evaluation.everything import EVALUATION, Measured

FLOORS = EVALUATION / "floors.yml"
SLACK = 0.02
"""So far below what was measured a floor is set: another machine and another training differ a little."""
SHOWN = 10

Floors: TypeAlias = Mapping[str, Mapping[str, float]]

_CONTENT: TypeAdapter[dict[str, dict[str, float]]] = TypeAdapter(dict[str, dict[str, float]])


@dataclass(frozen=True)
class Shortfall:
    """A score below its floor, with the worst sentences of its set; ``measured`` is None if there is no such score."""

    set_name: str
    score: str
    measured: float | None
    floor: float
    worst: tuple[str, ...] = ()

    def __str__(self) -> str:
        if self.measured is None:
            return f"{self.set_name}: {self.score} has a floor and was not measured"
        told = "".join(f"\n    {line}" for line in self.worst)
        return f"{self.set_name}: {self.score} is {self.measured:.3f}, its floor is {self.floor:.3f}{told}"


def read_floors(file: Path = FLOORS) -> Floors:
    """Raises `DataFileError`."""
    try:
        return _CONTENT.validate_python(yaml.safe_load(file.read_text(encoding="utf-8")) or {})
    except (OSError, yaml.YAMLError, ValidationError) as error:
        raise DataFileError.at(file, 1, f"every set needs scores with a floor each: {error}") from error


def shortfalls(measured: Mapping[str, Measured], floors: Floors) -> list[Shortfall]:
    """What fell below its floor, or was not measured at all."""
    found = []
    for name, wanted in floors.items():
        scores = measured[name].scores() if name in measured else {}
        for score, floor in wanted.items():
            value = scores.get(score)
            if value is None or value < floor:
                worst = tuple(measured[name].worst()[:SHOWN]) if value is not None else ()
                found.append(Shortfall(name, score, value, floor, worst))
    return found


def floors_below(measured: Mapping[str, Measured]) -> Floors:
    """Floors for what was measured today."""
    return {
        name: {score: round(max(0.0, value - SLACK), 2) for score, value in result.scores().items()}
        for name, result in measured.items()
    }


def raise_floors(measured: Mapping[str, Measured], file: Path = FLOORS) -> list[str]:
    """Raise each floor that stands too low for what was measured, and say which; none is ever lowered."""
    old = read_floors(file)
    new = {name: dict(scores) for name, scores in old.items()}
    raised = []
    for name, scores in floors_below(measured).items():
        for score, floor in scores.items():
            before = old.get(name, {}).get(score)
            if before is None or floor > before:
                new.setdefault(name, {})[score] = floor
                raised.append(f"{name}: {score} {'' if before is None else f'{before:.2f} '}-> {floor:.2f}")
    head = "".join(line for line in file.read_text(encoding="utf-8").splitlines(keepends=True) if line.startswith("#"))
    file.write_text(head + yaml.safe_dump(new, sort_keys=False), encoding="utf-8")
    return raised
