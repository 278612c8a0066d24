"""Linear classifier over everything the featurizers left in a message."""

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

from bot.dialogue.components.linear import LinearModel, LinearOptions
from bot.dialogue.components.normalizer import normal_text
from knowledge_base.encoder import is_held_out

WEIGHTS_FILE = "weights.npz"
CLASSES_FILE = "classes.json"
NOTHING_SAID = {"name": "nlu_fallback", "confidence": 1.0}
"""For a message with nothing to read in it, such as zero-width characters alone."""


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class LinearIntentClassifier(IntentClassifier, GraphComponent):
    """Logistic regression; confidences are calibrated on sentences the encoder was not tuned on."""

    @classmethod
    def required_components(cls) -> list[type]:
        return [Featurizer]

    @staticmethod
    def required_packages() -> list[str]:
        return ["sklearn", "scipy"]

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return {"strength": 10.0, "dense_weight": 1.0, "ranking_length": 5}

    def __init__(self, config: dict[str, Any], storage: ModelStorage, resource: Resource) -> None:
        self._config = config
        self._storage = storage
        self._resource = resource
        self._model: LinearModel | None = None

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
                classifier._model = LinearModel(classes, **arrays)
        return classifier

    def train(self, training_data: TrainingData) -> Resource:
        examples = [example for example in training_data.intent_examples if example.get(TEXT)]
        held_out = np.array([is_held_out(normal_text(example).text) for example in examples])
        model = LinearModel.fit(
            _features(examples),
            [example.get(INTENT) for example in examples],
            held_out,
            LinearOptions(self._config["strength"], self._config["dense_weight"]),
        )
        with self._storage.write_to(self._resource) as folder:
            (folder / CLASSES_FILE).write_text(json.dumps(model.classes), encoding="utf-8")
            np.savez(folder / WEIGHTS_FILE, **model.arrays())
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


def _features(messages: list[Message]) -> tuple[csr_matrix, Any]:
    """All sparse features side by side, and all dense ones: ``(n, s)`` and ``(n, d)``."""
    sparse = [message.get_sparse_features(TEXT)[1].features for message in messages]
    dense = [message.get_dense_features(TEXT)[1].features for message in messages]
    return csr_matrix(vstack(sparse)), np.vstack(dense)
