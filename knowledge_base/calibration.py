"""From scores to probabilities, judged on sentences the model was not fitted on."""

from dataclasses import asdict, dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize, minimize_scalar

from knowledge_base.index import Vectors

ENOUGH = 20
"""Fewer sentences than this on either side say nothing about scope."""

_FLATNESS = 1e-4
"""Keeps the slope finite where the two sides do not overlap."""


@dataclass(frozen=True)
class Calibration:
    """Two logistic models: is it answerable at all, and if so, by which topic.

    ``slope`` weighs the lead of the best topic's score over that of no topic; ``temperature`` divides the scores before
    they are turned into shares.
    """

    bias: float = 0.0
    slope: float = 10.0
    temperature: float = 0.05

    @classmethod
    def fit(cls, scores: Vectors, columns: npt.NDArray[np.int64]) -> "Calibration":
        """``scores`` of sentences by a model that did not know them; their true columns, the last being no topic."""
        last = scores.shape[1] - 1
        answerable = columns != last
        fitted = cls()
        if answerable.sum() >= ENOUGH:
            fitted = fitted._with_temperature(scores[answerable, :last], columns[answerable])
        if min(answerable.sum(), (~answerable).sum()) >= ENOUGH:
            fitted = fitted._with_scope(scores, answerable)
        return fitted

    def confidences(self, scores: Vectors) -> npt.NDArray[np.float64]:
        """A probability for each topic; what is missing to 1 is that none of them answers."""
        topics = scores[:-1].astype(np.float64)
        logit = self.bias + self.slope * (topics.max() - float(scores[-1]))
        in_scope = 1 / (1 + np.exp(-logit))
        shares = np.exp((topics - topics.max()) / self.temperature)
        confidences: npt.NDArray[np.float64] = in_scope * shares / shares.sum()
        return confidences

    def as_dict(self) -> dict[str, float]:
        return asdict(self)

    def _with_temperature(self, topics: Vectors, columns: npt.NDArray[np.int64]) -> "Calibration":
        def surprise(temperature: float) -> float:
            logits = (topics - topics.max(axis=1, keepdims=True)) / temperature
            shares = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
            return float(-shares[np.arange(len(columns)), columns].mean())

        found = minimize_scalar(surprise, bounds=(0.02, 1.0), method="bounded")
        return replace(self, temperature=float(found.x))

    def _with_scope(self, scores: Vectors, answerable: npt.NDArray[np.bool_]) -> "Calibration":
        """Both sides count the same, however many sentences each has."""
        lead = scores[:, :-1].max(axis=1) - scores[:, -1]
        signs = np.where(answerable, 1.0, -1.0)
        weights = np.where(answerable, 0.5 / answerable.sum(), 0.5 / (~answerable).sum())

        def surprise(parameters: npt.NDArray[np.float64]) -> float:
            bias, slope = parameters
            return float(weights @ np.logaddexp(0, -signs * (bias + slope * lead)) + _FLATNESS * slope**2)

        bias, slope = minimize(surprise, [self.bias, self.slope], method="BFGS").x
        return replace(self, bias=float(bias), slope=float(slope))
