"""The studio of a big house, filled: content, misses, counters, sets, dialogues, releases, a draft with changes.

What `benchmarks.studio_pages` opens the pages of.  Everything is of `NOW`, the day that the siblings fill for.
"""

import asyncio
import json
import random
import shutil
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from hashlib import md5
from pathlib import Path
from uuid import UUID

from sqlalchemy import insert, text

from benchmarks import studio_numbers
from benchmarks.studio import Size, sentences, write_content
from benchmarks.studio_misses import NOW, Bench
from bot.db import Database
from bot.settings import PROJECT, Settings
from bot.staff.model import Actor, Role
from bot.staff.tables import Agent, DeskSession
from bot.staff.tokens import digest, fresh
from bot.studio.drafts.model import NewExample
from bot.studio.drafts.service import Drafts
from bot.studio.sets.kinds import Outcome, SentenceState
from bot.studio.sets.model import Wish
from bot.studio.sets.tables import DialogueRun, DialogueVersion, SetLabel, SetSentence, StudioDialogue, StudioSet

TRAINER = Actor("agent:he", Role.trainer)
PEOPLE = {"he": "贺兰", "lan": "兰英", "mei": "梅朵"}
BIG_ENTRY, BIG_INTENT = "group0.topic_7", "intent_7"
PHRASINGS, CHANGED, VERSIONS = 190, 150, 30
SETS, DIALOGUES, TURNS, RUNS, RELEASES = 4, 200, 8, 20, 60
TAUGHT = ("out_of_scope", "chitchat", "greet", "thank", "goodbye", "abuse", "bot_challenge")
"""Shipped intents that the knowledge base is fitted against."""

_CONVERSATIONS = """
INSERT INTO conversations (id, customer_id, channel, reply_channel, reply_address, state, last_seq, customer_seq,
    handled_seq, priority, created_at, updated_at, route_priority, route_because, offer_seconds, let_pass, release,
    release_since)
SELECT md5('year' || n)::uuid, CAST(:customer AS uuid), 'web', 'web', 'year' || n, 'ended', 1, 1, 1, 0, at, at, 0, '[]',
    0, '[]', CASE WHEN n % 4 = 0 THEN 'release-59' ELSE 'release-58' END, at
FROM (SELECT n, CAST(:now AS timestamptz) - n * interval '1 year' / :count AS at
    FROM generate_series(1, :count) AS n) AS each;
INSERT INTO messages (conversation_id, seq, author, kind, text, payload, buttons, attachments, created_at, understood)
SELECT id, 1, 'customer', 'text', '我的快递到哪里了' || substr(reply_address, 5), '', '[]', '[]', created_at,
    '{"intent": "intent_7", "confidence": 0.9, "ranking": [], "entities": []}'
FROM conversations WHERE reply_address LIKE 'year%';
INSERT INTO conversation_moves (conversation_id, move, before, after, who, why, lasted_s, at)
SELECT id, 'queue', 'bot', 'queued', 'bot', '', 1, created_at FROM conversations
WHERE reply_address LIKE 'year%' AND right(reply_address, 1) IN ('3', '7');
INSERT INTO faq_days (day, topic, uses, handed_over, asked_again, unhelped, rated, scores)
SELECT CAST(:today AS date) - back, 'group' || n / 500 || '.topic_' || n, 1 + n % 40, n % 3, n % 2, n % 4, 1, 4
FROM generate_series(0, 29) AS back, generate_series(0, :entries - 1) AS n WHERE (n + back) % 3 = 0;
INSERT INTO faq_ages (topic, digest, since)
SELECT 'group' || n / 500 || '.topic_' || n, md5(n::text), CAST(:today AS date) - n % 400
FROM generate_series(0, :entries - 1) AS n;
INSERT INTO studio_releases (name, commit, kind, state, note, asked_by, asked_at, share, is_up, progress, log, changes,
    began_at, ended_at, published_at, settled_at, passed, model, encoder, report)
SELECT 'release-' || n, md5(n::text), 'quick', CASE n WHEN 59 THEN 'candidate' WHEN 58 THEN 'stable' ELSE 'forgotten'
    END, '第' || n || '次训练', 'he', at, CASE n WHEN 59 THEN 25 ELSE 0 END, n >= 58, '', '[]', '[]', at, at, at,
    CASE WHEN n < 59 THEN at END, true, '/m/' || n || '.tar.gz', '/e', CAST(:report AS jsonb)
FROM (SELECT n, CAST(:now AS timestamptz) - (60 - n) * interval '3 days' AS at
    FROM generate_series(0, 59) AS n) AS each;
"""


def report(classes: int = 60, turned: int = 400) -> str:
    """A `bot.studio.releases.report.ReleaseReport` with something in every list."""
    said = [
        {"set_name": "nlu", "text": each, "truth": "intent_1", "old": "intent_2", "new": "intent_1"} | _SURE
        for each in sentences(turned, 5)
    ]
    one = {"n": 30, "old": 0.9, "new": 0.92, "old_precision": 0.9, "new_precision": 0.92}
    sides = {
        "old": {"release": "release-58", "model": "a", "encoder": "e"},
        "new": {"release": "release-59", "model": "b", "encoder": "e"},
    }
    score = {"score": "accuracy", "old": 0.94, "new": 0.95, "floor": 0.9}
    found = {
        **sides,
        "sets": [{"name": "nlu", "part": "nlu", "n": 700, "is_ours": False, "scores": [score]}],
        "intents": [{"name": f"intent_{n}", **one} for n in range(classes)],
        "topics": [{"name": f"group0.topic_{n}", **one} for n in range(classes * 5)],
        "newly_right": said[::2],
        "newly_wrong": said[1::2],
        "newly_right_n": turned // 2,
        "newly_wrong_n": turned // 2,
        "calibration": {"old": 0.02, "new": 0.02, "bins": []},
        "replay": {"days": 7, "n": 0},
        "added": {"n": 0, "doubtful": 0},
        "data": [],
    }
    return json.dumps(found, ensure_ascii=False)


_SURE = {"old_sure": 0.6, "new_sure": 0.8}


def prepare_content(content: Path, size: Size) -> None:
    """The checkout: what `benchmarks.studio` makes up, and the shipped sentences that no entry answers."""
    write_content(content, size)
    for intent in TAUGHT:
        shutil.copy(PROJECT / f"nlu_data/intents/{intent}.yml", content / f"nlu_data/intents/{intent}.yml")


async def fill(database: Database, settings: Settings, size: Size, *, misses: int, conversations: int) -> None:
    """All of it; takes minutes."""
    prepare_content(settings.content_dir, size)
    await _people(database)
    bench = Bench(database, misses, 1)
    await bench.fill()
    await bench.grouping.regroup()
    await studio_numbers.fill(database)
    await _rows(database, size, conversations)
    await _sets(database)
    await _dialogues(database)
    await _change(database, settings)
    async with database.engine.connect() as connection:
        plain = await connection.execution_options(isolation_level="AUTOCOMMIT")
        await plain.execute(text("VACUUM ANALYZE"))


async def log_in(database: Database) -> str:
    """The cookie of a trainer."""
    token = fresh()
    async with database.transaction() as session:
        kept = {"token_hash": digest(token), "username": "he", "device": "benchmark", "method": "password"}
        times = {"created_at": NOW, "seen_at": NOW, "expires_at": NOW + timedelta(hours=12)}
        await session.execute(insert(DeskSession), [kept | times])
    return token


async def _people(database: Database) -> None:
    people = [
        {"username": username, "name": name, "password_hash": "", "role": "trainer", "created_at": NOW}
        for username, name in PEOPLE.items()
    ]
    async with database.transaction() as session:
        await session.execute(insert(Agent), people)


async def _rows(database: Database, size: Size, conversations: int) -> None:
    values = {"customer": UUID(int=1), "now": NOW, "count": conversations, "entries": size.entries}
    values |= {"today": NOW.date(), "report": report()}
    async with database.transaction() as session:
        for statement in filter(str.strip, _CONVERSATIONS.split(";\n")):
            used = {name: value for name, value in values.items() if f":{name}" in statement}
            await session.execute(text(statement), used)


async def _sets(database: Database) -> None:
    """Of each, a part is still to be labelled, most is agreed upon, and some is disputed."""
    async with database.transaction() as session:
        for number in range(SETS):
            until = NOW - timedelta(days=7 * (SETS - number))
            wish = Wish(
                name=f"第{number}周抽样", since=until.date() - timedelta(days=7), until=until.date(), size=5_000
            )
            made = {"id": set_id(number), "name": wish.name, "about": "", "drawn": wish.model_dump(mode="json")}
            made |= {"total": 90_000, "made_by": "he", "made_at": until}
            await session.execute(insert(StudioSet), [made])
            rows = _sentences(number)
            await session.execute(insert(SetSentence), rows)
            await session.execute(insert(SetLabel), [label for row in rows for label in _labels(row)])


def set_id(number: int) -> UUID:
    return _uuid(f"set{number}")


def dialogue_id(number: int) -> UUID:
    return _uuid(f"dialogue{number}")


def _sentences(of: int) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = []
    for number, said in enumerate(sentences(5_000, 20 + of), start=1):
        state = (SentenceState.open, SentenceState.disputed, *[SentenceState.agreed] * 8)[number % 10]
        is_agreed = state is SentenceState.agreed
        row = {"id": _uuid(f"{of}:{number}"), "set_id": set_id(of), "no": number, "text": said, "text_key": said}
        row |= {"channel": "web", "day": NOW.date(), "weight": 18.0, "band": number % 5, "state": state.value}
        row |= {"guess": {"intent": f"intent_{number % 45}", "confidence": 0.8}, "entities": []}
        row |= {"labelled": 0 if state is SentenceState.open else 2, "topic": None}
        rows.append(row | {"intents": [f"intent_{number % 50}"] if is_agreed else []})
    return rows


def _labels(row: dict[str, object]) -> Sequence[dict[str, object]]:
    if not row["labelled"]:
        return ()
    number = int(str(row["no"]))
    is_disputed = row["state"] == SentenceState.disputed
    given = {"sentence_id": row["id"], "topic": None, "entities": [], "at": NOW}
    others = (("lan", number % 50), ("mei", (number + is_disputed) % 50))
    return [given | {"by": by, "intents": [f"intent_{intent}"]} for by, intent in others]


async def _dialogues(database: Database) -> None:
    said = sentences(DIALOGUES * TURNS, 40)
    scripts, rows = [], []
    for number in range(DIALOGUES):
        turns = [
            {"says": each, "expected": {"response": "utter_greet"}}
            for each in said[number * TURNS : (number + 1) * TURNS]
        ]
        rows.append({"id": dialogue_id(number), "name": f"对话 {number:03}", "version": 1, "is_active": True} | _WHO)
        scripts.append({"dialogue_id": dialogue_id(number), "version": 1, "script": {"turns": turns}, "why": ""})
    runs = [
        {"release": "release-58", "by": "he", "at": NOW - timedelta(days=back), "total": DIALOGUES, "passed": DIALOGUES}
        | {"results": [_result(number, said) for number in range(DIALOGUES)]}
        for back in range(RUNS)
    ]
    async with database.transaction() as session:
        await session.execute(insert(StudioDialogue), rows)
        await session.execute(insert(DialogueVersion), [each | {"by": "he", "at": NOW} for each in scripts])
        await session.execute(insert(DialogueRun), runs)


_WHO = {"changed_by": "he", "changed_at": NOW}


def _result(number: int, said: Sequence[str]) -> dict[str, object]:
    steps = [
        {"says": each, "intent": "intent_7", "answer": "您好，我是客服。", "responses": ["utter_greet"], "problems": []}
        for each in said[number * TURNS : (number + 1) * TURNS]
    ]
    name, outcome = f"对话 {number:03}", Outcome.strayed if number % 20 == 0 else Outcome.passed
    strayed_at = TURNS if outcome is Outcome.strayed else None
    made = {"dialogue_id": str(dialogue_id(number)), "name": name, "version": 1, "outcome": outcome.value}
    return made | {"strayed_at": strayed_at, "steps": steps}


async def _change(database: Database, settings: Settings) -> None:
    """A draft that trainers have worked on for weeks."""
    drafts = Drafts.build(settings, database, lambda: NOW, content=settings.content_dir, evaluation=_JUDGED)
    await drafts.sync()
    chance = random.Random(3)
    many = [NewExample(BIG_INTENT, f"新的例句第{number}条") for number in range(CHANGED)]
    await drafts.add_examples(TRAINER, many, why="量")
    await drafts.add_phrasings(TRAINER, BIG_ENTRY, [f"第{n}种新的问法" for n in range(PHRASINGS)], why="量")
    topics = [line.id for line in await drafts.topics()]
    chosen = [*chance.sample(topics, CHANGED), *[BIG_ENTRY] * VERSIONS]
    for number, topic in enumerate(chosen):
        entry = await drafts.entry(topic)
        changed = replace(entry.fields, answer=f"改过的答案，第{number}次。")
        await drafts.save_entry(TRAINER, changed, version=entry.version, why=f"第{number}次修改")


_JUDGED = PROJECT / "tests" / "evaluation"


def _uuid(name: str) -> UUID:
    return UUID(md5(name.encode(), usedforsecurity=False).hexdigest())


def run_fill(url: str, settings: Settings, size: Size, *, misses: int, conversations: int) -> None:
    """`fill` with a database connection of its own."""

    async def filled() -> None:
        database = Database(url)
        try:
            await fill(database, settings, size, misses=misses, conversations=conversations)
        finally:
            await database.close()

    asyncio.run(filled())
