"""How well and how fast customers are understood, side by side with others, in one run.

    python -m benchmarks.understanding                     # everything; hours the first time, then from the cache
    python -m benchmarks.understanding --only smp2017 --smp-dev --without-stock    # while developing
    python -m benchmarks.understanding --tiny              # does the benchmark itself work? some minutes

What was trained is kept under ``BOT_CACHE_DIR/bench`` by what went into it: an interrupted run goes on where it
stopped.
"""

import argparse
import logging
import os
import platform
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import psutil

from benchmarks.understanding import sets, speed
from benchmarks.understanding.contest import OURS, STOCK, Contest
from benchmarks.understanding.measures import FaqRow, IntentRow
from benchmarks.understanding.models import Workshop
from benchmarks.understanding.plots import draw
from benchmarks.understanding.report import Results, SetRows, by_lessons, render
from benchmarks.understanding.sets import FaqSet, IntentSet
from benchmarks.understanding.store import Store
from bot.clock import local, system_clock
from bot.settings import PROJECT, get_settings

DOCUMENT = "understanding.md"
FIGURES = "understanding.json"
OWN_PARTS = ("intents", "faq")
PUBLIC_PARTS = ("smp2017", "jddc", "afqmc", "bq", "lcqmc")
PARTS = (*OWN_PARTS, *PUBLIC_PARTS, "speed")
TINY_EPOCHS = 3
TINY_LOAD = speed.Load(rounds=2, requests={1: 10, 8: 16, 32: 32}, starts=1)


@dataclass(frozen=True)
class Asked:
    """The command line."""

    parts: tuple[str, ...]
    data: Path
    per_intent: int | None
    with_stock: bool
    as_trained: bool
    smp_part: str
    tiny: bool
    out: Path


def main() -> None:
    asked = _arguments()
    logging.getLogger().setLevel(logging.ERROR)
    signal.signal(signal.SIGTERM, _end)
    began = time.monotonic()

    def say(line: str) -> None:
        print(f"{time.monotonic() - began:7.0f} s  {line}", flush=True)

    settings = get_settings()
    store = Store(settings.cache_dir / "bench", say)
    workshop = Workshop(settings, store, as_trained=asked.as_trained, epochs=TINY_EPOCHS if asked.tiny else None)
    contest = Contest(workshop, store, asked.per_intent, asked.with_stock)
    results = Results(
        machine=_machine(local(system_clock()).date()),
        sets=list(_sets(asked, contest)),
        speed=_speed(asked, contest, say) if "speed" in asked.parts else None,
    )
    asked.out.mkdir(parents=True, exist_ok=True)
    (asked.out / FIGURES).write_text(results.model_dump_json(indent=1), encoding="utf-8")
    (asked.out / DOCUMENT).write_text(render(results, draw(results, asked.out)), encoding="utf-8")
    say(f"written: {asked.out / DOCUMENT}")


def _end(*_: object) -> None:
    """Leave through every ``with``, so that trainings and servers that were started are stopped."""
    raise SystemExit(143)


def _sets(asked: Asked, contest: Contest) -> Iterator[SetRows]:
    if "intents" in asked.parts:
        yield _intents(asked, sets.our_intents(), contest.on_our_intents)
    if "smp2017" in asked.parts:
        yield _intents(asked, sets.smp2017(asked.data, judged_on=asked.smp_part), contest.on_other_intents)
    if "jddc" in asked.parts:
        yield _intents(asked, sets.jddc(asked.data), contest.on_other_intents)
    if "faq" in asked.parts:
        yield _topics(asked, sets.our_faq(), contest.on_our_faq)
    for name in ("afqmc", "bq", "lcqmc"):
        if name in asked.parts:
            yield _topics(asked, sets.question_groups(asked.data, name), contest.on_other_faq)


def _intents(asked: Asked, data: IntentSet, contend: Callable[[IntentSet], Iterator[IntentRow]]) -> SetRows:
    data = sets.tiny_intents(data) if asked.tiny else data
    rows = by_lessons(contend(data))
    return SetRows(name=data.name, title=data.title, asked=len(data.asked), note=data.note, intents=rows)


def _topics(asked: Asked, data: FaqSet, contend: Callable[[FaqSet], Iterator[FaqRow]]) -> SetRows:
    data = sets.tiny_faq(data) if asked.tiny else data
    rows = by_lessons(contend(data))
    return SetRows(name=data.name, title=data.title, asked=len(data.asked), note=data.note, topics=rows)


def _speed(asked: Asked, contest: Contest, say: Callable[[str], None]) -> speed.SpeedReport:
    workshop = contest.workshop
    lessons = sets.our_intents().lessons
    models = {OURS: workshop.serving.model}
    if asked.with_stock:
        models[STOCK] = workshop.stock(lessons.limited(asked.per_intent) if asked.per_intent else lessons).model
    texts = [*sets.our_intents().texts, *sets.our_faq().texts]
    load = TINY_LOAD if asked.tiny else speed.Load()
    return speed.measure(workshop.settings.rasa_python, models, texts, load, say)


def _machine(today: date) -> str:
    memory = psutil.virtual_memory().total / 1e9
    return (
        f"{today}: {_processor()}, {os.cpu_count()} cores, {memory:.0f} GB of memory, {platform.system()}; "
        f"Python {platform.python_version()}; Rasa 3.6 in its own interpreter."
    )


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    lines = info.read_text(encoding="utf-8").splitlines() if info.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def _arguments() -> Asked:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.understanding",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--data", type=Path, default=sets.PUBLIC, help="folder of the public sets; skipped if missing")
    parser.add_argument("--only", nargs="+", choices=PARTS, metavar="PART", help=f"some of: {', '.join(PARTS)}")
    parser.add_argument(
        "--per-intent", type=int, default=60, help="examples an intent that stock Rasa is taught of ours"
    )
    parser.add_argument("--full", action="store_true", help="teach stock Rasa all of our data: hours")
    parser.add_argument("--without-stock", action="store_true", help="leave stock Rasa out")
    parser.add_argument(
        "--as-trained", action="store_true", help="take what 'bot train' made and time no training of ours"
    )
    parser.add_argument(
        "--smp-dev", action="store_true", help="SMP2017: teach train, ask dev; the split to develop with"
    )
    parser.add_argument("--tiny", action="store_true", help="a sample of everything, to try the benchmark itself")
    parser.add_argument("--out", type=Path, help="where the document goes; default docs/benchmarks")
    given = parser.parse_args()
    has_public = given.data.is_dir()
    parts = given.only or [part for part in PARTS if has_public or part not in PUBLIC_PARTS]
    per_intent = None if given.full else given.per_intent
    return Asked(
        parts=tuple(parts),
        data=given.data,
        per_intent=sets.TINY_EXAMPLES if given.tiny else per_intent,
        with_stock=not given.without_stock,
        as_trained=given.as_trained or given.tiny,
        smp_part="dev" if given.smp_dev else "test",
        tiny=given.tiny,
        out=given.out or PROJECT / ("var/benchmarks" if given.tiny or given.only else "docs/benchmarks"),
    )


if __name__ == "__main__":
    main()
