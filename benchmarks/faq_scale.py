"""How the knowledge base behaves with a hundred thousand phrasings: recall of the index, time of a search and of an
edit.

Made-up phrasings: ours, with characters dropped, doubled, swapped and words put around them.  Their vectors are those
of the phrasings they came from, turned as far as the encoder turns such sentences (measured on a few), so that nobody
waits half an hour for the encoder.  That is good enough for speed and recall, and says nothing about quality.
Questions are encoded as ever.

    python -m benchmarks.faq_scale --phrasings 100000
"""

import argparse
import json
import random
import resource
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path

import faiss
import numpy as np

from bot.settings import get_settings
from bot.training import current_encoder
from knowledge_base.encoder import Encoder
from knowledge_base.entries import FaqEntry, load_entries
from knowledge_base.factory import RetrieverFactory, unanswerable_sentences
from knowledge_base.index import Kind, VectorCache, Vectors
from knowledge_base.retriever import Retriever, Thresholds, normal_spelling
from knowledge_base.store import FAQ

TODAY = date(2026, 3, 4)
BEFORE = ("", "", "你好", "请问", "那个", "麻烦问下", "我想问", "话说")
AFTER = ("", "", "啊", "呀", "呢", "谢谢", "急", "在线等", "咋办")
SAMPLE = 100


@dataclass(frozen=True)
class Figures:
    """Times in milliseconds unless the name says seconds; ``cpu`` is processor time, free of what else runs here."""

    phrasings: int
    recall_at_1: float
    encode_p50: float
    search_p50: float
    search_p95: float
    search_p99: float
    cpu_p50: float
    cpu_p95: float
    build_s: float
    edit_s: float
    memory_mb: float


class TurningEncoder:
    """The real encoder, with vectors of its own for what is made up.  What is real is kept on disk."""

    def __init__(self, encoder: Encoder, cache: VectorCache, seed: int) -> None:
        self._encoder = encoder
        self._cache = cache
        self._known: dict[str, Vectors] = {}
        self._random = np.random.default_rng(seed)
        self.dim = encoder.dim
        self.hash = f"turning-{encoder.hash}"

    def encode(self, texts: Sequence[str], *, kind: Kind = "query") -> Vectors:
        if len(texts) == 1:  # a question
            return self._encoder.encode(texts, kind=kind)
        missing = [text for text in texts if text not in self._known]
        fresh = dict(zip(missing, self._cache.vectors(missing, kind=kind), strict=True))
        return np.stack([self._known[text] if text in self._known else fresh[text] for text in texts])

    def turn(self, pairs: Sequence[tuple[str, str]], cosine: float) -> None:
        """Give each second text a vector at about this cosine from the first one's."""
        vectors = self.encode([text for text, _ in pairs])
        noise = self._random.normal(size=vectors.shape).astype(np.float32)
        noise -= (noise * vectors).sum(axis=1, keepdims=True) * vectors
        noise /= np.linalg.norm(noise, axis=1, keepdims=True)
        angles = np.arccos(np.clip(self._random.normal(cosine, 0.03, len(pairs)), 0.5, 0.999)).astype(np.float32)
        turned = np.cos(angles)[:, None] * vectors + np.sin(angles)[:, None] * noise
        self._known.update(zip((text for _, text in pairs), turned.astype(np.float32), strict=True))


def varied(text: str, chance: random.Random) -> str:
    """The same said a little differently."""
    characters = list(text)
    for _ in range(chance.randint(1, 3)):
        at = chance.randrange(len(characters))
        match chance.randrange(3):
            case 0 if len(characters) > 3:
                characters.pop(at)
            case 1:
                characters.insert(at, characters[at])
            case _:
                other = (at + 1) % len(characters)
                characters[at], characters[other] = characters[other], characters[at]
    return normal_spelling(chance.choice(BEFORE) + "".join(characters) + chance.choice(AFTER))


def grown(entries: Sequence[FaqEntry], count: int, chance: random.Random) -> Iterator[tuple[FaqEntry, str, str]]:
    """New phrasings: the entry, the phrasing it was made from, and it; each is said once."""
    said = {normal_spelling(text) for entry in entries for text in entry.questions}
    missing = count - len(said)
    while missing > 0:
        entry = chance.choice(entries)
        source = normal_spelling(chance.choice(entry.questions))
        text = varied(source, chance)
        if len(text) > 1 and text not in said:
            said.add(text)
            missing -= 1
            yield entry, source, text


def measure(folder: Path, count: int, questions: int, seed: int) -> Figures:
    settings = get_settings()
    encoder = Encoder(folder, cache_size=0)
    cache = VectorCache(encoder, settings.cache_dir / "faq")
    turning = TurningEncoder(encoder, cache, seed)
    chance = random.Random(seed)
    entries = load_entries(FAQ)
    new = list(grown(entries, count, chance))
    if new:
        turning.turn([(source, text) for _, source, text in new], _usual_cosine(encoder, new[:SAMPLE]))
    big = _with_phrasings(entries, new)
    factory = RetrieverFactory(turning, Thresholds.of(settings), unanswerable=unanswerable_sentences())
    with Stopwatch() as build:
        retriever = factory.make(big)
    cache.save()
    with Stopwatch() as edit:
        factory.make_quickly([_with_one_more(big[0]), *big[1:]], retriever)
    sources = [text for entry in entries for text in entry.questions]
    asked = [varied(chance.choice(sources), chance) for _ in range(questions)]
    encoding = [_watched(lambda text: encoder.encode([text]), text) for text in asked[:SAMPLE]]
    searches = [_watched(lambda text: retriever.search(text, on=TODAY), text) for text in asked]
    return Figures(
        phrasings=len(retriever.parts.phrasings),
        recall_at_1=round(_recall(retriever, encoder, asked), 4),
        encode_p50=_percentile([watch.wall_s for watch in encoding], 50),
        search_p50=_percentile([watch.wall_s for watch in searches], 50),
        search_p95=_percentile([watch.wall_s for watch in searches], 95),
        search_p99=_percentile([watch.wall_s for watch in searches], 99),
        cpu_p50=_percentile([watch.cpu_s for watch in searches], 50),
        cpu_p95=_percentile([watch.cpu_s for watch in searches], 95),
        build_s=round(build.wall_s, 1),
        edit_s=round(edit.wall_s, 2),
        memory_mb=round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
    )


def _usual_cosine(encoder: Encoder, new: Sequence[tuple[FaqEntry, str, str]]) -> float:
    before = encoder.encode([source for _, source, _ in new])
    after = encoder.encode([text for _, _, text in new])
    return float(np.median((before * after).sum(axis=1)))


def _with_phrasings(entries: Sequence[FaqEntry], new: Sequence[tuple[FaqEntry, str, str]]) -> list[FaqEntry]:
    more: dict[str, list[str]] = {entry.id: [] for entry in entries}
    for entry, _, text in new:
        more[entry.id].append(text)
    return [entry.model_copy(update={"phrasings": (*entry.phrasings, *more[entry.id])}) for entry in entries]


def _with_one_more(entry: FaqEntry) -> FaqEntry:
    return entry.model_copy(update={"phrasings": (*entry.phrasings, "这是训练师刚刚补上的一句新问法")})


class Stopwatch:
    """Wall time, and processor time of this thread."""

    def __enter__(self) -> "Stopwatch":
        self._began = time.perf_counter(), time.thread_time()
        return self

    def __exit__(self, *_: object) -> None:
        self.wall_s, self.cpu_s = time.perf_counter() - self._began[0], time.thread_time() - self._began[1]


def _watched(act: Callable[[str], object], text: str) -> Stopwatch:
    with Stopwatch() as watch:
        act(text)
    return watch


def _recall(retriever: Retriever, encoder: Encoder, asked: Sequence[str]) -> float:
    """How often the index names the phrasing that an exact search names; an equally near one counts."""
    phrasings = retriever.parts.phrasings
    vectors = retriever.parts.model.centre.questions(encoder.encode(asked))
    exact = faiss.IndexFlatIP(vectors.shape[1])
    exact.add(phrasings.vectors())
    best, _ = exact.search(vectors, 1)
    found = [phrasings.nearest(vector, 1).cosines[0] for vector in vectors]
    return float(np.mean(np.array(found) >= best[:, 0] - 1e-5))


def _percentile(seconds: Sequence[float], at: float) -> float:
    return round(float(np.percentile(seconds, at)) * 1000, 2)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--phrasings", type=int, nargs="+", default=[0, 20_000, 100_000], help="0: ours alone")
    parser.add_argument("--encoder", type=Path, help="folder of an encoder; by default the one in use")
    parser.add_argument("--questions", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=7)
    arguments = parser.parse_args()
    folder = arguments.encoder or current_encoder(get_settings())
    rows = [measure(folder, count, arguments.questions, arguments.seed) for count in arguments.phrasings]
    names = list(asdict(rows[0]))
    print("| " + " | ".join(names) + " |\n|" + "---|" * len(names))
    for row in rows:
        print("| " + " | ".join(str(value) for value in asdict(row).values()) + " |")
    print(json.dumps([asdict(row) for row in rows]))


if __name__ == "__main__":
    main()
