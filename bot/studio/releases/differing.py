"""Two measurements of the same sets, set side by side.  Pure."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from bot.evaluation.everything import Evaluation, Measured
from bot.evaluation.floors import Floors
from bot.evaluation.intents import OUT_OF_SCOPE, NluMeasured
from bot.evaluation.parsing import FALLBACK
from bot.evaluation.questions import QuestionsMeasured
from bot.evaluation.wishes import WishesMeasured
from bot.studio.releases.report import (
    SENTENCES_KEPT,
    Added,
    CalibrationCompared,
    ClassCompared,
    ReleaseReport,
    Replay,
    ScoreCompared,
    SetCompared,
    Side,
    Turned,
)

_PARTS = ("nlu", "entities", "faq", "sentiment", "two")
_NOTHING = "none"
_OURS = re.compile(r"^[a-z_]+_\d+-")
"""What is put before the names of sets that were made in the studio, to be told apart."""


@dataclass(frozen=True)
class Measurement:
    """What came out for one side."""

    side: Side
    evaluation: Evaluation


@dataclass(frozen=True)
class _Judged:
    """A sentence, what is right, what was said, how surely, and whether that was right."""

    set_name: str
    text: str
    truth: str
    said: str
    sure: float
    is_right: bool


def compare(
    old: Measurement,
    new: Measurement,
    *,
    floors: Floors,
    ours: set[str],
    replay: Replay,
    added: Added,
    data: tuple[str, ...],
) -> ReleaseReport:
    """``ours`` are the names of sets that were made in the studio."""
    right, wrong = _turned(list(_judged(old.evaluation)), list(_judged(new.evaluation)))
    return ReleaseReport(
        old=old.side,
        new=new.side,
        sets=tuple(_sets(old.evaluation, new.evaluation, floors, ours)),
        intents=tuple(_intents(old.evaluation, new.evaluation)),
        topics=tuple(_topics(old.evaluation, new.evaluation)),
        newly_right=tuple(right[:SENTENCES_KEPT]),
        newly_wrong=tuple(wrong[:SENTENCES_KEPT]),
        newly_right_n=len(right),
        newly_wrong_n=len(wrong),
        calibration=_calibration(old.evaluation, new.evaluation),
        replay=replay,
        added=added,
        data=data,
    )


def _sets(old: Evaluation, new: Evaluation, floors: Floors, ours: set[str]) -> Iterator[SetCompared]:
    before = old.by_set()
    for part in _PARTS:
        results = getattr(new, part)
        for name, measured in (results.by_set if results is not None else {}).items():
            scores = before[name].scores()
            yield SetCompared(
                name=_OURS.sub("", name) if name in ours else name,
                part=part,
                n=measured.n,
                is_ours=name in ours,
                scores=tuple(_scores(scores, measured, floors.get(name, {}))),
            )


def _scores(old: Mapping[str, float], new: Measured, floors: Mapping[str, float]) -> Iterator[ScoreCompared]:
    counted = _counted(new)
    for score, value in new.scores().items():
        floor, n = floors.get(score), counted.get(score)
        yield ScoreCompared(score=score, old=old.get(score, 0.0), new=value, floor=floor, n=n)


def _counted(measured: Measured) -> dict[str, int]:
    """Of how many sentences a score is that does not look at all of them."""
    if not isinstance(measured, WishesMeasured):
        return {}
    two = sum(len(wish.intents) == 2 for wish in measured.wishes)
    return {"both": two, "none_made_up": measured.n - two}


def _intents(old: Evaluation, new: Evaluation) -> Iterator[ClassCompared]:
    """Worst change first."""
    if old.nlu is None or new.nlu is None:
        return
    before, after = old.nlu.together.report.per_intent, new.nlu.together.report.per_intent
    rows = [
        ClassCompared(
            name=name,
            n=score.n,
            old=before[name].recall,
            new=score.recall,
            old_precision=before[name].precision,
            new_precision=score.precision,
        )
        for name, score in after.items()
        if name in before
    ]
    yield from sorted(rows, key=lambda row: (row.change, -row.n))


def _topics(old: Evaluation, new: Evaluation) -> Iterator[ClassCompared]:
    """Of every entry that was asked for, worst change first."""
    if old.faq is None or new.faq is None:
        return
    before, after = _hits(old.faq.together), _hits(new.faq.together)
    rows = [
        ClassCompared(name=topic, n=len(hits), old=_mean(before.get(topic, [])), new=_mean(hits))
        for topic, hits in after.items()
    ]
    yield from sorted(rows, key=lambda row: (row.change, -row.n))


def _hits(measured: QuestionsMeasured) -> dict[str, list[bool]]:
    found: dict[str, list[bool]] = {}
    for each in _questions("", measured):
        if each.truth != _NOTHING:
            found.setdefault(each.truth, []).append(each.is_right)
    return found


def _mean(hits: list[bool]) -> float:
    return sum(hits) / len(hits) if hits else 0.0


def _judged(evaluation: Evaluation) -> Iterator[_Judged]:
    """Every sentence of the sets of intents and of questions, always in the same order."""
    for name, sentences in (evaluation.nlu.by_set if evaluation.nlu else {}).items():
        yield from _sentences(name, sentences)
    for name, questions in (evaluation.faq.by_set if evaluation.faq else {}).items():
        yield from _questions(name, questions)


def _sentences(name: str, measured: NluMeasured) -> Iterator[_Judged]:
    for sentence, message in zip(measured.sentences, measured.messages, strict=True):
        said = message.decided
        plain = OUT_OF_SCOPE if said == FALLBACK else said
        is_right = sentence.judged(plain) == sentence.intent
        yield _Judged(name, sentence.text, sentence.intent, said, message.likeliest.confidence, is_right)


def _questions(name: str, measured: QuestionsMeasured) -> Iterator[_Judged]:
    """An entry is right wherever it is offered first; what nothing answers is right when it is declined."""
    for question, found in zip(measured.questions, measured.found, strict=True):
        best = found.candidates[0] if found.candidates else None
        said = best.topic if best and found.decision != "decline" else _NOTHING
        if question.is_answerable:
            is_right = best is not None and best.topic in question.right_topics
            said = best.topic if best else _NOTHING
        else:
            is_right = found.decision == "decline"
        yield _Judged(name, question.text, question.topic, said, best.confidence if best else 0.0, is_right)


def _turned(old: list[_Judged], new: list[_Judged]) -> tuple[list[Turned], list[Turned]]:
    """Newly right and newly wrong, surest first: those say most."""
    right: list[Turned] = []
    wrong: list[Turned] = []
    for before, after in zip(old, new, strict=True):
        if before.is_right == after.is_right:
            continue
        turned = Turned(
            set_name=after.set_name,
            text=after.text,
            truth=after.truth,
            old=before.said,
            new=after.said,
            old_sure=before.sure,
            new_sure=after.sure,
        )
        (right if after.is_right else wrong).append(turned)
    return sorted(right, key=_doubt), sorted(wrong, key=_doubt)


def _doubt(turned: Turned) -> float:
    return 1 - turned.new_sure


def _calibration(old: Evaluation, new: Evaluation) -> CalibrationCompared | None:
    if old.nlu is None or new.nlu is None:
        return None
    before, after = old.nlu.together.calibration, new.nlu.together.calibration
    return CalibrationCompared(old=before.error, new=after.error, bins=tuple(after.bins))
