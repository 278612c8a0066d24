"""From evidence to probabilities, judged on sentences the model was not fitted on."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize, minimize_scalar

from knowledge_base.evidence import Evidence

ENOUGH = 20
"""Fewer sentences than this on either side say nothing about scope."""

_FLATNESS = 1e-4
"""Keeps the weights finite where the two sides do not overlap."""


@dataclass(frozen=True)
class Calibration:
    """Two logistic models: is it answerable at all, and if so, by which topic.

    ``lead`` and ``coverage`` weigh what the evidence says of scope; ``temperature`` divides what it says of topics
    before that is turned into shares.
    """

    bias: float = -3.0
    lead: float = 10.0
    coverage: float = 5.0
    temperature: float = 0.5

    @classmethod
    def fit(cls, evidence: Sequence[Evidence], columns: Sequence[int | None]) -> "Calibration":
        """``evidence`` of sentences by a model that did not know them; their true columns, None for no topic."""
        answerable = [(found, column) for found, column in zip(evidence, columns, strict=True) if column is not None]
        unanswerable = [found for found, column in zip(evidence, columns, strict=True) if column is None]
        fitted = cls()
        if len(answerable) >= ENOUGH:
            fitted = fitted._with_temperature(answerable)
        if min(len(answerable), len(unanswerable)) >= ENOUGH:
            fitted = fitted._with_scope([found for found, _ in answerable], unanswerable)
        return fitted

    def confidences(self, evidence: Evidence) -> npt.NDArray[np.float64]:
        """A probability for each topic; what is missing to 1 is that none of them answers."""
        topics = evidence.topics.astype(np.float64)
        in_scope = 1 / (1 + np.exp(-(self.bias + self.lead * evidence.lead + self.coverage * evidence.coverage)))
        shares = np.exp((topics - topics.max()) / self.temperature)
        confidences: npt.NDArray[np.float64] = in_scope * shares / shares.sum()
        return confidences

    def as_dict(self) -> dict[str, float]:
        return asdict(self)

    def _with_temperature(self, answerable: Sequence[tuple[Evidence, int]]) -> "Calibration":
        topics = np.array([found.topics for found, _ in answerable], dtype=np.float64)
        columns = np.array([column for _, column in answerable])

        def surprise(temperature: float) -> float:
            logits = (topics - topics.max(axis=1, keepdims=True)) / temperature
            shares = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
            return float(-shares[np.arange(len(columns)), columns].mean())

        found = minimize_scalar(surprise, bounds=(0.05, 5.0), method="bounded")
        return replace(self, temperature=float(found.x))

    def _with_scope(self, answerable: Sequence[Evidence], unanswerable: Sequence[Evidence]) -> "Calibration":
        """Both sides count the same, however many sentences each has."""
        signs = np.array([1.0] * len(answerable) + [-1.0] * len(unanswerable))
        weights = np.where(signs > 0, 0.5 / len(answerable), 0.5 / len(unanswerable))
        facts = np.array([(1.0, found.lead, found.coverage) for found in (*answerable, *unanswerable)])

        def surprise(parameters: npt.NDArray[np.float64]) -> float:
            flat = _FLATNESS * float(parameters[1:] @ parameters[1:])
            return float(weights @ np.logaddexp(0, -signs * (facts @ parameters))) + flat

        bias, lead, coverage = minimize(surprise, [self.bias, self.lead, self.coverage], method="BFGS").x
        return replace(self, bias=float(bias), lead=float(lead), coverage=float(coverage))
