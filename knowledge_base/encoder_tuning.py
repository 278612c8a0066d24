"""Tune the encoder on this process's sentences: ``python -m knowledge_base.encoder_tuning TARGET MODEL``."""

import sys
from pathlib import Path

from bot.content import Content, current_content
from knowledge_base.encoder_build import TrainingFolders, build_encoder


def folders_of(content: Content) -> TrainingFolders:
    """Where its sentences are that an encoder is tuned on."""
    return TrainingFolders(content.intents, content.faq)


def main() -> None:
    target, model = sys.argv[1:]
    folders = folders_of(current_content())
    build_encoder(Path(target), model=model, report=lambda line: print(line, flush=True), folders=folders)


if __name__ == "__main__":
    main()
