"""Encoders that no service uses: before tuning, or tuned by our build's own steps on another trade's sentences.

The whole build (`build_encoder`) proves itself on sentences of our trade and on FAQ topics, which a public set of
intents has not; so its steps are called one by one, and the encoder stays in float.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING

from bot.dialogue.components.text import normalize
from knowledge_base.building.sentences import Sentence
from knowledge_base.encoder import MANIFEST, Manifest, is_held_out
from knowledge_base.encoder_build import FLOAT_FILE, MAX_TOKENS, PREFIXES, content_hash, encoder_kind

if TYPE_CHECKING:
    from tokenizers import Tokenizer
    from transformers import PreTrainedModel

RECOMMENDED_PREFIXES = {"query": "query: ", "passage": "query: "}
"""What the authors of e5 recommend for comparing sentences of one kind."""


def write_untuned(folder: Path, model: str, prefixes: dict[str, str]) -> None:
    """The encoder before anything of ours was taught to it."""
    from knowledge_base.building import source, vocabulary

    transformer, tokenizer = source.load(model)
    tokenizer = vocabulary.prune(transformer, tokenizer)
    _write(folder, transformer, tokenizer, content_hash([], encoder_kind(model), *prefixes.values()), prefixes, model)


def write_tuned(folder: Path, model: str, sentences: Sequence[Sentence], report: Callable[[str], None]) -> None:
    """Tuned on these sentences, one in ten held out, as our build does it; goes on after its last finished epoch."""
    from knowledge_base.building import source, tuning, vocabulary

    transformer, tokenizer = source.load(model)
    tokenizer = vocabulary.prune(transformer, tokenizer)
    spelled = [replace(s, text=normalize(s.text).text) for s in sentences]
    known = [s for s in spelled if not is_held_out(s.text)]
    folder.mkdir(parents=True, exist_ok=True)
    checkpoint = folder.parent / f"{folder.name}.pt"
    tuning.tune(transformer, tokenizer, known, prefix=PREFIXES["query"], report=report, checkpoint=checkpoint)
    key = content_hash([], encoder_kind(model), *(f"{s.label}\t{s.text}" for s in known))
    _write(folder, transformer, tokenizer, key, PREFIXES, model)


def _write(
    folder: Path, transformer: "PreTrainedModel", tokenizer: "Tokenizer", key: str, prefixes: dict[str, str], model: str
) -> None:
    from knowledge_base.building import export

    folder.mkdir(parents=True, exist_ok=True)
    tokenizer.save(str(folder / "tokenizer.json"))
    export.export(transformer, folder / FLOAT_FILE)
    manifest = Manifest(model, key, int(transformer.config.hidden_size), MAX_TOKENS, prefixes, FLOAT_FILE)
    (folder / MANIFEST).write_text(json.dumps(asdict(manifest)), encoding="utf-8")
