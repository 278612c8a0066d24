"""Two linear models of one question, pooled: what the letters say and what the sentence vector says.

Fitted on both at once, the classifier would trust the vectors too much, because the encoder was tuned on the very
sentences it is fitted on; fitted apart, each stays honest.  How much the vectors count is then judged on the sentences
that the encoder was not tuned on (``docs/nlu.md`` has the measurements).
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix

from bot.dialogue.components.linear import (
    Features,
    Floats,
    LinearModel,
    LinearOptions,
    best_temperature,
    least_surprise,
    rows,
    softmax,
)

ENOUGH_HELD_OUT = 50
WEIGHTS = (0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.85, 1.0, 1.25, 1.5)


@dataclass(frozen=True)
class PooledOptions:
    """``vector_weight``: how much the log-odds of the vectors count beside those of the n-grams, where too few
    sentences are held out to judge it by.

    ``outside`` is the class of what the bot is not for; it is favoured as far as at most ``false_rejection`` of the
    held-out sentences of other classes are lost to it.
    """

    strength: float = 10.0
    vector_weight: float = 0.5
    outside: str = "out_of_scope"
    false_rejection: float = 0.02
    steps: int = 40


@dataclass
class PooledModel:
    """``softmax((log p_ngrams + weight * log p_vectors + bias of the outside class) / temperature)``."""

    ngrams: LinearModel
    vectors: LinearModel
    weight: float
    bias: Floats
    temperature: float = 1.0

    @property
    def classes(self) -> list[str]:
        return self.ngrams.classes

    @classmethod
    def fit(cls, features: Features, labels: list[str], held_out: Any, options: PooledOptions) -> "PooledModel":
        """``held_out`` marks the sentences that the encoder was not tuned on: they set weight, bias and temperature."""
        targets = np.array(labels)
        model = cls._fitted(features, targets, options)
        if held_out.sum() >= ENOUGH_HELD_OUT and set(targets[held_out]) <= set(targets[~held_out]):
            trial = cls._fitted(rows(features, ~held_out), targets[~held_out], options)
            judged = trial._calibrated(rows(features, held_out), targets[held_out], options)
            model = replace(model, weight=judged.weight, bias=judged.bias, temperature=judged.temperature)
        return model

    @classmethod
    def _fitted(cls, features: Features, targets: Any, options: PooledOptions) -> "PooledModel":
        nobody = np.zeros(len(targets), dtype=bool)
        linear = LinearOptions(strength=options.strength, dense_weight=1.0, steps=options.steps)
        ngrams = LinearModel.fit(_ngrams_of(features), list(targets), nobody, linear)
        vectors = LinearModel.fit(_vectors_of(features), list(targets), nobody, linear)
        return cls(ngrams, vectors, options.vector_weight, np.zeros(len(ngrams.classes)))

    def scores(self, features: Features) -> Floats:
        """Log-odds before the temperature, ``(n, classes)``."""
        letters, meaning = self._opinions(features)
        pooled: Floats = letters + self.weight * meaning + self.bias
        return pooled

    def probabilities(self, features: Features) -> Floats:
        return softmax(self.scores(features) / self.temperature)

    def _opinions(self, features: Features) -> tuple[Floats, Floats]:
        """Log-probabilities by the n-grams and by the vectors, each ``(n, classes)``."""
        letters = log_softmax(self.ngrams.scores(_ngrams_of(features)))
        return letters, log_softmax(self.vectors.scores(_vectors_of(features)))

    def _calibrated(self, features: Features, targets: Any, options: PooledOptions) -> "PooledModel":
        columns = np.array([self.classes.index(target) for target in targets])
        letters, meaning = self._opinions(features)
        weight = min(WEIGHTS, key=lambda weight: least_surprise(letters + weight * meaning, columns))
        scores = letters + weight * meaning
        if options.outside in self.classes:
            column = self.classes.index(options.outside)
            inside = scores[targets != options.outside]
            others = np.delete(inside, column, axis=1).max(axis=1)
            lead = others - inside[:, column]
            self.bias[column] = max(0.0, float(np.quantile(lead, options.false_rejection)))
        return replace(self, weight=weight, temperature=best_temperature(scores + self.bias, columns))


def log_softmax(scores: Floats) -> Floats:
    shifted = scores - scores.max(axis=1, keepdims=True)
    normal: Floats = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return normal


def _ngrams_of(features: Features) -> Features:
    return features[0], np.zeros((features[0].shape[0], 0))


def _vectors_of(features: Features) -> Features:
    return csr_matrix((len(features[1]), 0)), features[1]
