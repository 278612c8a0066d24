"""Every contender on every set: taught the same sentences, asked the same questions."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from benchmarks.understanding import simple
from benchmarks.understanding.encoders import RECOMMENDED_PREFIXES
from benchmarks.understanding.lessons import Lessons
from benchmarks.understanding.measures import (
    AnyRow,
    FaqRow,
    IntentRow,
    RankedTopics,
    faq_row,
    intent_row,
    likeliest,
    with_default_fallback,
)
from benchmarks.understanding.models import Trained, Workshop
from benchmarks.understanding.rasa_models import Answer, ask
from benchmarks.understanding.sets import FaqSet, IntentSet
from benchmarks.understanding.store import NOTHING, Cost, Store, cost_of
from bot.evaluation import FALLBACK
from bot.training import FAQ_INTENT
from knowledge_base import retriever
from knowledge_base.building.sentences import Sentence
from knowledge_base.encoder import Encoder
from knowledge_base.encoder_build import PREFIXES, content_hash
from knowledge_base.factory import UNANSWERABLE, RetrieverFactory
from knowledge_base.retriever import Retriever, Thresholds

SIMPLE_CODE = Path(simple.__file__)
RETRIEVER_CODE = Path(retriever.__file__).parent
REMEMBERED = 20_000
"""Vectors of sentences that the raw encoder keeps in mind from one contender to the next."""

OURS = "ours"
OURS_UNTUNED = "ours, encoder before tuning"
OURS_AS_SERVING = "ours, encoder as it serves"
STOCK = "stock Rasa"
STOCK_WITH_FALLBACK = "stock Rasa with its fallback"
NGRAMS = "n-grams, logistic regression"
VECTORS_AND_NGRAMS = "raw e5 + n-grams, logistic regression"
BM25 = "BM25"
NEAREST = "raw e5, nearest"


@dataclass
class Contest:
    """``per_intent``: so many examples an intent is stock Rasa taught of our own data, None for all of them."""

    workshop: Workshop
    store: Store
    per_intent: int | None
    with_stock: bool = True

    def on_our_intents(self, data: IntentSet) -> Iterator[IntentRow]:
        yield self._ours(data, data.lessons, self.workshop.serving)
        for lessons in self._as_much_as_stock(data.lessons):
            yield self._ours(data, lessons, self.workshop.ours(lessons))
        for lessons in self._taught_to_stock(data.lessons):
            yield from self._stock(data, lessons)
        for lessons in (data.lessons, *self._as_much_as_stock(data.lessons)):
            yield from self._simple_intents(data, lessons)

    def on_other_intents(self, data: IntentSet) -> Iterator[IntentRow]:
        """A set of another trade: the same code, taught from the beginning."""
        lessons = data.lessons
        yield self._ours(data, lessons, self.workshop.ours(lessons))
        serving = self.workshop.serving.encoder
        assert serving is not None
        yield self._ours(data, lessons, self.workshop.ours_on(lessons, serving), OURS_AS_SERVING)
        raw = self.workshop.untuned_encoder(PREFIXES)
        yield self._ours(data, lessons, self.workshop.ours_on(lessons, raw), OURS_UNTUNED)
        if self.with_stock:
            yield from self._stock(data, lessons)
        yield from self._simple_intents(data, lessons)

    def on_our_faq(self, data: FaqSet) -> Iterator[FaqRow]:
        serving = self.workshop.serving
        yield self._retrieved(data, data.lessons, serving.encoder, OURS, serving.cost)
        yield self._retrieved(data, data.lessons, self.workshop.untuned_encoder(PREFIXES), OURS_UNTUNED)
        for lessons in self._as_much_as_stock(data.lessons):
            ours = self.workshop.ours(lessons)
            yield self._retrieved(data, lessons, ours.encoder, OURS, ours.cost)
        for lessons in self._taught_to_stock(data.lessons):
            yield self._selected(data, lessons)
        for lessons in (data.lessons, *self._as_much_as_stock(data.lessons)):
            yield from self._simple_topics(data, lessons)

    def on_other_faq(self, data: FaqSet) -> Iterator[FaqRow]:
        """Another trade's questions, one phrasing an entry: nothing is trained on them."""
        yield self._retrieved(data, data.lessons, self.workshop.serving.encoder, OURS_AS_SERVING)
        yield self._retrieved(data, data.lessons, self.workshop.untuned_encoder(PREFIXES), OURS_UNTUNED)
        if self.with_stock:
            yield self._selected(data, data.lessons)
        yield self._simple_topic_row(data, data.lessons, BM25, simple.nearest_by_bm25)
        yield self._simple_topic_row(data, data.lessons, NEAREST, simple.nearest_vector(self._raw))

    def _as_much_as_stock(self, lessons: Lessons) -> list[Lessons]:
        return [lessons.limited(self.per_intent)] if self.per_intent else []

    def _taught_to_stock(self, lessons: Lessons) -> list[Lessons]:
        return (self._as_much_as_stock(lessons) or [lessons]) if self.with_stock else []

    # -- intents -----------------------------------------------------------------------------------

    def _ours(self, data: IntentSet, lessons: Lessons, trained: Trained, name: str = OURS) -> IntentRow:
        answers = self._answers(trained, data.texts)
        predicted = [answer.intent if data.has_outside else likeliest(answer) for answer in answers]
        return self._said(data.name, intent_row(name, lessons.name, trained.cost, data, predicted))

    def _stock(self, data: IntentSet, lessons: Lessons) -> Iterator[IntentRow]:
        trained = self.workshop.stock(lessons)
        answers = self._answers(trained, data.texts)
        predicted = [likeliest(answer) for answer in answers]
        yield self._said(data.name, intent_row(STOCK, lessons.name, trained.cost, data, predicted))
        if data.has_outside:
            predicted = [with_default_fallback(answer) for answer in answers]
            yield intent_row(STOCK_WITH_FALLBACK, lessons.name, trained.cost, data, predicted)

    def _simple_intents(self, data: IntentSet, lessons: Lessons) -> Iterator[IntentRow]:
        contenders = {
            NGRAMS: simple.ngram_regression,
            VECTORS_AND_NGRAMS: simple.vectors_and_ngrams(self._raw),
            BM25: simple.nearest_by_bm25,
            NEAREST: simple.nearest_vector(self._raw),
        }
        for name, contender in contenders.items():
            found, cost = self._ranked(name, contender, lessons.intents_with_borrowed, data.texts)
            predicted = [ranking[0] for ranking in found]
            yield self._said(data.name, intent_row(name, lessons.name, cost, data, predicted))

    # -- topics ------------------------------------------------------------------------------------

    def _retrieved(
        self, data: FaqSet, lessons: Lessons, encoder: Path | None, name: str, cost: Cost = NOTHING
    ) -> FaqRow:
        assert encoder is not None
        row = faq_row(name, lessons.name, cost, data, self._retriever(lessons, encoder), declines=True)
        return self._said(data.name, row)

    def _selected(self, data: FaqSet, lessons: Lessons) -> FaqRow:
        """Rasa's ResponseSelector; a message of another intent than ``faq`` would not come to it."""
        trained = self.workshop.stock(lessons)
        answers = self._answers(trained, data.texts)
        rankings = [[topic.name for topic in answer.topics] for answer in answers]
        declined = [likeliest(answer) not in (FAQ_INTENT, FALLBACK) for answer in answers]
        searches = RankedTopics(data.texts, rankings, declined)
        row = faq_row(STOCK, lessons.name, trained.cost, data, searches, declines=True)
        return self._said(data.name, row)

    def _simple_topics(self, data: FaqSet, lessons: Lessons) -> Iterator[FaqRow]:
        contenders = {
            NGRAMS: simple.ngram_regression,
            BM25: simple.nearest_by_bm25,
            NEAREST: simple.nearest_vector(self._raw),
        }
        for name, contender in contenders.items():
            yield self._simple_topic_row(data, lessons, name, contender)

    def _simple_topic_row(self, data: FaqSet, lessons: Lessons, name: str, contender: simple.Contender) -> FaqRow:
        found, cost = self._ranked(name, contender, lessons.topics, data.texts)
        searches = RankedTopics(data.texts, found)
        return self._said(data.name, faq_row(name, lessons.name, cost, data, searches, declines=False))

    # -- what is kept ------------------------------------------------------------------------------

    def _answers(self, trained: Trained, texts: Sequence[str]) -> list[Answer]:
        python = self.workshop.settings.rasa_python

        def asked() -> list[str]:
            return [answer.model_dump_json() for answer in ask(python, trained.model, texts)]

        lines = self.store.answers("answers", [trained.key, *texts], asked)
        return [Answer.model_validate_json(line) for line in lines]

    def _ranked(
        self, name: str, contender: simple.Contender, taught: Sequence[Sentence], asked: Sequence[str]
    ) -> tuple[list[simple.Ranking], Cost]:
        """Rankings, and what teaching and asking took together."""
        key = [
            content_hash([SIMPLE_CODE], name),
            *(f"{s.label}\t{s.text}" for s in taught),
            *("asked", *asked),
        ]

        def make(folder: Path) -> None:
            _rankings_file(folder).write_text(json.dumps(contender(taught, asked)), encoding="utf-8")

        folder = self.store.made("ranked", key, make)
        found: list[simple.Ranking] = json.loads(_rankings_file(folder).read_text(encoding="utf-8"))
        return found, cost_of(folder)

    def _retriever(self, lessons: Lessons, encoder: Path) -> Retriever:
        """What serves, over other entries; vectors are kept between runs."""
        factory = RetrieverFactory(
            Encoder(encoder, threads=2),
            Thresholds.of(self.workshop.settings),
            cache=self.store.folder / f"faq-{content_hash(sorted(RETRIEVER_CODE.glob('*.py')))}",
            unanswerable=[s.text for s in lessons.intents if s.label in UNANSWERABLE],
        )
        return factory.make(lessons.entries)

    @cached_property
    def _raw(self) -> Encoder:
        folder = self.workshop.untuned_encoder(RECOMMENDED_PREFIXES)
        return Encoder(folder, threads=2, cache_size=REMEMBERED)

    def _said(self, data: str, row: AnyRow) -> AnyRow:
        figures = ", ".join(f"{name} {value:.3f}" for name, value in row.quality.items())
        self.store.say(f"{data}: {row.contender}, taught {row.taught}: {figures}")
        return row


def _rankings_file(folder: Path) -> Path:
    return folder / "rankings.json"
