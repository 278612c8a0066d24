"""Sentence vectors of our own encoder as features."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.featurizers.dense_featurizer.dense_featurizer import DenseFeaturizer
from rasa.nlu.tokenizers.tokenizer import Tokenizer
from rasa.shared.exceptions import RasaException
from rasa.shared.nlu.constants import FEATURE_TYPE_SENTENCE, TEXT
from rasa.shared.nlu.training_data.features import Features
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.dialogue.components.normalizer import normal_text
from knowledge_base.encoder import Encoder
from knowledge_base.vectors import SideBySide, VectorCache, Vectors

FOLDER_VARIABLE = "BOT_ENCODER_DIR"
VECTORS_VARIABLE = "BOT_VECTORS_DIR"
"""Training keeps its vectors in this folder, when there is one: the next training encodes what is new."""
THREADS_VARIABLE = "BOT_TRAINING_THREADS"

_AT_ONCE = 4000


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=True)
class SentenceEncoderFeaturizer(DenseFeaturizer, GraphComponent):
    """The encoder is not packed into the model: both processes share one folder, named by ``BOT_ENCODER_DIR``.

    The model remembers which encoder it was trained with and refuses another one.  Messages that are understood
    together are encoded on ``threads`` cores, one each; 0 stands for all of the machine.
    """

    HASH_FILE = "encoder.txt"

    @classmethod
    def required_components(cls) -> list[type]:
        return [Tokenizer]

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return {**DenseFeaturizer.get_default_config(), "threads": 0}

    @staticmethod
    def required_packages() -> list[str]:
        return ["onnxruntime", "tokenizers"]

    @classmethod
    def validate_config(cls, config: dict[str, Any]) -> None:
        """Any number of threads will do."""

    def __init__(
        self, config: dict[str, Any], name: str, storage: ModelStorage, resource: Resource, encoder: Encoder
    ) -> None:
        super().__init__(name, config)
        self._storage = storage
        self._resource = resource
        self._encoder = encoder
        self._side_by_side = SideBySide(encoder, threads=config["threads"] or os.cpu_count() or 1, share=1)

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> "SentenceEncoderFeaturizer":
        return cls(config, execution_context.node_name, model_storage, resource, Encoder(_folder()))

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> "SentenceEncoderFeaturizer":
        encoder = Encoder(_folder())
        with model_storage.read_from(resource) as folder:
            trained_with = (folder / cls.HASH_FILE).read_text(encoding="utf-8")
        if trained_with != encoder.hash:
            raise RasaException(
                f"the model was trained with encoder {trained_with}, {FOLDER_VARIABLE} holds {encoder.hash}: "
                "train again, or point it to the right folder"
            )
        return cls(config, execution_context.node_name, model_storage, resource, encoder)

    def train(self, training_data: TrainingData) -> Resource:
        with self._storage.write_to(self._resource) as folder:
            (folder / self.HASH_FILE).write_text(self._encoder.hash, encoding="utf-8")
        return self._resource

    def process(self, messages: list[Message]) -> list[Message]:
        self._add(messages, self._side_by_side.encode([normal_text(message).text for message in messages]))
        return messages

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        examples = [example for example in training_data.training_examples if example.get(TEXT)]
        known = VectorCache(SideBySide(self._encoder, threads=_training_threads()), _vectors_folder())
        for start in range(0, len(examples), _AT_ONCE):
            part = examples[start : start + _AT_ONCE]
            self._add(part, known.vectors([normal_text(example).text for example in part], kind="query"))
            known.save()
            print(f"Sentences encoded: {start + len(part)} of {len(examples)}", flush=True)
        return training_data

    def _add(self, messages: Sequence[Message], vectors: Vectors) -> None:
        for message, vector in zip(messages, vectors, strict=True):
            sentence = vector[np.newaxis, :]
            message.add_features(Features(sentence, FEATURE_TYPE_SENTENCE, TEXT, self._identifier))


def _folder() -> Path:
    folder = os.environ.get(FOLDER_VARIABLE)
    if not folder:
        raise RasaException(f"{FOLDER_VARIABLE} must name the folder of the sentence encoder (bot train makes one)")
    return Path(folder)


def _vectors_folder() -> Path | None:
    folder = os.environ.get(VECTORS_VARIABLE)
    return Path(folder) if folder else None


def _training_threads() -> int:
    return int(os.environ.get(THREADS_VARIABLE) or os.cpu_count() or 1)
