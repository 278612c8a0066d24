"""What was made once is kept by what went into it, so that an interrupted run goes on where it stopped."""

import json
import os
import resource
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from knowledge_base.encoder_build import content_hash

Say = Callable[[str], None]

COST = "cost.json"


@dataclass(frozen=True)
class Cost:
    """Seconds on the clock and of processors, child processes included.

    On a machine that does other work as well the second number is the one to compare.
    """

    wall_s: float
    cpu_s: float

    def __add__(self, other: "Cost") -> "Cost":
        return Cost(self.wall_s + other.wall_s, self.cpu_s + other.cpu_s)


NOTHING = Cost(0.0, 0.0)


class Store:
    """A folder for each thing that was made, named by kind and content key."""

    def __init__(self, folder: Path, say: Say) -> None:
        self.folder = folder
        self.say = say

    def made(self, kind: str, words: list[str], make: Callable[[Path], None]) -> Path:
        """The folder that ``make`` filled, now or earlier; all of it or nothing is kept."""
        target = self.folder / f"{kind}-{content_hash([], kind, *words)}"
        if target.exists():
            self.say(f"{target.name}: kept from an earlier run")
            return target
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".making-", dir=target.parent) as scratch:
            half = Path(scratch) / "half"
            half.mkdir()
            self.say(f"{target.name}: begins")
            with clocked() as costs:
                make(half)
            cost = costs[0]
            write_cost(half / COST, cost)
            shutil.move(half, target)
        self.say(f"{target.name}: done in {cost.wall_s:.0f} s")
        return target

    def answers(self, kind: str, words: list[str], make: Callable[[], list[str]]) -> list[str]:
        """Lines of text that ``make`` gave, now or earlier."""

        def write(folder: Path) -> None:
            (folder / "answers.json").write_text(json.dumps(make(), ensure_ascii=False), encoding="utf-8")

        content = (self.made(kind, words, write) / "answers.json").read_text(encoding="utf-8")
        lines: list[str] = json.loads(content)
        return lines


def cost_of(folder: Path) -> Cost:
    """What making this folder took."""
    return read_cost(folder / COST)


def read_cost(path: Path) -> Cost:
    return Cost(**json.loads(path.read_text(encoding="utf-8")))


def write_cost(path: Path, cost: Cost) -> None:
    path.write_text(json.dumps(asdict(cost)), encoding="utf-8")


@contextmanager
def clocked() -> Iterator[list[Cost]]:
    """Gives a list that holds the cost once the block is over."""
    wall, cpu = time.monotonic(), _cpu_s()
    costs: list[Cost] = []
    yield costs
    costs.append(Cost(time.monotonic() - wall, _cpu_s() - cpu))


def _cpu_s() -> float:
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    own = os.times()
    return own.user + own.system + children.ru_utime + children.ru_stime
