"""Drop the vocabulary rows that Chinese and English customers never use: they are most of a multilingual model."""

import json
import unicodedata
from typing import Any

import torch
from tokenizers import Tokenizer
from transformers import PreTrainedModel

from bot.errors import SetupError

WORD_START = "▁"
ENGLISH_PIECES = 16_000
"""How many of the most frequent ASCII pieces stay: the rest are other languages written without accents."""

_HAN = (
    (0x2E80, 0x2FDF),  # radicals
    (0x3400, 0x4DBF),
    (0x4E00, 0x9FFF),
    (0xF900, 0xFAFF),
    (0x20000, 0x323AF),
)
_SYMBOLS = ("P", "S", "N", "Z")


def prune(model: PreTrainedModel, tokenizer: Tokenizer) -> Tokenizer:
    """Cut the model's embedding to the pieces that stay, in place; returns the tokenizer that numbers them.

    A tokenizer that is not a Unigram model stays whole: merges cannot be dropped piece by piece.
    """
    content: dict[str, Any] = json.loads(tokenizer.to_str())
    if content["model"]["type"] != "Unigram":
        return tokenizer
    pieces: list[list[Any]] = content["model"]["vocab"]
    special = {token["content"] for token in content["added_tokens"]}
    kept = _kept(pieces, special)
    _cut_embedding(model, kept)
    return Tokenizer.from_str(json.dumps(_renumbered(content, kept), ensure_ascii=False))


def _kept(pieces: list[list[Any]], special: set[str]) -> list[int]:
    kept, english = [], 0
    for number, (piece, _) in enumerate(pieces):  # most frequent first
        word = piece.removeprefix(WORD_START)
        if piece in special or _is_chinese_or_symbol(word):
            kept.append(number)
        elif word.isascii() and english < ENGLISH_PIECES:
            kept.append(number)
            english += 1
    return kept


def _is_chinese_or_symbol(word: str) -> bool:
    return all(_is_han(char) or char.isdigit() or unicodedata.category(char)[0] in _SYMBOLS for char in word)


def _is_han(char: str) -> bool:
    return any(low <= ord(char) <= high for low, high in _HAN)


def _cut_embedding(model: PreTrainedModel, kept: list[int]) -> None:
    whole = model.get_input_embeddings()
    if not isinstance(whole, torch.nn.Embedding):
        raise SetupError(f"cannot cut the vocabulary of a {type(model).__name__}: choose another encoder model")
    smaller = torch.nn.Embedding(len(kept), whole.embedding_dim)
    smaller.weight.data = whole.weight.detach()[torch.tensor(kept)].clone()
    model.set_input_embeddings(smaller)
    model.config.vocab_size = len(kept)


def _renumbered(content: dict[str, Any], kept: list[int]) -> dict[str, Any]:
    new = {old: number for number, old in enumerate(kept)}
    vocabulary = content["model"]["vocab"]
    content["model"]["vocab"] = [vocabulary[old] for old in kept]
    content["model"]["unk_id"] = new[content["model"]["unk_id"]]
    for token in content["added_tokens"]:
        token["id"] = new[token["id"]]
    for token in content["post_processor"]["special_tokens"].values():
        token["ids"] = [new[old] for old in token["ids"]]
    return content
