"""Index the FAQ for an encoder in a process of its own: what encodes and fits gives its memory back."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from bot.content import Content, current_content
from bot.errors import SetupError
from bot.settings import PROJECT, get_settings

Report = Callable[[str], None]


def ensure_faq(encoder: Path, cache: Path, report: Report, content: Content | None = None) -> None:
    """Index what is not indexed yet.  Raises `SetupError` when that fails, e.g. because an entry is not in order."""
    done = subprocess.run(  # noqa: S603 - our own
        [sys.executable, "-m", "knowledge_base.faq_build", str(encoder)],
        env=os.environ | {"BOT_CACHE_DIR": str(cache)} | (content or current_content()).environment,
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise SetupError(f"the FAQ could not be indexed: {done.stderr.strip()}")
    report(done.stdout.strip())


def main() -> None:
    from knowledge_base.encoder import Encoder
    from knowledge_base.store import FaqStore

    entries = FaqStore.open(get_settings(), Encoder(Path(sys.argv[1]))).retriever.entries
    print(f"FAQ: {len(entries)} entries indexed")


if __name__ == "__main__":
    main()
