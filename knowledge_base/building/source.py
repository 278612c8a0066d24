"""Where the encoder comes from: the embedded default, or anything sentence-transformers can load."""

from tokenizers import Tokenizer
from transformers import PreTrainedModel

from bot.errors import SetupError
from knowledge_base.building import embedded

EMBEDDED = "embedded"


def load(model: str) -> tuple[PreTrainedModel, Tokenizer]:
    """The transformer in float32 and its tokenizer."""
    if model == EMBEDDED:
        return embedded.load()
    from sentence_transformers import SentenceTransformer

    sentence_transformer = SentenceTransformer(model, device="cpu", model_kwargs={"attn_implementation": "eager"})
    transformer = sentence_transformer[0].auto_model
    if not isinstance(transformer, PreTrainedModel):
        raise SetupError(f"{model} holds no transformer that can be exported: choose another encoder model")
    return transformer, sentence_transformer.tokenizer.backend_tokenizer
