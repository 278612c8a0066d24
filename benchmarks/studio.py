"""How long trainers wait in the studio at scale: each call once and again, on a made-up content of any size.

python -m benchmarks.studio drafts --entries 5000 --phrasings 10 --examples 50000
"""

import argparse
import asyncio
import itertools
import json
import random
import tempfile
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from pathlib import Path

import yaml

from bot.clock import system_clock
from bot.db import Database
from bot.embedded_postgres import EmbeddedPostgres
from bot.migrations.run import migrate
from bot.settings import PROJECT, Settings
from bot.staff.model import Actor, Role
from bot.studio.drafts.faq_part import LARGEST_FILE
from bot.studio.drafts.model import NewExample
from bot.studio.drafts.service import Drafts

TRAINER = Actor("agent:trainer", Role.trainer)
LIMIT_MS = 300.0
INTENTS = 50
_PARTS = (
    ("我想", "请问", "麻烦", "你好", "那个", "急", "帮忙", "咱们", "你们", "师傅"),
    ("寄到", "查查", "退回", "催一催", "改成", "投诉", "赔", "取消", "预约", "打包"),
    ("北京", "上海", "广州", "成都", "杭州", "西安", "武汉", "长沙", "昆明", "拉萨"),
    ("的包裹", "的快递", "的文件", "的衣服", "的手机", "的水果", "的家具", "的证件", "的药", "的书"),
    ("多少钱", "几天到", "到哪了", "能不能", "怎么办", "在哪里", "谁签的", "什么时候", "行不行", "要什么"),
)


@dataclass(frozen=True)
class Size:
    """How much content: FAQ entries, phrasings of each, examples of all intents."""

    entries: int
    phrasings: int
    examples: int


def sentences(count: int, seed: int) -> list[str]:
    """So many different sentences."""
    made = [
        f"{''.join(words)}{number}" for number in range(1 + count // 100_000) for words in itertools.product(*_PARTS)
    ]
    random.Random(seed).shuffle(made)
    return [text.removesuffix("0") for text in made[:count]]


def write_content(folder: Path, size: Size) -> None:
    """The shipped content, with intents and knowledge of this size in the place of its own."""
    for path in (PROJECT / "nlu_data").rglob("*"):
        if path.is_file() and "intents" not in path.parts[-2:]:
            file = folder / path.relative_to(PROJECT)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(path.read_bytes())
    (folder / "nlu_data/intents").mkdir(parents=True, exist_ok=True)
    (folder / "knowledge_base/faq").mkdir(parents=True, exist_ok=True)
    texts = sentences(size.examples, 1)
    for number in range(INTENTS):
        lines = "".join(f"    - {text}\n" for text in texts[number::INTENTS])
        text = f'version: "3.1"\nnlu:\n- intent: intent_{number}\n  examples: |\n{lines}'
        (folder / f"nlu_data/intents/intent_{number}.yml").write_text(text)
    _write_faq(folder / "knowledge_base", size)


def _write_faq(folder: Path, size: Size) -> None:
    texts = iter(sentences(size.entries * (size.phrasings + 1), 2))
    topics = [f"group{number // LARGEST_FILE}.topic_{number}" for number in range(size.entries)]
    for group, some in itertools.groupby(topics, key=lambda topic: topic.split(".")[0]):
        entries = [
            {
                "id": topic,
                "question": f"问{next(texts)}",
                "phrasings": [f"说{next(texts)}" for _ in range(size.phrasings)],
                "answer": "一般两到三天到，偏远地区多一到两天。\n\n- 以短信通知为准；\n- 也可以问 {carrier} 客服。\n"
                * 3,
            }
            for topic in some
        ]
        (folder / "faq" / f"{group}.yml").write_text(yaml.dump(entries, allow_unicode=True, sort_keys=False))
    (folder / "topics.yml").write_text("".join(f"{topic}: 说明\n" for topic in topics))


async def measure_drafts(folder: Path, database: Database, size: Size) -> dict[str, float]:
    """Milliseconds of each call; those called ``first_...`` are part of what the start of the platform takes."""
    content = folder / "content"
    write_content(content, size)
    settings = Settings(data_dir=folder / "var")
    drafts = Drafts.build(
        settings, database, system_clock, content=content, evaluation=PROJECT / "tests" / "evaluation"
    )
    took: dict[str, float] = {}

    async def timed(name: str, call: Callable[[], Awaitable[object]]) -> None:
        begun = time.perf_counter()
        await call()
        took[name] = round((time.perf_counter() - begun) * 1000, 1)

    await timed("first_sync", drafts.sync)
    await timed("first_read", drafts.intents)
    await timed("first_index", lambda: drafts.warnings(["我想寄到北京的包裹"]))
    await _read_all(drafts, timed)
    await _change_all(drafts, timed)
    topics = content / "knowledge_base/topics.yml"
    topics.write_text(topics.read_text() + "other.topic: 说明\n")
    await timed("sync", drafts.sync)
    await timed("publish", lambda: _publish(drafts))
    return took


Timed = Callable[[str, Callable[[], Awaitable[object]]], Awaitable[None]]


async def _read_all(drafts: Drafts, timed: Timed) -> None:
    texts = sentences(50, 9)
    await timed("intents", drafts.intents)
    await timed("examples", lambda: drafts.examples("intent_7"))
    await timed("search_all_examples", lambda: drafts.examples(None, q="拉萨的书"))
    await timed("topics", drafts.topics)
    await timed("entry", lambda: drafts.entry("group0.topic_7"))
    await timed("warnings_of_50", lambda: drafts.warnings(texts, intent="intent_7"))
    await timed("responses", drafts.responses)
    await timed("word_lists", drafts.word_lists)
    await timed("words", lambda: drafts.words("region.txt"))


async def _change_all(drafts: Drafts, timed: Timed) -> None:
    new = [NewExample("intent_7", f"新的例句第{number}条") for number in range(50)]
    first = [NewExample("intent_1", "第一条新的例句")]
    await timed("first_change", lambda: drafts.add_examples(TRAINER, first, why="量"))
    await timed("add_example", lambda: drafts.add_examples(TRAINER, [NewExample("intent_7", "新的例句")], why="量"))
    await timed("add_50_examples", lambda: drafts.add_examples(TRAINER, new, why="量"))
    example = (await drafts.examples("intent_7")).items[0]
    await timed(
        "change_example",
        lambda: drafts.change_example(TRAINER, example.id, "改过的例句", version=example.version, why="量"),
    )
    entry = (await drafts.entry("group0.topic_7")).fields
    version = (await drafts.entry("group0.topic_7")).version
    changed = replace(entry, answer="改过的答案")
    await timed("save_entry", lambda: drafts.save_entry(TRAINER, changed, version=version, why="量"))
    await timed("add_phrasings", lambda: drafts.add_phrasings(TRAINER, entry.id, ["一种新的问法"], why="量"))
    fresh = replace(
        entry, id="group0.fresh", question="新条目的标准问题", phrasings=tuple(f"新条目问法{n}" for n in range(8))
    )
    await timed("new_entry", lambda: drafts.save_entry(TRAINER, fresh, version=None, why="量"))
    await timed("diff", drafts.diff)
    await timed("history", lambda: drafts.history(f"faq/{entry.id}"))
    commit = (await drafts.log())[0].commit
    await timed("undo", lambda: drafts.undo(TRAINER, commit, why="量"))


async def _publish(drafts: Drafts) -> None:
    await drafts.publish(await drafts.head(), TRAINER)


def run_drafts(size: Size) -> dict[str, float]:
    """On an embedded database of its own."""
    with tempfile.TemporaryDirectory(prefix="studio-bench-") as name:
        server = EmbeddedPostgres(Path(name) / "pg")
        url = server.start()
        try:
            migrate(url)
            return asyncio.run(_with_database(url, Path(name), size))
        finally:
            server.stop()


async def _with_database(url: str, folder: Path, size: Size) -> dict[str, float]:
    database = Database(url)
    try:
        return await measure_drafts(folder, database, size)
    finally:
        await database.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("part", choices=["drafts"])
    parser.add_argument("--entries", type=int, default=5_000)
    parser.add_argument("--phrasings", type=int, default=10)
    parser.add_argument("--examples", type=int, default=50_000)
    given = parser.parse_args()
    took = run_drafts(Size(given.entries, given.phrasings, given.examples))
    slow = [name for name, ms in took.items() if ms > LIMIT_MS and not name.startswith("first_")]
    print(json.dumps({"milliseconds": took, "over_the_limit": slow}, ensure_ascii=False, indent=2))


if __name__ == "__main__":
    main()
