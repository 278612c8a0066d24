"""The report of a release, made by a program of its own: ``python -m bot.studio.releases.measuring JOB REPORT``.

Both models are asked the same sentences, one after the other, so that only one of them is in memory at a time.
"""

import json
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from pathlib import Path
from typing import Any, cast, get_args

from pydantic import BaseModel, ConfigDict

from bot.checking.balance import least
from bot.checking.examples import Example, read_examples
from bot.checking.noise import Doubt, doubts_about
from bot.clock import local, system_clock
from bot.content import Content
from bot.errors import BotError
from bot.evaluation.everything import (
    EVALUATION,
    PARTS,
    Evaluation,
    EvaluationSets,
    Part,
    files_of,
    measure,
)
from bot.evaluation.floors import read_floors
from bot.evaluation.parsing import understand
from bot.evaluation.serving import Serving
from bot.evaluation.subject import Subject
from bot.settings import Settings, get_settings
from bot.studio.releases.differing import Measurement, compare
from bot.studio.releases.report import Added, Decision, DoubtTold, Replay, Replayed, Side, intent_of
from bot.studio.releases.words import told
from bot.trainer import end_group_on_signal
from bot.training import FAQ_INTENT
from knowledge_base.encoder import Encoder

Report = Callable[[str], None]

_DOUBTS_KEPT = 200
_CHANGED_KEPT = 300


class JobSide(BaseModel):
    """One of the two: ``content`` is the folder with its files."""

    model_config = ConfigDict(frozen=True)

    release: str
    encoder: Path
    model: Path
    content: Path

    @property
    def subject(self) -> Subject:
        return Subject(self.encoder, self.model, Content(self.content))

    @property
    def side(self) -> Side:
        return Side(release=self.release, model=self.subject.model_key, encoder=self.encoder.name)


class JobMessage(BaseModel):
    """A customer's message of last week, with nobody's data in it; ``person`` is what somebody decided it meant."""

    model_config = ConfigDict(frozen=True)

    text: str
    channel: str
    person: str | None = None


class Job(BaseModel):
    """``sets`` is a folder of further sets, in the files of ``tests/evaluation``."""

    model_config = ConfigDict(frozen=True)

    old: JobSide
    new: JobSide
    sets: Path
    days: int
    messages: tuple[JobMessage, ...] = ()


def write_sets(folder: Path, sets: Sequence[tuple[str, str, Sequence[dict[str, Any]]]]) -> None:
    """Sets made in the studio as files of the evaluation."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, (name, part, rows) in enumerate(sets, start=1):
        if part not in get_args(Part) or not rows:
            continue
        kept = "".join(sign if sign.isalnum() else "-" for sign in name)[:60]
        stem = f"{_file_part(part)}_{number}-{kept}"
        text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        (folder / f"{stem}.jsonl").write_text(text, encoding="utf-8")


def make_report(settings: Settings, job: Job, report: Report) -> dict[str, Any]:
    """The report of a job as JSON, without gates."""
    sets = _sets(job)
    old = _measure(settings, sets, job, job.old, report)
    new = _measure(settings, sets, job, job.new, report)
    report("report: looking at what was added")
    added, data = _added(settings, job)
    made = compare(
        Measurement(job.old.side, old[0]),
        Measurement(job.new.side, new[0]),
        floors=read_floors(),
        ours={path.stem for path in job.sets.glob("*.jsonl")},
        replay=_replay(job, old[1], new[1]),
        added=added,
        data=data,
    )
    return made.model_dump(mode="json")


def _sets(job: Job) -> EvaluationSets:
    files: dict[Part, list[Path]] = {part: [*files_of(EVALUATION, part), *files_of(job.sets, part)] for part in PARTS}
    return EvaluationSets.of(files, (job.old.subject.content, job.new.subject.content))


def _measure(
    settings: Settings, sets: EvaluationSets, job: Job, side: JobSide, report: Report
) -> tuple[Evaluation, list[Decision]]:
    report(f"report: measuring {side.release}")
    subject = side.subject
    evaluation = measure(settings, sets, lambda line: report(f"report: {line}"), subject)
    report(f"report: replaying {len(job.messages)} messages with {side.release}")
    return evaluation, _decisions(settings, [message.text for message in job.messages], subject)


def _decisions(settings: Settings, texts: Sequence[str], subject: Subject) -> list[Decision]:
    """What would be done with each, outside of any conversation."""
    if not texts:
        return []
    understood = understand(settings, texts, subject=subject)
    serving, today = Serving(settings, subject), local(system_clock()).date()
    return [_decision(understood[text].decided, text, serving, today) for text in texts]


def _decision(intent: str, text: str, serving: Serving, today: date) -> Decision:
    if intent != FAQ_INTENT:
        return intent
    found = serving.retriever.search(text, on=today)
    if found.decision == "answer":
        return f"{FAQ_INTENT}:answer:{found.candidates[0].topic}"
    return f"{FAQ_INTENT}:{found.decision}"


def _replay(job: Job, old: Sequence[Decision], new: Sequence[Decision]) -> Replay:
    changed = [
        Replayed(text=message.text, channel=message.channel, old=was, new=now, person=message.person)
        for message, was, now in zip(job.messages, old, new, strict=True)
        if was != now
    ]
    verdicts = [each.verdict for each in changed]
    by_weight = sorted(changed, key=_weight)
    return Replay(
        days=job.days,
        n=len(job.messages),
        intents=sum(intent_of(each.old) != intent_of(each.new) for each in changed),
        decisions=len(changed),
        better=verdicts.count("better"),
        worse=verdicts.count("worse"),
        changed=tuple(by_weight[:_CHANGED_KEPT]),
    )


def _weight(each: Replayed) -> tuple[bool, bool]:
    """What a person has judged comes first, then what is another intent."""
    return each.verdict == "unknown", intent_of(each.old) == intent_of(each.new)


def _added(settings: Settings, job: Job) -> tuple[Added, tuple[str, ...]]:
    """What is new among the examples, the doubtful of it, and what is wrong with the examples as a whole."""
    known = read_examples(job.old.subject.content.intents)
    examples = read_examples(job.new.subject.content.intents)
    had = {(example.bare, example.intent) for example in known}
    new = [example for example in examples if (example.bare, example.intent) not in had]
    doubts = []
    if new:
        now = {(example.bare, example.intent) for example in examples}
        taught = [example for example in known if (example.bare, example.intent) in now]
        doubts = doubts_about(new, taught, Encoder(job.old.encoder), settings.cache_dir / "vectors")
    kept = tuple(_told_of(doubt) for doubt in doubts[:_DOUBTS_KEPT])
    return Added(n=len(new), doubtful=len(doubts), doubts=kept), tuple(_faults(examples, had))


def _told_of(doubt: Doubt) -> DoubtTold:
    example = doubt.example
    return DoubtTold(text=example.text, intent=example.intent, given=doubt.given, other=doubt.other, sure=doubt.sure)


def _faults(examples: Sequence[Example], had: set[tuple[str, str]]) -> Iterable[str]:
    """Only what was not so before: the same words under two intents, and intents that became too small."""
    first: dict[str, Example] = {}
    for example in examples:
        other = first.setdefault(example.bare, example)
        is_new = not {(example.bare, example.intent), (other.bare, other.intent)} <= had
        if other.intent != example.intent and is_new:
            yield told("fault_twice", text=example.text, one=other.intent, other=example.intent)
    before = Counter(intent for _, intent in had)
    for intent, n in Counter(example.intent for example in examples).items():
        if n < least(intent) and n < before[intent]:
            yield told("fault_few", intent=intent, n=n, least=least(intent))


def _file_part(part: str) -> str:
    from bot.evaluation.everything import FILES

    return FILES[cast(Part, part)]


def main() -> int:
    """The exit status."""
    end_group_on_signal()
    job = Job.model_validate_json(Path(sys.argv[1]).read_text(encoding="utf-8"))
    try:
        made = make_report(get_settings(), job, lambda line: print(line, file=sys.stderr, flush=True))
    except BotError as error:
        print(error, file=sys.stderr)
        return 1
    Path(sys.argv[2]).write_text(json.dumps(made, ensure_ascii=False), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
