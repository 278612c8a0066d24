"""Sentiment and urgency, as `bot.mood_evaluation` measures them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.mood_evaluation import MoodReport, MoodSentence, ReadMoods, evaluate_moods


@dataclass(frozen=True)
class MoodsMeasured:
    """One or more sets of moods."""

    report: MoodReport
    misread: tuple[str, ...]

    @classmethod
    def of(cls, sentences: Sequence[MoodSentence], read: ReadMoods) -> "MoodsMeasured":
        misread: list[str] = []
        report = evaluate_moods(read, sentences, on_error=misread.append)
        return cls(report, tuple(misread))

    @property
    def n(self) -> int:
        return self.report.n

    def scores(self) -> Mapping[str, float]:
        sentiment, urgency = self.report.sentiment, self.report.urgency
        return {
            "sentiment_macro_f1": sentiment.macro_f1,
            "polarity_macro_f1": self.report.polarity_macro_f1,
            "urgency_macro_f1": urgency.macro_f1,
            "sentiment_calibration": round(1 - sentiment.calibration_error, 4),
            "urgency_calibration": round(1 - urgency.calibration_error, 4),
        }

    def worst(self) -> list[str]:
        return list(self.misread)
