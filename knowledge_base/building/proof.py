"""A build shows that it does what it must before anybody may use it."""

import numpy as np
import torch
from tokenizers import Tokenizer
from transformers import PreTrainedModel

from bot.errors import BotError
from knowledge_base.building.export import SentenceModel
from knowledge_base.encoder import Encoder

MIN_COSINE = 0.9999

NEARER = (
    ("我的快递到哪了", "帮我查一下包裹现在在什么位置", "今天天气怎么样"),
    ("东西摔碎了怎么赔", "收到的时候已经破损了，能赔偿吗", "你们几点下班"),
    ("帮我转人工", "我要找真人客服", "寄到北京多少钱"),
    ("寄到广州要几天", "发往广东一般多久能到", "怎么开发票"),
)
"""Each first sentence must be nearer to the second than to the third."""


class EncoderProofError(BotError):
    """The encoder that was built does not do what it must; nothing was written."""


def prove(encoder: Encoder, transformer: PreTrainedModel, tokenizer: Tokenizer, *, prefix: str) -> None:
    """Raise EncoderProofError unless the export equals the model and near things are near."""
    texts = sorted({text for trio in NEARER for text in trio})
    served = encoder.encode(texts)
    with torch.no_grad():
        model = SentenceModel(transformer).eval()
        wanted = np.concatenate([_vector(model, tokenizer, prefix + text) for text in texts])
    cosine = float((served * wanted).sum(axis=1).min())
    if cosine < MIN_COSINE:
        raise EncoderProofError(f"the export differs from the model: cosine {cosine:.5f}, at least {MIN_COSINE} is due")
    for said, near, far in NEARER:
        one, two, three = encoder.encode([said, near, far])
        if one @ two <= one @ three:
            raise EncoderProofError(f"{said!r} is nearer to {far!r} than to {near!r}")


def _vector(
    model: SentenceModel, tokenizer: Tokenizer, text: str
) -> "np.ndarray[tuple[int, int], np.dtype[np.float32]]":
    ids = torch.tensor([tokenizer.encode(text).ids])
    vector: torch.Tensor = model(ids, torch.ones_like(ids))
    return vector.numpy()
