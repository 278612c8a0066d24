"""What a release has to pass before customers may meet it.  Pure: a report and the rules in, results out."""

from collections.abc import Iterator
from enum import StrEnum

from bot.studio.releases.report import ClassCompared, GateResult, ReleaseReport
from bot.studio.releases.rules import GateRules
from bot.studio.releases.words import release_words, told

_SHOWN = 12


class Gate(StrEnum):
    """One thing that is looked at."""

    set_fall = "set_fall"
    intent_fall = "intent_fall"
    topic_fall = "topic_fall"
    calibration = "calibration"
    doubts = "doubts"
    data = "data"
    floors = "floors"


def judge(report: ReleaseReport, rules: GateRules) -> ReleaseReport:
    """The report with the result of every gate."""
    looks = {
        Gate.set_fall: _fallen_sets(report, rules),
        Gate.intent_fall: _fallen(report.intents, rules.intent_least, rules.intent_fall),
        Gate.topic_fall: _fallen(report.topics, rules.topic_least, rules.topic_fall),
        Gate.calibration: _dishonest(report, rules),
        Gate.doubts: _doubtful(report, rules),
        Gate.data: iter(report.data),
        Gate.floors: _below_floors(report) if rules.floors else iter(()),
    }
    results = [_result(gate, list(found)) for gate, found in looks.items()]
    return report.model_copy(update={"gates": tuple(results)})


def _result(gate: Gate, found: list[str]) -> GateResult:
    return GateResult(gate=gate.value, passed=not found, told=tuple(found[:_SHOWN]))


def _fallen_sets(report: ReleaseReport, rules: GateRules) -> Iterator[str]:
    for each in report.sets:
        score = each.score(rules.scores.get(each.part, ""))
        if score is not None and _has_fallen(score.change, score.n or each.n, rules):
            name = _score(score.score)
            yield told("gate_set", name=each.name, score=name, old=score.old, new=score.new, limit=rules.set_fall)


def _has_fallen(change: float, n: int, rules: GateRules) -> bool:
    return change < -rules.set_fall - 1e-9 and round(-change * n) >= rules.set_sentences


def _fallen(classes: tuple[ClassCompared, ...], least: int, fall: float) -> Iterator[str]:
    for each in classes:
        if each.n >= least and each.change < -fall - 1e-9:
            yield told("gate_class", name=each.name, old=each.old, new=each.new, n=each.n, limit=fall)


def _dishonest(report: ReleaseReport, rules: GateRules) -> Iterator[str]:
    if report.calibration is not None and report.calibration.new > rules.calibration:
        yield told("gate_calibration", error=report.calibration.new, limit=rules.calibration)


def _doubtful(report: ReleaseReport, rules: GateRules) -> Iterator[str]:
    added = report.added
    if added.doubtful >= rules.doubts_least and added.share > rules.doubts_share:
        numbers = {"n": added.n, "doubtful": added.doubtful, "share": added.share}
        yield told("gate_doubts", **numbers, limit=rules.doubts_share)
        for doubt in added.doubts[:5]:
            yield told("gate_doubt", text=doubt.text, intent=doubt.intent, other=doubt.other, sure=doubt.sure)


def _below_floors(report: ReleaseReport) -> Iterator[str]:
    for each in report.sets:
        for score in each.scores:
            if score.floor is not None and _is_short(score.floor - score.new, score.n or each.n):
                name = _score(score.score)
                yield told("gate_floor", name=each.name, score=name, new=score.new, floor=score.floor)


def _is_short(by: float, n: int) -> bool:
    """A floor between two sentences is not missed by the lower of them."""
    return by > 0 and by * n >= 1 - 1e-9


def _score(name: str) -> str:
    return release_words().scores.get(name, name)
