"""Entities by rule, as a component of Rasa's pipeline."""

import os
import shutil
from datetime import date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.extractors.extractor import EntityExtractorMixin
from rasa.shared.nlu.constants import ENTITIES
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.dialogue.components.entities import EntityFinder, Found
from bot.dialogue.components.lexicon import LEXICON, fingerprint, trade_words
from bot.dialogue.components.normalizer import normal_text
from bot.dialogue.components.text import NormalText
from bot.dialogue.components.tokenizer import jieba_with

NORMALIZED = "normalized"
"""Key of what the words of an entity mean; ``docs/nlu.md`` lists the forms."""
CHINA = ZoneInfo("Asia/Shanghai")


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=True)
class LexiconEntityExtractor(GraphComponent, EntityExtractorMixin):
    """Places refer to the text as the customer wrote it, values are in their normal form.

    Beside them stands ``normalized``, what the words mean, where that is certain.  The lexicon is packed into the
    model, so that a model answers the same wherever it is loaded.
    """

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return {"lexicon": str(LEXICON)}

    @classmethod
    def fingerprint_addon(cls, config: dict[str, Any]) -> str | None:
        """What Rasa's cache must know beside the configuration: another lexicon makes another component.

        Where the output is in the cache already, Rasa asks once more, with the configuration of its own stand-in.
        """
        lexicon = config.get("lexicon")
        return fingerprint(Path(lexicon)) if lexicon else None

    @staticmethod
    def required_packages() -> list[str]:
        return ["spacy", "jieba"]

    def __init__(self, storage: ModelStorage, resource: Resource, lexicon: Path) -> None:
        self._storage = storage
        self._resource = resource
        self._lexicon = lexicon
        self._finder = EntityFinder(lexicon, jieba_with(trade_words(lexicon)))

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> "LexiconEntityExtractor":
        return cls(model_storage, resource, Path(config["lexicon"]))

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> "LexiconEntityExtractor":
        with model_storage.read_from(resource) as folder:
            return cls(model_storage, resource, folder)

    def train(self, training_data: TrainingData) -> Resource:
        with self._storage.write_to(self._resource) as folder:
            for path in self._lexicon.iterdir():
                shutil.copy2(path, folder / path.name)
        return self._resource

    def process(self, messages: list[Message]) -> list[Message]:
        today = today_in_china()
        for message in messages:
            normal = normal_text(message)
            found = [self._as_rasa(entity, normal) for entity in self._finder.find(normal, today)]
            message.set(ENTITIES, [*message.get(ENTITIES, []), *found], add_to_output=True)
        return messages

    def _as_rasa(self, found: Found, normal: NormalText) -> dict[str, Any]:
        start, end = normal.original_span(found.start, found.end)
        entity = {
            "entity": found.entity,
            "start": start,
            "end": end,
            "value": found.value,
            "confidence_entity": 1.0,
            "extractor": self.name,
        }
        return entity if found.meaning is None else entity | {NORMALIZED: found.meaning}


def today_in_china() -> date:
    """The day it is for our customers, or the one in ``BOT_TODAY`` (ISO), so that measurements can be repeated."""
    pinned = os.environ.get("BOT_TODAY")
    return date.fromisoformat(pinned) if pinned else datetime.now(CHINA).date()
