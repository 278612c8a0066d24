"""The linear model behind the intent classifier, apart from Rasa."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize, minimize_scalar
from scipy.sparse import csr_matrix

Floats = npt.NDArray[np.float64]
Features = tuple[csr_matrix, Any]


@dataclass(frozen=True)
class LinearOptions:
    """``strength`` is the weight of the data against small weights (scikit-learn's C); ``dense_weight`` scales the
    sentence vectors against the n-grams, which have length 1."""

    strength: float
    dense_weight: float
    steps: int = 80


@dataclass
class LinearModel:
    """``softmax((x @ coefficients + intercepts) / temperature)`` over standardised features."""

    classes: list[str]
    coefficients: Floats
    intercepts: Floats
    mean: Floats
    scale: Floats
    temperature: Floats

    @classmethod
    def fit(cls, features: Features, labels: list[str], held_out: Any, options: LinearOptions) -> "LinearModel":
        """``held_out`` marks the sentences that the encoder was not tuned on: they set the temperature."""
        targets = np.array(labels)
        known = ~held_out
        temperature = 1.0
        if held_out.sum() >= 50 and set(targets[held_out]) <= set(targets[known]):
            trial = cls._fitted(rows(features, known), targets[known], options)
            columns = np.array([trial.classes.index(target) for target in targets[held_out]])
            temperature = best_temperature(trial.scores(rows(features, held_out)), columns)
        model = cls._fitted(features, targets, options)
        model.temperature = np.array(temperature)
        return model

    @classmethod
    def _fitted(cls, features: Features, targets: Any, options: LinearOptions) -> "LinearModel":
        """Minimise the balanced cross-entropy plus the squared weights, by L-BFGS."""
        sparse, dense = features
        mean = dense.mean(axis=0)
        spread = np.sqrt(((dense - mean) ** 2).sum(axis=1).mean())
        scale = options.dense_weight / spread if spread else 1.0
        classes, columns = np.unique(targets, return_inverse=True)
        problem = _Problem(sparse.tocsr(), (dense - mean) * scale, columns, len(classes), options.strength)
        found = minimize(
            problem.loss, problem.start(), jac=True, method="L-BFGS-B", options={"maxiter": options.steps, "maxcor": 8}
        )
        weights, intercepts = problem.unpacked(found.x)
        return cls([str(c) for c in classes], weights, intercepts, mean, np.array(scale), np.array(1.0))

    def scores(self, features: Features) -> Floats:
        sparse, dense = features
        width = sparse.shape[1]
        scores = _product(sparse, self.coefficients[:width])
        scores += ((dense - self.mean) * self.scale) @ self.coefficients[width:]
        return scores + self.intercepts

    def probabilities(self, features: Features) -> Floats:
        return softmax(self.scores(features) / self.temperature)

    def arrays(self) -> dict[str, Floats]:
        """What has to be kept besides the class names."""
        names = ("coefficients", "intercepts", "mean", "scale", "temperature")
        return {name: np.asarray(getattr(self, name), dtype=np.float32) for name in names}


_FEW = 8


def _product(sparse: csr_matrix, weights: Floats) -> Floats:
    """``sparse @ weights``; for a few rows only the weights they need are touched, scipy would copy all of them."""
    if sparse.shape[0] > _FEW:
        found: Floats = sparse @ weights
        return found
    rows = [sparse.indptr[row : row + 2] for row in range(sparse.shape[0])]
    few: Floats = np.array([sparse.data[start:end] @ weights[sparse.indices[start:end]] for start, end in rows])
    return few.reshape(sparse.shape[0], weights.shape[1])


def best_temperature(scores: Floats, columns: Any) -> float:
    """The one under which the true classes are least surprising."""
    return float(np.exp(_coolest(scores, columns).x))


def least_surprise(scores: Floats, columns: Any) -> float:
    """The mean of ``-log p`` of the true classes, under the temperature that suits them best."""
    return float(_coolest(scores, columns).fun)


def _coolest(scores: Floats, columns: Any) -> Any:
    def surprise(log_temperature: float) -> float:
        chosen = softmax(scores / np.exp(log_temperature))[np.arange(len(columns)), columns]
        return float(-np.log(np.maximum(chosen, 1e-12)).mean())

    return minimize_scalar(surprise, bounds=(-3.0, 3.0), method="bounded")


class _Problem:
    """Multinomial logistic regression with balanced classes; parameters are packed into one vector."""

    def __init__(self, sparse: csr_matrix, dense: Any, columns: Any, classes: int, strength: float) -> None:
        self._sparse = sparse.astype(np.float32)
        self._transposed = self._sparse.T.tocsr()
        self._dense = dense.astype(np.float32)
        self._shape = (sparse.shape[1] + dense.shape[1], classes)
        counts = np.bincount(columns, minlength=classes)
        self._importance = (len(columns) / (classes * counts))[columns][:, None].astype(np.float32)
        self._wanted = np.eye(classes, dtype=np.float32)[columns]
        self._strength = strength

    def start(self) -> Floats:
        return np.zeros((self._shape[0] + 1) * self._shape[1])

    def unpacked(self, packed: Floats) -> tuple[Floats, Floats]:
        matrix = packed.reshape(self._shape[0] + 1, self._shape[1])
        return matrix[:-1], matrix[-1]

    def loss(self, packed: Floats) -> tuple[float, Floats]:
        """The loss and its gradient; the large products are computed in single precision."""
        weights, intercepts = self.unpacked(packed)
        width = self._sparse.shape[1]
        single = weights.astype(np.float32)
        found = softmax(self._sparse @ single[:width] + self._dense @ single[width:] + intercepts.astype(np.float32))
        surprise = -float((self._importance * self._wanted * np.log(np.maximum(found, 1e-30))).sum(dtype=np.float64))
        error = self._importance * (found - self._wanted) * self._strength
        gradient: Floats = np.vstack(
            [self._transposed @ error, self._dense.T @ error, error.sum(axis=0)[None, :]]
        ).astype(np.float64)
        gradient[:-1] += weights
        return float(self._strength * surprise + 0.5 * (weights**2).sum()), gradient.ravel()


def rows(features: Features, chosen: Any) -> Features:
    return features[0][np.flatnonzero(chosen)], features[1][chosen]


def softmax(scores: Floats) -> Floats:
    shifted = np.exp(scores - scores.max(axis=1, keepdims=True))
    normal: Floats = shifted / shifted.sum(axis=1, keepdims=True)
    return normal
