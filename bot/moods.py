"""The reader of moods that serves at the moment."""

from collections.abc import Sequence

from bot.conversations.mood import Mood
from knowledge_base.mood import TrainedMoodReader


class LiveMoods:
    """A `MoodReader` that is exchanged under way."""

    def __init__(self, reader: TrainedMoodReader) -> None:
        self.reader = reader

    def read(self, text: str) -> Mood:
        return self.reader.read(text)

    def read_all(self, texts: Sequence[str]) -> list[Mood]:
        return self.reader.read_all(texts)

    def prepare(self) -> None:
        """Load or fit the model now."""
        self.reader.prepare()

    def adopt(self, reader: TrainedMoodReader) -> None:
        """Read with this one from now on; takes seconds where its model has to be loaded first."""
        reader.prepare()
        self.reader = reader
