"""Build the sentence encoder: load, prune, tune, export, quantise as far as scores allow, prove, and only then write.

Only ``encoder_key``, ``encoder_kind`` and ``build_encoder`` are for others.  torch and its like are imported when a
build begins; run as a program (``python -m knowledge_base.encoder_build TARGET MODEL``) it gives their memory back.
"""

import hashlib
import json
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from tokenizers import Tokenizer

from bot.dialogue.components.text import normalize
from knowledge_base.building.sentences import Sentence, faq_sentences, intent_sentences
from knowledge_base.encoder import MANIFEST, Encoder, Manifest, is_held_out

if TYPE_CHECKING:
    from knowledge_base.building.judge import TaskScores

Report = Callable[[str], None]

PROJECT = Path(__file__).resolve().parent.parent
MAX_TOKENS = 128
PREFIXES = {"query": "", "passage": ""}
"""Customers' sentences are compared with customers' sentences, and tuning makes up for the prefixes that the model was
made with: without them a sentence is a quarter shorter."""
FLOAT_FILE = "encoder.onnx"
ABANDONED_AFTER_S = 3 * 24 * 3600
TOLERANCE = 0.01
"""A smaller variant may lose this much of either task score; half of it is chance, with so few sentences asked."""


@dataclass(frozen=True)
class TrainingFolders:
    """Where the sentences are that the encoder is tuned on."""

    intents: Path = PROJECT / "nlu_data" / "intents"
    faq: Path = PROJECT / "knowledge_base" / "faq"

    def files(self) -> list[Path]:
        return [*sorted(self.intents.glob("*.yml")), *sorted(self.faq.glob("*.yml"))]


def encoder_key(model: str, folders: TrainingFolders | None = None) -> str:
    """Names a build by all that enters it: this code, the model's name and the training sentences."""
    sentences = _Sentences.read(folders or TrainingFolders())
    said = (f"{sentence.label}\t{sentence.text}" for sentence in sentences.all())
    return content_hash(_code(), model, *said)


def encoder_kind(model: str) -> str:
    """Names what builds of one code and one model have in common, whatever sentences they were tuned on."""
    return content_hash(_code(), model)[:8]


def content_hash(files: Iterable[Path], *words: str) -> str:
    """16 hex digits over names and contents of files, and further words."""
    digest = hashlib.sha256()
    for word in words:
        digest.update(word.encode() + b"\0")
    for path in files:
        digest.update(path.name.encode() + b"\0" + file_hash(path).encode())
    return digest.hexdigest()[:16]


def file_hash(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def build_encoder(target: Path, *, model: str, report: Report, folders: TrainingFolders | None = None) -> Path:
    """Make the encoder in ``target``, all or nothing; returns ``target``.

    A build that was interrupted while tuning goes on after its last epoch, kept beside ``target``.
    ``model`` is ``embedded`` or what sentence-transformers can load: a hub name or a folder.
    Raises EncoderProofError when the build does not do what it must; ``target`` is then not made.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".encoder-", dir=target.parent) as scratch:
        folder = Path(scratch) / "encoder"
        folder.mkdir()
        checkpoint = target.parent / f".tuning-{target.name}.pt"
        _Build(folder, model, folders or TrainingFolders(), report, checkpoint).run()
        if target.exists():
            shutil.rmtree(target)
        folder.rename(target)
        checkpoint.unlink(missing_ok=True)
        _forget_abandoned(target.parent)
    return target


def _forget_abandoned(folder: Path) -> None:
    """Remove what killed builds left and nobody will go on with; younger ones may be another checkout's."""
    for path in (*folder.glob(".tuning-*.pt"), *folder.glob(".encoder-*")):
        if time.time() - path.stat().st_mtime < ABANDONED_AFTER_S:
            continue
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)


@dataclass(frozen=True)
class _Sentences:
    """What trainers wrote, in its normal spelling."""

    intents: list[Sentence]
    topics: list[Sentence]

    @classmethod
    def read(cls, folders: TrainingFolders) -> "_Sentences":
        return cls(_normal(intent_sentences(folders.intents)), _normal(faq_sentences(folders.faq)))

    def all(self) -> list[Sentence]:
        return [*self.intents, *self.topics]

    def known(self) -> list[Sentence]:
        """Those that may be tuned on."""
        return [sentence for sentence in self.all() if not is_held_out(sentence.text)]


def token_ids(folder: Path, folders: TrainingFolders) -> list[list[int]]:
    """What the tokenizer of a build makes of customers' sentences: those that it may be tuned on."""
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    known = [PREFIXES["query"] + sentence.text for sentence in _Sentences.read(folders).known()]
    return [encoded.ids for encoded in tokenizer.encode_batch(known)]


@dataclass(frozen=True)
class _Build:
    folder: Path
    model: str
    folders: TrainingFolders
    report: Report
    checkpoint: Path

    def run(self) -> None:
        """Everything but the last step: leaves a proven encoder in ``folder``."""
        from knowledge_base.building import export, proof, source, tuning, vocabulary

        self.report(f"encoder: loading {self.model}")
        transformer, tokenizer = source.load(self.model)
        tokenizer = vocabulary.prune(transformer, tokenizer)
        self.report(f"encoder: {tokenizer.get_vocab_size()} pieces of the vocabulary kept")
        sentences = _Sentences.read(self.folders)
        tuning.tune(
            transformer,
            tokenizer,
            sentences.known(),
            prefix=PREFIXES["query"],
            report=self.report,
            checkpoint=self.checkpoint,
        )
        tokenizer.save(str(self.folder / "tokenizer.json"))
        export.export(transformer, self.folder / FLOAT_FILE)
        manifest = self._manifest(int(transformer.config.hidden_size))
        self._write(manifest)
        proof.prove(Encoder(self.folder, threads=2), transformer, tokenizer, prefix=PREFIXES["query"])
        self._write(*self._smallest_good_enough(manifest, sentences))

    def _manifest(self, dim: int) -> Manifest:
        key = encoder_key(self.model, self.folders)
        return Manifest(self.model, key, dim, MAX_TOKENS, PREFIXES, FLOAT_FILE)

    def _smallest_good_enough(
        self, manifest: Manifest, sentences: _Sentences
    ) -> "tuple[Manifest, dict[str, TaskScores]]":
        """The first variant that scores like float, or float itself; the others' files are removed."""
        from knowledge_base.building import quantize

        scores = {"float": self._scores("float", sentences)}
        examples = token_ids(self.folder, self.folders)
        for variant in quantize.VARIANTS:
            smaller = replace(manifest, onnx_file=f"encoder.{variant.name}.onnx", alone=True)
            quantize.quantize(self.folder / FLOAT_FILE, self.folder / smaller.onnx_file, variant, examples)
            self._write(smaller)
            scores[variant.name] = self._scores(variant.name, sentences)
            if scores[variant.name].within(TOLERANCE, of=scores["float"]):
                (self.folder / FLOAT_FILE).unlink()
                return smaller, scores
            (self.folder / smaller.onnx_file).unlink()
        return manifest, scores

    def _scores(self, name: str, sentences: _Sentences) -> "TaskScores":
        from knowledge_base.building.judge import judge

        scores = judge(Encoder(self.folder, threads=2), sentences.intents, sentences.topics)
        self.report(f"encoder: {name}: {scores} on {scores.sentences} sentences it was not tuned on")
        return scores

    def _write(self, manifest: Manifest, scores: "dict[str, TaskScores] | None" = None) -> None:
        """The manifest, with what a person may want to know of the build beside what serving needs."""
        content = asdict(manifest) | {
            "scores": {name: asdict(score) for name, score in (scores or {}).items()},
            "files": {path.name: file_hash(path) for path in sorted(self.folder.iterdir()) if path.name != MANIFEST},
        }
        text = json.dumps(content, ensure_ascii=False, indent=2)
        (self.folder / MANIFEST).write_text(text, encoding="utf-8")


@cache
def _code() -> tuple[Path, ...]:
    here = Path(__file__).parent
    served = (here / "encoder.py", PROJECT / "bot" / "dialogue" / "components" / "text.py")
    return (Path(__file__), *served, *sorted((here / "building").glob("*.py")))


def _normal(sentences: list[Sentence]) -> list[Sentence]:
    return [replace(sentence, text=normalize(sentence.text).text) for sentence in sentences]


def main() -> None:
    target, model = sys.argv[1:]
    build_encoder(Path(target), model=model, report=lambda line: print(line, flush=True))


if __name__ == "__main__":
    main()
