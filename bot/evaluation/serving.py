"""The retriever and the reader of moods as they serve customers, with one encoder between them."""

from dataclasses import dataclass
from functools import cached_property

from bot.evaluation.subject import Subject
from bot.settings import Settings
from knowledge_base.encoder import Encoder
from knowledge_base.mood import TrainedMoodReader
from knowledge_base.retriever import Retriever
from knowledge_base.store import FaqStore


@dataclass(frozen=True)
class Serving:
    """Opened when first asked for."""

    settings: Settings
    subject: Subject

    @cached_property
    def encoder(self) -> Encoder:
        return Encoder(self.subject.encoder)

    @cached_property
    def retriever(self) -> Retriever:
        return FaqStore.open(self.settings, self.encoder, content=self.subject.content).retriever

    @cached_property
    def moods(self) -> TrainedMoodReader:
        return TrainedMoodReader(self.encoder, self.settings.cache_dir / "mood", data=self.subject.content.mood)
