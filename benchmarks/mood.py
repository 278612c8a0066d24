"""Moods as we read them beside SnowNLP's sentiment, on the same sentences: ``python -m benchmarks.mood FILE``.

SnowNLP gives the probability of being positive.  Two thresholds, fitted on our own training sentences, make positive,
neutral and negative of it; angry counts as negative.
"""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from snownlp import SnowNLP

from bot.conversations.mood import Sentiment
from bot.mood_evaluation import evaluate_mood, macro_f1, polarity, read_mood_sentences
from bot.settings import get_settings
from knowledge_base.mood_sentences import read_sentiments

PER_LABEL = 300
"""So many training sentences of each polarity fit the thresholds: SnowNLP takes milliseconds a sentence."""


@dataclass(frozen=True)
class Thresholds:
    """Below ``low`` a text is negative, from ``high`` on positive."""

    low: float
    high: float

    @classmethod
    def fit(cls, scores: Sequence[float], truths: Sequence[str]) -> "Thresholds":
        """The pair with the best macro-F1, of a grid of quantiles."""
        grid = sorted({float(q) for q in np.quantile(scores, np.linspace(0.02, 0.98, 33))})
        pairs = [cls(low, high) for low in grid for high in grid if low <= high]
        return max(pairs, key=lambda pair: macro_f1(truths, pair.polarities(scores)))

    def polarities(self, scores: Sequence[float]) -> list[str]:
        return ["negative" if s < self.low else "positive" if s >= self.high else "neutral" for s in scores]


def snownlp_scores(texts: Sequence[str]) -> list[float]:
    return [float(SnowNLP(text).sentiments) if text.strip() else 0.5 for text in texts]


def main(file: Path) -> None:
    taught = read_sentiments()
    chosen = _balanced([polarity(Sentiment(label)) for label in taught.labels])
    truths = [polarity(Sentiment(taught.labels[row])) for row in chosen]
    thresholds = Thresholds.fit(snownlp_scores([taught.texts[row] for row in chosen]), truths)
    sentences = read_mood_sentences(file)
    theirs = thresholds.polarities(snownlp_scores([sentence.text for sentence in sentences]))
    ours = evaluate_mood(get_settings(), file)
    print(f"| {len(sentences)} sentences | ours | SnowNLP |\n|---|---|---|")
    baseline = macro_f1([polarity(sentence.sentiment) for sentence in sentences], theirs)
    print(f"| positive, neutral, negative: macro-F1 | {ours.polarity_macro_f1:.3f} | {baseline:.3f} |")
    print(f"| four sentiments: macro-F1 | {ours.sentiment.macro_f1:.3f} | - |")
    print(f"| four sentiments: calibration error | {ours.sentiment.calibration_error:.3f} | - |")
    print(f"| three urgencies: macro-F1 | {ours.urgency.macro_f1:.3f} | - |")
    print(f"| three urgencies: calibration error | {ours.urgency.calibration_error:.3f} | - |")


def _balanced(labels: Sequence[str]) -> list[int]:
    """Row numbers of as many sentences of each label, spread evenly over the file."""
    rows: list[int] = []
    for label in sorted(set(labels)):
        own = [row for row, one in enumerate(labels) if one == label]
        rows += own[:: max(1, len(own) // PER_LABEL)][:PER_LABEL]
    return rows


if __name__ == "__main__":
    main(Path(sys.argv[1]))
