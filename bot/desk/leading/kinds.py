"""The closed lists of supervising."""

from enum import StrEnum


class Heat(StrEnum):
    """How much a figure of the wall needs somebody."""

    calm = "calm"
    amber = "amber"
    red = "red"


class Mark(StrEnum):
    """How far a criterion of a score sheet was met; ``not_applicable`` counts neither way."""

    met = "met"
    partly = "partly"
    missed = "missed"
    not_applicable = "not_applicable"

    @property
    def share(self) -> float | None:
        """Of the criterion's weight; None where it does not count."""
        return {Mark.met: 1.0, Mark.partly: 0.5, Mark.missed: 0.0}.get(self)


class SampleReason(StrEnum):
    """By which rule a service was drawn.  ``by_hand``: chosen by a person, and marked so for good."""

    per_agent = "per_agent"
    low_rating = "low_rating"
    long_wait = "long_wait"
    complaint = "complaint"
    random = "random"
    by_hand = "by_hand"


class SampleState(StrEnum):
    """How far a sample got.  ``objected``: the agent does not agree, and somebody owes an answer."""

    open = "open"
    scored = "scored"
    objected = "objected"
    settled = "settled"
