"""How quick the knowledge base's pages are with 5,000 entries and 50,000 phrasings.

``python -m benchmarks.studio_faq [ENTRIES] [PHRASINGS_EACH]``; made-up sentences and an encoder that costs nothing, so
that what is measured is everything else.
"""

import asyncio
import hashlib
import random
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from datetime import date

import numpy as np

from bot.studio.faq.files.cells import read_rows
from bot.studio.faq.files.records import read_sheet
from bot.studio.faq.files.writing import write_csv, write_xlsx
from bot.studio.faq.finding import Finder, Known, Wanted, page_of
from bot.studio.faq.model import Snapshot, Topic
from bot.studio.faq.plan import plan_import
from bot.studio.faq.trying import FaqTrial
from knowledge_base.entries import FaqEntry
from knowledge_base.factory import RetrieverFactory
from knowledge_base.retriever import Thresholds
from knowledge_base.vectors import Kind, Vectors

DIM = 384
TODAY = date(2026, 3, 4)
THRESHOLDS = Thresholds(answer=0.5, ask=0.7)
VALUES = {"carrier": "云递速运", "hotline": "400-888-0000", "website": "www.example.com"}
LETTERS = [chr(code) for code in range(0x4E00, 0x4E00 + 1500)]


class PairEncoder:
    """Pairs of characters as random directions, added up."""

    dim = DIM
    hash = "pairs"

    def __init__(self) -> None:
        self._directions = np.random.default_rng(1).standard_normal((4096, DIM)).astype(np.float32)

    def encode(self, texts: Sequence[str], *, kind: Kind = "query") -> Vectors:  # noqa: ARG002 - it makes no difference here
        vectors = np.full((len(texts), DIM), 2.0, np.float32)
        for row, text in enumerate(texts):
            for at in range(max(1, len(text) - 1)):
                pair = hashlib.blake2b(text[at : at + 2].encode(), digest_size=2).digest()
                vectors[row] += self._directions[int.from_bytes(pair) % 4096]
        unit: Vectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
        return unit


def made_up(entries: int, phrasings: int, chance: random.Random) -> list[FaqEntry]:
    found = []
    for number in range(entries):
        key = "".join(chance.choices(LETTERS, k=4))
        ways = tuple(f"{_some(chance)}{key}{_some(chance)}{way}" for way in range(phrasings))
        question, topic = f"{key}怎么办{number}", f"group{number % 10}.topic{number}"
        found.append(FaqEntry(id=topic, question=question, phrasings=ways, answer=f"请看{key}的说明。"))
    return found


def snapshot_of(entries: Sequence[FaqEntry], commit: str) -> Snapshot:
    return Snapshot(commit, {entry.id: Topic(entry.id, f"关于{entry.question}", entry) for entry in entries})


def timed(what: str, times: int, run: Callable[[], object]) -> None:
    took = []
    for _ in range(times):
        begun = time.perf_counter()
        run()
        took.append((time.perf_counter() - begun) * 1000)
    print(f"{what:<44} median {sorted(took)[times // 2]:8.1f} ms   worst {max(took):8.1f} ms", flush=True)


def measure_list(entries: list[FaqEntry]) -> None:
    first = snapshot_of(entries, "c1")
    timed("prepare the list, first time", 1, lambda: Finder(first))
    finder, known = Finder(first), Known(frozenset(), {}, {})
    edited = snapshot_of([*entries[:-1], entries[-1].model_copy(update={"answer": "新"})], "c2")
    timed("prepare the list after an edit", 5, lambda: Finder(edited, finder))
    for what, q in (("all", ""), ("words", entries[7].question[:3]), ("a phrasing", entries[7].phrasings[3][1:5])):
        timed(f"a page: {what}", 20, lambda q=q: page_of(finder, known, Wanted(q), today=TODAY))  # type: ignore[misc]
    for q in ("zmb", "yh", "s"):
        timed(f"a page: pinyin {q}", 20, lambda q=q: page_of(finder, known, Wanted(q), today=TODAY))  # type: ignore[misc]
    measure_file("faq.csv", write_csv, first)
    measure_file("faq.xlsx", write_xlsx, first)


def measure_file(name: str, write: Callable[[Iterable[Topic]], bytes], draft: Snapshot) -> None:
    content = write(draft.topics.values())
    timed(f"export {name} ({len(content) / 1e6:.1f} MB)", 1, lambda: write(draft.topics.values()))
    timed(f"look at an import of {name}", 1, lambda: plan_import(read_sheet(read_rows(name, content)), draft, VALUES))


def measure_trial(entries: list[FaqEntry], chance: random.Random) -> None:
    encoder = PairEncoder()
    unanswerable = [_some(chance) + _some(chance) for _ in range(400)]
    begun = time.perf_counter()
    published = RetrieverFactory(encoder, THRESHOLDS, unanswerable=unanswerable).make(entries)
    print(f"(fitting what is published took {time.perf_counter() - begun:.0f} s)")
    trial = FaqTrial(lambda: encoder, lambda: published, THRESHOLDS, unanswerable=lambda: unanswerable)
    asyncio.run(_ask(trial, entries, chance))


async def _ask(trial: FaqTrial, entries: list[FaqEntry], chance: random.Random) -> None:
    async def ask(text: str, snapshot: Snapshot) -> float:
        begun = time.perf_counter()
        await trial.ask(text, snapshot, on=TODAY)
        return (time.perf_counter() - begun) * 1000

    edited = list(entries)
    for number, what in enumerate(("first edit", "second edit", "third edit")):
        ways = (*edited[number].phrasings, _some(chance))
        edited[number] = edited[number].model_copy(update={"phrasings": ways})
        print(f"{f'a question after the {what}':<44} {await ask(_some(chance), snapshot_of(edited, what)):8.1f} ms")
    draft = snapshot_of(edited, what)
    warm = sorted([await ask(chance.choice(entries).phrasings[2][:-1], draft) for _ in range(50)])
    print(f"{'a question, draft and published':<44} median {warm[25]:8.1f} ms   worst {warm[-1]:8.1f} ms")
    begun = time.perf_counter()
    await trial.alike([entry.phrasings[1] for entry in entries[:50]], draft, topic="new.one")
    print(f"{'50 phrasings compared with all':<44} {(time.perf_counter() - begun) * 1000:8.1f} ms")


def _some(chance: random.Random) -> str:
    return "".join(chance.choices(LETTERS, k=chance.randint(2, 6)))


def main() -> None:
    given = [*map(int, sys.argv[1:3])]
    entries, phrasings = given + [5000, 10][len(given) :]
    chance = random.Random(1)
    made = made_up(entries, phrasings, chance)
    print(f"{entries} entries, {entries * phrasings} phrasings")
    measure_list(made)
    measure_trial(made, chance)


if __name__ == "__main__":
    main()
