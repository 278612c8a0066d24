"""Whose understanding is measured: by default that of what serves."""

from dataclasses import dataclass
from pathlib import Path

from bot.content import Content
from bot.settings import Settings
from bot.training import content_of, current_encoder, current_model


@dataclass(frozen=True)
class Subject:
    """An encoder, the Rasa model trained on it, and the files that both were made from."""

    encoder: Path
    model: Path
    content: Content

    @classmethod
    def current(cls, settings: Settings) -> "Subject":
        """What serves; SetupError if it is not trained yet."""
        return cls(current_encoder(settings), current_model(settings), content_of(settings))

    @property
    def model_key(self) -> str:
        return self.model.name.removesuffix(".tar.gz")
