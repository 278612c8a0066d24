"""What a trained release does other than what serves: everything that is decided on before it meets customers."""

from typing import Literal

from pydantic import BaseModel, ConfigDict

from bot.evaluation.calibration import Bin

SENTENCES_KEPT = 400
"""So many newly right and newly wrong sentences are kept; they are counted beyond that."""

Decision = str
"""What the bot would do: an intent, ``faq:answer:<topic>``, ``faq:ask``, ``faq:decline`` or the fallback."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True)


class Side(_Part):
    """One of the two that are compared."""

    release: str
    model: str
    encoder: str


class ScoreCompared(_Part):
    """``floor`` is the least it may be, None where nobody set one; ``n`` how many sentences it looks at, None: all."""

    score: str
    old: float
    new: float
    floor: float | None = None
    n: int | None = None

    @property
    def change(self) -> float:
        return self.new - self.old


class SetCompared(_Part):
    """One evaluation set; ``is_ours``: it was made in the studio."""

    name: str
    part: str
    n: int
    is_ours: bool
    scores: tuple[ScoreCompared, ...]

    def score(self, name: str) -> ScoreCompared | None:
        return next((each for each in self.scores if each.score == name), None)


class ClassCompared(_Part):
    """An intent or an entry of the knowledge base over all its sentences: its recall, and precision if it has one."""

    name: str
    n: int
    old: float
    new: float
    old_precision: float | None = None
    new_precision: float | None = None

    @property
    def change(self) -> float:
        return self.new - self.old


class Turned(_Part):
    """A sentence that is judged another way now."""

    set_name: str
    text: str
    truth: str
    old: str
    new: str
    old_sure: float
    new_sure: float


class CalibrationCompared(_Part):
    """Expected calibration errors of the intents, and the bins of the new model."""

    old: float
    new: float
    bins: tuple[Bin, ...]


class Replayed(_Part):
    """A message of last week that would be answered another way; ``person`` is what somebody decided it meant."""

    text: str
    channel: str
    old: Decision
    new: Decision
    person: str | None = None

    @property
    def verdict(self) -> Literal["better", "worse", "unknown"]:
        """Judged by the person's intent alone."""
        if self.person is None:
            return "unknown"
        was, now = (intent_of(self.old) == self.person, intent_of(self.new) == self.person)
        return "unknown" if was == now else ("better" if now else "worse")


class Replay(_Part):
    """``intents`` and ``decisions`` count the messages where they are others."""

    days: int
    n: int
    intents: int = 0
    decisions: int = 0
    better: int = 0
    worse: int = 0
    changed: tuple[Replayed, ...] = ()


class DoubtTold(_Part):
    """A new example that what was known before contradicts."""

    text: str
    intent: str
    given: float
    other: str
    sure: float


class Added(_Part):
    """The examples that are new, and the doubtful among them."""

    n: int
    doubtful: int
    doubts: tuple[DoubtTold, ...] = ()

    @property
    def share(self) -> float:
        return self.doubtful / self.n if self.n else 0.0


class GateResult(_Part):
    """``told`` says what was found, in a sentence for trainers."""

    gate: str
    passed: bool
    told: tuple[str, ...] = ()


class ReleaseReport(_Part):
    """Old and new on the same sentences."""

    old: Side
    new: Side
    sets: tuple[SetCompared, ...]
    intents: tuple[ClassCompared, ...]
    topics: tuple[ClassCompared, ...]
    newly_right: tuple[Turned, ...]
    newly_wrong: tuple[Turned, ...]
    newly_right_n: int
    newly_wrong_n: int
    calibration: CalibrationCompared | None
    replay: Replay
    added: Added
    data: tuple[str, ...]
    gates: tuple[GateResult, ...] = ()

    @property
    def passed(self) -> bool:
        return all(gate.passed for gate in self.gates)


def intent_of(decision: Decision) -> str:
    return decision.partition(":")[0]
