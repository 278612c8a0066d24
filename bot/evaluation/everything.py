"""All evaluation sets measured in one run, with one start of Rasa's interpreter for all that it must understand."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import chain
from pathlib import Path
from typing import Generic, Literal, Protocol, TypeAlias, TypeVar, get_args

from pydantic import BaseModel

from bot.clock import local, system_clock
from bot.content import Content, current_content
from bot.entity_evaluation import LabelledSentence as EntitySentence
from bot.entity_evaluation import read_labelled_entities
from bot.evaluation.entities import EntitiesMeasured, entity_kinds
from bot.evaluation.intents import LabelledSentence, NluMeasured, read_labelled
from bot.evaluation.moods import MoodsMeasured
from bot.evaluation.parsing import Understood, understand
from bot.evaluation.questions import Listening, QuestionsMeasured
from bot.evaluation.serving import Serving
from bot.evaluation.subject import Subject
from bot.evaluation.wishes import Wishes, WishesMeasured, find_seconds, read_wishes, texts_to_understand
from bot.mood_evaluation import MoodSentence, read_mood_sentences
from bot.settings import PROJECT, Settings
from bot.training import intents_known
from knowledge_base.entries import KnownIds
from knowledge_base.evaluation import FaqQuestion, read_questions

Report: TypeAlias = Callable[[str], None]
Part: TypeAlias = Literal["nlu", "entities", "faq", "sentiment", "two"]
PARTS: tuple[Part, ...] = get_args(Part)

EVALUATION = PROJECT / "tests" / "evaluation"
FILES: Mapping[Part, str] = {part: part for part in PARTS} | {"two": "two_wishes"}
"""A file belongs to a part when its name is this, or begins with it and ``_``."""
TODAY = date(2026, 11, 20)
"""The day on which the sentences were written: 明天 is counted from it."""


class Measured(Protocol):
    """What came out for one set."""

    @property
    def n(self) -> int: ...

    @property
    def report(self) -> BaseModel: ...

    def scores(self) -> Mapping[str, float]:
        """Each from 0 to 1, and more is better."""
        ...

    def worst(self) -> list[str]:
        """What went wrong, worst first."""
        ...


Row = TypeVar("Row")
Result = TypeVar("Result", bound=Measured)


@dataclass(frozen=True)
class Results(Generic[Result]):
    """Of all sets of one part: each by itself, and all their sentences together."""

    by_set: Mapping[str, Result]
    together: Result

    @classmethod
    def of(
        cls, sets: Mapping[str, Sequence[Row]], measure: Callable[[Sequence[Row]], Result]
    ) -> "Results[Result] | None":
        """None where there is nothing to measure."""
        if not sets:
            return None
        by_set = {name: measure(rows) for name, rows in sets.items()}
        together = next(iter(by_set.values())) if len(sets) == 1 else measure(list(chain(*sets.values())))
        return cls(by_set, together)


@dataclass(frozen=True)
class EvaluationSets:
    """The sentences of every set, by the name of its file."""

    nlu: Mapping[str, list[LabelledSentence]]
    entities: Mapping[str, list[EntitySentence]]
    faq: Mapping[str, list[FaqQuestion]]
    sentiment: Mapping[str, list[MoodSentence]]
    two: Mapping[str, list[Wishes]]

    @classmethod
    def read(cls, parts: Sequence[Part] = PARTS, folder: Path = EVALUATION) -> "EvaluationSets":
        """All sets of these parts.  Raises `DataFileError` with the lines that are wrong."""
        return cls.of({part: files_of(folder, part) for part in parts})

    @classmethod
    def of(cls, files: Mapping[Part, Sequence[Path]], contents: Sequence[Content] = ()) -> "EvaluationSets":
        """Raises `DataFileError` with the lines that are wrong.

        Labels are those of any of the ``contents``, by default of what this process works with.
        """
        contents = contents or (current_content(),)
        intents = set[str]().union(*(intents_known(content) for content in contents))
        kinds = set[str]().union(*(entity_kinds(content) for content in contents))
        topics = known_ids(contents)
        return cls(
            nlu=_sets(files.get("nlu", ()), lambda file: read_labelled(file, intents)),
            entities=_sets(files.get("entities", ()), lambda file: read_labelled_entities(file, kinds)),
            faq=_sets(files.get("faq", ()), lambda file: read_questions(file, known=topics)),
            sentiment=_sets(files.get("sentiment", ()), read_mood_sentences),
            two=_sets(files.get("two", ()), lambda file: read_wishes(file, intents)),
        )

    def texts_to_understand(self) -> Iterator[str]:
        """All that Rasa will be asked."""
        yield from (sentence.text for sentence in chain(*self.nlu.values()))
        yield from (sentence.text for sentence in chain(*self.entities.values()))
        for text in (*self._single(), *(wish.text for wish in chain(*self.two.values()))):
            yield from texts_to_understand(text)

    def _single(self) -> list[str]:
        """Sentences that were written for one intent; a second wish in them is mostly made up."""
        return [sentence.text for sentence in chain(*self.nlu.values())] if self.two else []

    def made_up(self, understood: Understood) -> float | None:
        """The share of them in which a second wish was seen."""
        single = self._single()
        if not single:
            return None
        return sum(second is not None for second in find_seconds(single, understood)) / len(single)


@dataclass(frozen=True)
class Evaluation:
    """What was measured, of which model, when; None for a part that was left out."""

    day: date
    model: str
    encoder: str
    nlu: Results[NluMeasured] | None
    entities: Results[EntitiesMeasured] | None
    faq: Results[QuestionsMeasured] | None
    sentiment: Results[MoodsMeasured] | None
    two: Results[WishesMeasured] | None
    made_up: float | None

    def by_set(self) -> dict[str, Measured]:
        """Every set by its name."""
        found: dict[str, Measured] = {}
        for results in (self.nlu, self.entities, self.faq, self.sentiment, self.two):
            if results is not None:
                found.update(results.by_set)
        return found


def measure(settings: Settings, sets: EvaluationSets, report: Report, subject: Subject | None = None) -> Evaluation:
    """Ask every sentence of the sets; SetupError if what serves is to be measured and is not trained yet."""
    subject = subject or Subject.current(settings)
    day = local(system_clock()).date()
    texts = list(dict.fromkeys(sets.texts_to_understand()))
    if texts:
        report(f"understanding {len(texts)} sentences and clauses")
    understood = understand(settings, texts, today=TODAY, subject=subject)
    serving = Serving(settings, subject)
    if sets.faq:
        report(f"asking {sum(map(len, sets.faq.values()))} questions")
    return Evaluation(
        day=day,
        model=subject.model_key if texts else "",
        encoder=subject.encoder.name,
        nlu=Results.of(sets.nlu, lambda rows: NluMeasured.of(rows, understood)),
        entities=Results.of(sets.entities, lambda rows: EntitiesMeasured.of(rows, understood)),
        faq=_questions(sets, serving, day),
        sentiment=Results.of(sets.sentiment, lambda rows: MoodsMeasured.of(rows, serving.moods.read_all)),
        two=Results.of(sets.two, lambda rows: WishesMeasured.of(rows, understood)),
        made_up=sets.made_up(understood),
    )


def _questions(sets: EvaluationSets, serving: Serving, day: date) -> Results[QuestionsMeasured] | None:
    """Every question is searched for once, though it counts for its set and for all together."""
    if not sets.faq:
        return None
    listening = Listening(serving.retriever)
    return Results.of(sets.faq, lambda rows: QuestionsMeasured.of(rows, listening, day))


def known_ids(contents: Sequence[Content]) -> KnownIds:
    """What entries of any of them may refer to."""
    read = [KnownIds.read(content) for content in contents]
    return KnownIds(
        topics=frozenset[str]().union(*(each.topics for each in read)),
        intents=frozenset[str]().union(*(each.intents for each in read)),
    )


def files_of(folder: Path, part: Part) -> list[Path]:
    """The files of a part in a folder."""
    name = FILES[part]
    return sorted({*folder.glob(f"{name}.jsonl"), *folder.glob(f"{name}_*.jsonl")})


def _sets(files: Sequence[Path], read: Callable[[Path], list[Row]]) -> dict[str, list[Row]]:
    return {file.stem: read(file) for file in files}
