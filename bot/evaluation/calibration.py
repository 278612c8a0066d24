"""Whether a confidence means what it says: of what is held to be 80 % sure, 80 % should be right."""

from collections.abc import Iterator, Sequence

from pydantic import BaseModel

BINS = 10


class Bin(BaseModel):
    """``n`` answers of like confidence: the lowest, the highest and the mean of it, and the share that was right."""

    n: int
    lowest: float
    highest: float
    confidence: float
    right: float


class Calibration(BaseModel):
    """``error`` is the expected calibration error: the mean gap of confidence and rightness, bins weighed by ``n``."""

    error: float
    bins: list[Bin]

    @property
    def score(self) -> float:
        """1 is perfect honesty."""
        return round(1 - self.error, 4)


def calibration(answers: Sequence[tuple[float, bool]], bins: int = BINS) -> Calibration:
    """Bins of equal mass over pairs of a confidence and whether the answer was right.

    Equal mass (Nguyen & O'Connor 2015) keeps every bin worth reading where most answers are sure.
    """
    table = list(_binned(sorted(answers, key=_confidence), min(bins, len(answers))))
    gaps = sum(one.n * abs(one.confidence - one.right) for one in table)
    return Calibration(error=round(gaps / len(answers), 4) if answers else 0.0, bins=table)


def _binned(answers: Sequence[tuple[float, bool]], bins: int) -> Iterator[Bin]:
    for number in range(bins):
        part = answers[number * len(answers) // bins : (number + 1) * len(answers) // bins]
        confidences = [confidence for confidence, _ in part]
        yield Bin(
            n=len(part),
            lowest=confidences[0],
            highest=confidences[-1],
            confidence=sum(confidences) / len(part),
            right=sum(is_right for _, is_right in part) / len(part),
        )


def _confidence(answer: tuple[float, bool]) -> float:
    return answer[0]
