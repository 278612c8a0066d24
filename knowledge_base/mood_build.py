"""Which fitted mood model belongs to an encoder, and how one is made when it is missing.  Imports nothing heavy."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from bot.content import Content, current_content
from bot.errors import SetupError
from bot.settings import PROJECT
from knowledge_base.encoder import Manifest
from knowledge_base.encoder_build import content_hash

Report = Callable[[str], None]

MOOD_DATA = current_content().mood
SENTIMENT_FILE, URGENCY_FILE = "sentiment.yml", "urgency.yml"

_CODE = (
    *(Path(__file__).with_name(name) for name in ("mood.py", "mood_sentences.py")),
    *(PROJECT / "bot" / "dialogue" / "components" / name for name in ("linear.py", "ngrams.py", "text.py")),
)


def model_path(encoder_hash: str, cache: Path, data: Path = MOOD_DATA) -> Path:
    """Another encoder, other sentences or other code make another model."""
    return cache / f"mood-{content_hash([data / SENTIMENT_FILE, data / URGENCY_FILE, *_CODE], encoder_hash)}.npz"


def ensure_mood(encoder: Path, cache: Path, report: Report, content: Content | None = None) -> None:
    """Fit the model for the encoder in a folder unless it is there, in a process of its own.

    Raises `SetupError` when that fails, e.g. because the sentences are not in order.
    """
    content = content or current_content()
    path = model_path(Manifest.read(encoder).key, cache, content.mood)
    key = path.stem.removeprefix("mood-")
    if path.exists():
        report(f"mood: {key} is up to date")
        return
    began = time.monotonic()
    command = [sys.executable, "-m", "knowledge_base.mood", str(encoder), str(cache)]
    one_thread = {"OMP_NUM_THREADS": "1"}  # more than that only wait for each other
    alone = os.environ | content.environment | one_thread
    done = subprocess.run(  # noqa: S603 - our own interpreter and arguments
        command, cwd=PROJECT, env=alone, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise SetupError(f"the mood of messages could not be learnt: {done.stderr.strip()}")
    report(f"mood: {key} fitted in {time.monotonic() - began:.0f} s")
