"""The sentence encoder as it comes, made in half a minute: it serves until the tuned one is built.

Loaded, pruned, exported, proven and quantised like the tuned one (``encoder_build``), but taught nothing and judged by
nobody.  Run as a program (``python -m knowledge_base.quick_encoder TARGET MODEL``) it gives its memory back.
"""

import json
import sys
import tempfile
from collections.abc import Callable
from dataclasses import asdict, replace
from functools import cache
from pathlib import Path

from knowledge_base.encoder import MANIFEST, Encoder, Manifest
from knowledge_base.encoder_build import FLOAT_FILE, MAX_TOKENS, PREFIXES, PROJECT, content_hash

Report = Callable[[str], None]

_STEPS = ("embedded", "export", "proof", "quantize", "source", "vocabulary")


def quick_encoder_key(model: str) -> str:
    """Names a build by all that enters it: this code and the model's name, but no sentences."""
    return content_hash(_code(), model, "quick")


def build_quick_encoder(target: Path, *, model: str, report: Report) -> Path:
    """Make the encoder in ``target``, all or nothing; returns ``target``."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".encoder-", dir=target.parent) as scratch:
        folder = Path(scratch) / "encoder"
        folder.mkdir()
        _build(folder, model, report)
        if not target.exists():
            folder.rename(target)
    return target


def _build(folder: Path, model: str, report: Report) -> None:
    from knowledge_base.building import export, proof, quantize, source, vocabulary

    report(f"encoder: loading {model} as it is")
    transformer, tokenizer = source.load(model)
    tokenizer = vocabulary.prune(transformer, tokenizer)
    tokenizer.save(str(folder / "tokenizer.json"))
    report("encoder: exporting")
    export.export(transformer, folder / FLOAT_FILE)
    dim = int(transformer.config.hidden_size)
    manifest = Manifest(model, quick_encoder_key(model), dim, MAX_TOKENS, PREFIXES, FLOAT_FILE)
    _write(folder, manifest)
    proof.prove(Encoder(folder, threads=2), transformer, tokenizer, prefix=PREFIXES["query"])
    variant = quantize.NEEDS_NO_EXAMPLES
    report(f"encoder: making it smaller ({variant.name})")
    smaller = replace(manifest, onnx_file=f"encoder.{variant.name}.onnx", alone=True)
    quantize.quantize(folder / FLOAT_FILE, folder / smaller.onnx_file, variant, ())
    (folder / FLOAT_FILE).unlink()
    _write(folder, smaller)


def _write(folder: Path, manifest: Manifest) -> None:
    (folder / MANIFEST).write_text(json.dumps(asdict(manifest), indent=2), encoding="utf-8")


@cache
def _code() -> tuple[Path, ...]:
    here = Path(__file__).parent
    served = (here / "encoder.py", PROJECT / "bot" / "dialogue" / "components" / "text.py")
    return (Path(__file__), *served, *(here / "building" / f"{step}.py" for step in _STEPS))


def main() -> None:
    target, model = sys.argv[1:]
    build_quick_encoder(Path(target), model=model, report=lambda line: print(line, flush=True))


if __name__ == "__main__":
    main()
