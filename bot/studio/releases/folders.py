"""Where releases keep their files."""

from pathlib import Path

from bot.settings import Settings


def trees_of(settings: Settings) -> Path:
    """The content of each release, a folder each."""
    return settings.data_dir / "studio" / "trees"


def training_of(settings: Settings, release: str) -> Path:
    """What passes between the processes that train and measure."""
    return settings.data_dir / "studio" / "training" / release
