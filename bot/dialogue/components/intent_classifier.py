"""The intent of a message, from everything the featurizers left in it."""

import json
from typing import Any

import numpy as np
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.nlu.featurizers.featurizer import Featurizer
from rasa.shared.nlu.constants import INTENT, INTENT_RANKING_KEY, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from scipy.sparse import csr_matrix, vstack

from bot.dialogue.components.linear import LinearModel
from bot.dialogue.components.normalizer import normal_text
from bot.dialogue.components.pooled import PooledModel, PooledOptions
from knowledge_base.encoder import is_held_out

WEIGHTS_FILE = "weights.npz"
CLASSES_FILE = "classes.json"
NOTHING_SAID = {"name": "nlu_fallback", "confidence": 1.0}
"""For a message with nothing to read in it, such as zero-width characters alone."""


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class LinearIntentClassifier(IntentClassifier, GraphComponent):
    """Logistic regression on n-grams, another on sentence vectors, pooled and calibrated."""

    @classmethod
    def required_components(cls) -> list[type]:
        return [Featurizer]

    @staticmethod
    def required_packages() -> list[str]:
        return ["sklearn", "scipy"]

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return {"strength": 10.0, "vector_weight": 0.5, "false_rejection": 0.02, "ranking_length": 5}

    def __init__(self, config: dict[str, Any], storage: ModelStorage, resource: Resource) -> None:
        self._config = config
        self._storage = storage
        self._resource = resource
        self._model: PooledModel | None = None

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> "LinearIntentClassifier":
        return cls(config, model_storage, resource)

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> "LinearIntentClassifier":
        classifier = cls(config, model_storage, resource)
        with model_storage.read_from(resource) as folder:
            classes = json.loads((folder / CLASSES_FILE).read_text(encoding="utf-8"))
            with np.load(folder / WEIGHTS_FILE) as arrays:
                classifier._model = _loaded(classes, arrays)
        return classifier

    def train(self, training_data: TrainingData) -> Resource:
        examples = [example for example in training_data.intent_examples if example.get(TEXT)]
        held_out = np.array([is_held_out(normal_text(example).text) for example in examples])
        options = PooledOptions(
            strength=self._config["strength"],
            vector_weight=self._config["vector_weight"],
            false_rejection=self._config["false_rejection"],
        )
        labels = [example.get(INTENT) for example in examples]
        model = PooledModel.fit(_features(examples), labels, held_out, options)
        with self._storage.write_to(self._resource) as folder:
            (folder / CLASSES_FILE).write_text(json.dumps(model.classes), encoding="utf-8")
            np.savez(folder / WEIGHTS_FILE, **_arrays(model))
        return self._resource

    def process(self, messages: list[Message]) -> list[Message]:
        if self._model is None or not messages:
            return messages
        probabilities = self._model.probabilities(_features(messages))
        for message, row in zip(messages, probabilities, strict=True):
            ranking = self._ranking(row) if normal_text(message).text else [NOTHING_SAID]
            message.set(INTENT, dict(ranking[0]), add_to_output=True)
            message.set(INTENT_RANKING_KEY, ranking, add_to_output=True)
        return messages

    def _ranking(self, row: Any) -> list[dict[str, Any]]:
        assert self._model is not None  # noqa: S101 - process() looked
        best = np.argsort(-row, kind="stable")[: self._config["ranking_length"]]
        return [{"name": self._model.classes[i], "confidence": float(row[i])} for i in best]


def _arrays(model: PooledModel) -> dict[str, Any]:
    """What has to be kept besides the class names."""
    parts = {"ngrams": model.ngrams, "vectors": model.vectors}
    kept = {f"{name}.{field}": array for name, part in parts.items() for field, array in part.arrays().items()}
    return kept | {"weight": model.weight, "bias": model.bias, "temperature": model.temperature}


def _loaded(classes: list[str], arrays: Any) -> PooledModel:
    ngrams, vectors = (
        LinearModel(classes, **{key.split(".")[1]: arrays[key] for key in arrays if key.startswith(f"{name}.")})
        for name in ("ngrams", "vectors")
    )
    return PooledModel(ngrams, vectors, float(arrays["weight"]), arrays["bias"], float(arrays["temperature"]))


def _features(messages: list[Message]) -> tuple[csr_matrix, Any]:
    """All sparse features side by side, and all dense ones: ``(n, s)`` and ``(n, d)``."""
    sparse = [message.get_sparse_features(TEXT)[1].features for message in messages]
    dense = [message.get_dense_features(TEXT)[1].features for message in messages]
    return sparse[0] if len(sparse) == 1 else csr_matrix(vstack(sparse)), np.vstack(dense)
