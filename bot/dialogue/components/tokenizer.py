"""Words by jieba, with the trade's own dictionary."""

from pathlib import Path
from typing import Any

import jieba
from rasa.engine.graph import ExecutionContext
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.tokenizers.tokenizer import Token, Tokenizer
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.dialogue.components.lexicon import LEXICON, trade_words
from bot.dialogue.components.normalizer import normal_text

DICTIONARY_FILE = "words.txt"


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_TOKENIZER, is_trainable=True)
class TradeTokenizer(Tokenizer):
    """Tokens of the normal spelling; their places refer to the original text.

    The dictionary is packed into the model, so that a model answers the same wherever it is loaded.
    """

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return {"lexicon": str(LEXICON), "intent_tokenization_flag": False, "intent_split_symbol": "_"}

    @staticmethod
    def required_packages() -> list[str]:
        return ["jieba"]

    def __init__(self, config: dict[str, Any], storage: ModelStorage, resource: Resource, words: list[str]) -> None:
        super().__init__(config)
        self._storage = storage
        self._resource = resource
        self._words = words
        self._jieba = jieba_with(words)

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> "TradeTokenizer":
        return cls(config, model_storage, resource, trade_words(Path(config["lexicon"])))

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> "TradeTokenizer":
        with model_storage.read_from(resource) as folder:
            words = (folder / DICTIONARY_FILE).read_text(encoding="utf-8").split("\n")
        return cls(config, model_storage, resource, words)

    def train(self, training_data: TrainingData) -> Resource:
        with self._storage.write_to(self._resource) as folder:
            (folder / DICTIONARY_FILE).write_text("\n".join(self._words), encoding="utf-8")
        return self._resource

    def tokenize(self, message: Message, attribute: str) -> list[Token]:
        normal = normal_text(message)
        tokens = []
        for word, start, end in self._jieba.tokenize(normal.text):
            if word.strip():
                tokens.append(Token(word, *normal.original_span(start, end)))
        return tokens


def jieba_with(words: list[str]) -> jieba.Tokenizer:
    """A tokenizer of its own: jieba's global one is shared by everything in the process.

    A word that begins with ``-`` is taken out of jieba's dictionary.
    """
    tokenizer = jieba.Tokenizer()
    tokenizer.initialize()
    for word in words:
        if word.startswith("-"):
            tokenizer.del_word(word[1:])
        elif word:
            tokenizer.add_word(word)
    return tokenizer
