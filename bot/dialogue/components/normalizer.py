"""First of the pipeline: puts a message's normal spelling beside its original."""

from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.dialogue.components import together  # noqa: F401  (messages that wait are understood together)
from bot.dialogue.components.text import NormalText, normalize

NORMAL_TEXT = "normal_text"
NORMAL_OFFSETS = "normal_offsets"


def normal_text(message: Message) -> NormalText:
    """The normal spelling that the normaliser left in the message, or makes it now."""
    text = message.get(NORMAL_TEXT)
    if text is None:
        return normalize(message.get(TEXT) or "")
    return NormalText(text, message.get(NORMAL_OFFSETS))


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=False)
class TextNormalizer(GraphComponent):
    """Leaves ``text`` as the customer wrote it; later components read the normal spelling."""

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> "TextNormalizer":
        return cls()

    def process(self, messages: list[Message]) -> list[Message]:
        for message in messages:
            if isinstance(message.get(TEXT), str):
                normal = normalize(message.get(TEXT))
                message.set(NORMAL_TEXT, normal.text)
                message.set(NORMAL_OFFSETS, normal.offsets)
        return messages

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        self.process(training_data.training_examples)
        return training_data
