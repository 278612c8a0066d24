"""States of a sentence in a set, and of a run of dialogues."""

from enum import StrEnum


class SentenceState(StrEnum):
    """``open``: fewer than two labels; ``dropped``: no sentence to measure with, e.g. because it names somebody."""

    open = "open"
    disputed = "disputed"
    agreed = "agreed"
    settled = "settled"
    dropped = "dropped"


class SettledBy(StrEnum):
    """How a disagreement ended: a third person decided, or the two talked."""

    third = "third"
    talk = "talk"


class Outcome(StrEnum):
    """How a dialogue went: ``broken`` where the engine gave no answer at all."""

    passed = "passed"  # no password
    strayed = "strayed"
    broken = "broken"


FALLBACK, OUT_OF_SCOPE = "nlu_fallback", "out_of_scope"
"""What the pipeline says when it is unsure, and the intent of what is none of our business."""
USABLE = frozenset({SentenceState.agreed, SentenceState.settled})
"""What a model may be measured with."""
