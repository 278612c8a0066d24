"""Where the files are that trainers own: what the bot knows, as against how it works."""

from dataclasses import dataclass
from pathlib import Path

from bot.settings import get_settings


@dataclass(frozen=True)
class Content:
    """A folder with ``nlu_data`` and ``knowledge_base`` as a checkout has them.

    The checkout is one (`current_content`); every release of the studio has another.
    """

    root: Path

    @property
    def nlu(self) -> Path:
        return self.root / "nlu_data"

    @property
    def intents(self) -> Path:
        return self.nlu / "intents"

    @property
    def domain(self) -> Path:
        return self.nlu / "domain"

    @property
    def lexicon(self) -> Path:
        return self.nlu / "lexicon"

    @property
    def mood(self) -> Path:
        return self.nlu / "mood"

    @property
    def faq(self) -> Path:
        return self.root / "knowledge_base" / "faq"

    @property
    def topics(self) -> Path:
        return self.root / "knowledge_base" / "topics.yml"

    @property
    def environment(self) -> dict[str, str]:
        """What makes a process of ours read these files."""
        return {"BOT_CONTENT_DIR": str(self.root)}


def current_content() -> Content:
    """What this process works with: ``BOT_CONTENT_DIR``, by default the checkout."""
    return Content(get_settings().content_dir)
