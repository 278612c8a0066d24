"""Character n-grams: sturdy against typing errors and words that no dictionary has."""

import json
from typing import Any

import numpy as np
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.featurizers.sparse_featurizer.sparse_featurizer import SparseFeaturizer
from rasa.shared.nlu.constants import FEATURE_TYPE_SENTENCE, TEXT
from rasa.shared.nlu.training_data.features import Features
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.dialogue.components.ngrams import NgramOptions, NgramWeights, as_written
from bot.dialogue.components.normalizer import normal_text

VOCABULARY_FILE = "ngrams.json"
WEIGHTS_FILE = "idf.npy"


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=True)
class CharNgramFeaturizer(SparseFeaturizer, GraphComponent):
    """TF-IDF over the character n-grams of the normal spelling; numbers count by their length only."""

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return {**SparseFeaturizer.get_default_config(), "longest": 4, "min_count": 2}

    @staticmethod
    def required_packages() -> list[str]:
        return ["sklearn"]

    @classmethod
    def validate_config(cls, config: dict[str, Any]) -> None:
        """Nothing that could be wrong before training."""

    def __init__(self, config: dict[str, Any], name: str, storage: ModelStorage, resource: Resource) -> None:
        super().__init__(name, config)
        self._storage = storage
        self._resource = resource
        self._options = NgramOptions(config["longest"], config["min_count"])
        self._weights: NgramWeights | None = None

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> "CharNgramFeaturizer":
        return cls(config, execution_context.node_name, model_storage, resource)

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> "CharNgramFeaturizer":
        featurizer = cls.create(config, model_storage, resource, execution_context)
        with model_storage.read_from(resource) as folder:
            vocabulary = json.loads((folder / VOCABULARY_FILE).read_text(encoding="utf-8"))
            weights = np.load(folder / WEIGHTS_FILE)
        featurizer._weights = NgramWeights(config["longest"], vocabulary, weights)
        return featurizer

    def train(self, training_data: TrainingData) -> Resource:
        vectorizer = self._options.vectorizer()
        vectorizer.fit([as_written(normal_text(m).text) for m in training_data.intent_examples])
        vocabulary = {gram: int(column) for gram, column in vectorizer.vocabulary_.items()}
        self._weights = NgramWeights(self._options.longest, vocabulary, vectorizer.idf_)
        with self._storage.write_to(self._resource) as folder:
            (folder / VOCABULARY_FILE).write_text(json.dumps(vocabulary, ensure_ascii=False), encoding="utf-8")
            np.save(folder / WEIGHTS_FILE, vectorizer.idf_)
        return self._resource

    def process(self, messages: list[Message]) -> list[Message]:
        if self._weights is None:
            return messages
        for message in messages:
            row = self._weights.row(as_written(normal_text(message).text))
            message.add_features(Features(row, FEATURE_TYPE_SENTENCE, TEXT, self._identifier))
        return messages

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        self.process([example for example in training_data.training_examples if example.get(TEXT)])
        return training_data
