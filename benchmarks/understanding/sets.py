"""What contenders are asked: our own evaluation files, and public sets where they are at hand."""

import csv
import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from scipy.sparse import triu
from sklearn.feature_extraction.text import TfidfVectorizer

from benchmarks.understanding.lessons import Lessons, spread
from benchmarks.understanding.pairs import Pair, groups
from bot.evaluation import LabelledSentence, read_labelled
from bot.settings import PROJECT
from bot.training import intents_known
from knowledge_base.building.sentences import Sentence
from knowledge_base.entries import FaqEntry
from knowledge_base.evaluation import FaqQuestion, read_questions

EVALUATION = PROJECT / "tests" / "evaluation"
PUBLIC = PROJECT.parent / "shared" / "data"

RAREST_JDDC_INTENT = 5
JDDC_TEST_TENTHS = 3
NEARLY_THE_SAME = 0.7
TINY_EXAMPLES = 12
TINY_QUESTIONS = 60
NO_ANSWER = "-"
"""The answer of an entry made of a public question; too short to be learned from."""


@dataclass(frozen=True)
class IntentSet:
    """``has_outside``: one of the labels means that the sentence is none of our business."""

    name: str
    title: str
    lessons: Lessons
    asked: tuple[LabelledSentence, ...]
    note: str = ""
    has_outside: bool = False

    @property
    def texts(self) -> list[str]:
        return [sentence.text for sentence in self.asked]


@dataclass(frozen=True)
class FaqSet:
    """``is_ours``: phrasings by our trainers, and some questions that nothing answers."""

    name: str
    title: str
    lessons: Lessons
    asked: tuple[FaqQuestion, ...]
    note: str = ""
    is_ours: bool = False

    @property
    def texts(self) -> list[str]:
        return [question.text for question in self.asked]


def our_intents() -> IntentSet:
    asked = read_labelled(EVALUATION / "nlu.jsonl", intents_known())
    return IntentSet("ours", "our 51 intents", Lessons.ours(), tuple(asked), has_outside=True)


def our_faq() -> FaqSet:
    asked = read_questions(EVALUATION / "faq.jsonl")
    return FaqSet("our-faq", "our 109 topics", Lessons.ours(), tuple(asked), is_ours=True)


def smp2017(folder: Path, *, judged_on: str = "test") -> IntentSet:
    """The official split.  ``dev`` is taught with the training part alone: the one to develop with."""
    parts = ("train",) if judged_on == "dev" else ("train", "dev")
    taught = [
        Sentence(row["text"], row["label"])
        for part in parts
        for row in _rows(folder / "smp2017_domain" / f"{part}.tsv")
    ]
    asked = [
        LabelledSentence(text=row["text"], intent=row["label"])
        for row in _rows(folder / "smp2017_domain" / f"{judged_on}.tsv")
    ]
    return IntentSet(f"smp2017-{judged_on}", f"SMP2017, {judged_on}", Lessons(tuple(taught)), tuple(asked))


def jddc(folder: Path) -> IntentSet:
    """Turns with their labels as they are; three texts in ten, by a hash of the text, are asked.

    Intents with fewer than five turns are left out: there is nothing to learn them from.
    """
    rows = _rows(folder / "jddc_valid" / "valid_intent.tsv")
    counts = Counter(row["intent"] for row in rows)
    rows = [row for row in rows if counts[row["intent"]] >= RAREST_JDDC_INTENT]
    taught = [Sentence(row["text"], row["intent"]) for row in rows if not _is_asked(row["text"])]
    asked = [LabelledSentence(text=row["text"], intent=row["intent"]) for row in rows if _is_asked(row["text"])]
    pairs, differing = label_noise([Sentence(row["text"], row["intent"]) for row in rows])
    note = (
        f"Labels are noisy: of {pairs} pairs of nearly the same turns {differing:.0%} have different intents. "
        f"Intents with fewer than {RAREST_JDDC_INTENT} turns are left out."
    )
    return IntentSet(
        "jddc",
        f"JDDC turns, {len({row['intent'] for row in rows})} intents",
        Lessons(tuple(taught)),
        tuple(asked),
        note,
    )


def question_groups(folder: Path, name: str) -> FaqSet:
    """AFQMC, BQ or LCQMC: the first phrasing of each group is the entry, the others are asked.

    Hardly any question of AFQMC stands in two positive pairs, so its groups may be pairs.
    """
    pairs = [Pair(row["text1"], row["text2"], row["label"] == "1") for row in _rows(folder / f"{name}_dev" / "dev.tsv")]
    found = groups(pairs, smallest=2 if name == "afqmc" else 3)
    entries = tuple(
        FaqEntry(id=f"{name}.{number}", question=group[0], phrasings=(), answer=NO_ANSWER)
        for number, group in enumerate(found)
    )
    asked = tuple(
        FaqQuestion(text=text, topic=f"{name}.{number}") for number, group in enumerate(found) for text in group[1:]
    )
    note = f"{len(entries)} entries of one phrasing each."
    return FaqSet(name, f"{name.upper()} questions", Lessons((), entries), asked, note)


def tiny_intents(data: IntentSet) -> IntentSet:
    """A sample, for trying out the benchmark itself."""
    asked = spread(data.asked, TINY_QUESTIONS)
    return replace(data, lessons=data.lessons.limited(TINY_EXAMPLES), asked=tuple(asked))


def tiny_faq(data: FaqSet) -> FaqSet:
    asked = tuple(spread(data.asked, TINY_QUESTIONS))
    if data.is_ours:
        return replace(data, lessons=data.lessons.limited(TINY_EXAMPLES), asked=asked)
    topics = {question.topic for question in asked}
    entries = tuple(entry for entry in data.lessons.entries if entry.id in topics)
    return replace(data, lessons=replace(data.lessons, entries=entries), asked=asked)


def label_noise(sentences: Sequence[Sentence]) -> tuple[int, float]:
    """How many pairs of sentences are nearly the same, and the share of them whose labels differ.

    Nearly the same: a cosine of 0.7 or more of character n-grams, 1 to 3.
    """
    rows = TfidfVectorizer(analyzer="char", ngram_range=(1, 3), sublinear_tf=True).fit_transform(
        [sentence.text for sentence in sentences]
    )
    near = triu(rows @ rows.T, k=1).tocoo()
    pairs = [(i, j) for i, j, cosine in zip(near.row, near.col, near.data, strict=True) if cosine >= NEARLY_THE_SAME]
    differing = sum(sentences[i].label != sentences[j].label for i, j in pairs)
    return len(pairs), differing / len(pairs) if pairs else 0.0


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


def _is_asked(text: str) -> bool:
    return hashlib.sha256(text.encode()).digest()[0] % 10 < JDDC_TEST_TENTHS
