"""The knowledge base: topics, and the entry of each."""

import asyncio
from collections.abc import Sequence
from dataclasses import fields, replace
from pathlib import PurePath

from bot.errors import EntryNotFoundError, EntryRefusedError
from bot.staff.model import Actor
from bot.studio.drafts.checks import FaqChecks, TextChecks, clean, clean_block, twice
from bot.studio.drafts.formats.faq import faq_id
from bot.studio.drafts.formats.reading import FAQ, INTENTS, TOPICS
from bot.studio.drafts.formats.topics import topic_id
from bot.studio.drafts.model import Added, Entry, ExampleValue, FaqDraft, FaqFields, Knowledge, TopicLine, TopicValue
from bot.studio.drafts.parts import MOST_AT_ONCE, Compared, Desk, Part, Remembered, refuse, topic_names
from bot.studio.drafts.similar import SimilarTexts
from bot.studio.drafts.snapshot import Snapshot
from bot.studio.drafts.words import say
from bot.studio.drafts.workshop import Move, Plan, fresh_entry
from bot.studio.roles import refuse_unless_trains

FAQ_INTENT = "faq"
LARGEST_FILE = 500
"""A file with so many entries is full: new ones of its group go to the next."""


class FaqPart(Part):
    """What customers ask, and the answers."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._topics = Remembered(_topic_lines)

    async def topics(self) -> list[TopicLine]:
        """In the order of ``topics.yml``; topics without an entry are gaps."""
        return self._topics.of(await self._now(), await self._published())

    async def knowledge(self) -> Knowledge:
        """Every entry as it stands in the draft."""
        now = await self._now()
        values = (entry.value for document in now.below(FAQ) for entry in document.entries.values())
        entries = {value.id: value for value in values if isinstance(value, FaqFields)}
        intents = frozenset(PurePath(path).stem for path in now.documents if path.startswith(INTENTS))
        return Knowledge(now.commit, topic_names(now), entries, intents)

    async def entry_at(self, topic: str, commit: str) -> FaqFields | None:
        """An entry as a commit had it; None where it was not there.  Raises EntryNotFoundError for no commit."""
        near = (await self._now()).path_of.get(faq_id(topic), "")
        return await asyncio.to_thread(self._entry_at, topic, commit, near)

    def _entry_at(self, topic: str, commit: str, near: str) -> FaqFields | None:
        """``near`` is the file that has it now, and most likely had it then."""
        blobs = self._shop.repository.files(commit)
        paths = sorted((path for path in blobs if path.startswith(FAQ)), key=lambda path: (path != near, path))
        documents = (self._shop.library.document(path, blobs[path]) for path in paths)
        found = next((entry for each in documents if (entry := each.entries.get(faq_id(topic)))), None)
        return found.value if found and isinstance(found.value, FaqFields) else None

    async def entry(self, topic: str) -> FaqDraft:
        """With its history.  Raises EntryNotFoundError, for a gap as well."""
        now, published = await self._now(), await self._published()
        entry = now.find(faq_id(topic))
        if entry is None or not isinstance(entry.value, FaqFields):
            raise EntryNotFoundError(say("no_topic", topic=topic))
        given = {each.name: getattr(entry.value, each.name) for each in fields(FaqFields)}
        given["covers"] = topic_names(now).get(topic, "")
        return FaqDraft(
            **given,
            version=entry.version,
            changed=Compared(now, published).is_changed(entry),
            conflict=bool(now.state and entry.id in now.state.clashes),
            history=tuple(self._shop.log.of(entry.id, now.commit)),
        )

    async def save_entry(
        self, actor: Actor, entry: FaqFields, *, version: str | None, why: str, misheard: Sequence[str] = ()
    ) -> FaqDraft:
        """``version`` None for a new one; its topic comes into ``topics.yml`` where it is not there yet.

        ``misheard`` as in `add_phrasings`.
        """
        return (await self.save_entries(actor, [(entry, version)], why=why, misheard=misheard))[0]

    async def save_entries(
        self,
        actor: Actor,
        entries: Sequence[tuple[FaqFields, str | None]],
        *,
        why: str,
        misheard: Sequence[str] = (),
    ) -> list[FaqDraft]:
        """The same for several, each with its version: all in one commit, or none."""
        refuse_unless_trains(actor)
        _refuse_number(entries)
        wanted = [(_cleaned(entry), version) for entry, version in entries]

        def plan(now: Snapshot, similar: SimilarTexts) -> Plan:
            olds = [self._old(now, value, version) for value, version in wanted]
            refuse(self._problems(now, similar, [(old, value) for old, (value, _) in zip(olds, wanted, strict=True)]))
            room = _Room(now)
            moves = []
            for old, (value, _) in zip(olds, wanted, strict=True):
                path = now.path_of[old.id] if old else room.file_for(value.id)
                moves += [Move(old, replace(value, covers=""), path), *_topic_moves(now, value)]
            moves += _asked_moves(now, similar, misheard)
            return Plan("faq.saved" if any(olds) else "faq.added", moves)

        await self._change(actor, why, plan)
        return [await self.entry(value.id) for value, _ in wanted]

    async def add_phrasings(
        self, actor: Actor, topic: str, texts: Sequence[str], *, why: str, misheard: Sequence[str] = ()
    ) -> Added:
        """More ways to ask it, whatever version the entry has.

        ``misheard`` are those that were not even taken for a question: the intent ``faq`` learns them as well.
        """
        refuse_unless_trains(actor)
        wanted = tuple(clean(text) for text in texts)
        _refuse_number(wanted)

        def plan(now: Snapshot, similar: SimilarTexts) -> Plan:
            old = now.find(faq_id(topic))
            if old is None or not isinstance(old.value, FaqFields):
                raise EntryNotFoundError(say("no_topic", topic=topic))
            checks = TextChecks(now, similar, self._desk.evaluation)
            refuse(checks.more_questions(topic, wanted, old.value.questions))
            value = replace(old.value, phrasings=(*old.value.phrasings, *wanted))
            move = Move(old, value, now.path_of[old.id])
            return Plan("faq.phrasings", [move, *_asked_moves(now, similar, misheard)])

        done = await self._change(actor, why, plan)
        return Added(done.ids, done.snapshot.commit)

    def _old(self, now: Snapshot, value: FaqFields, version: str | None) -> Entry | None:
        """The entry to be changed, None for a new one."""
        if version is not None:
            return fresh_entry(now, self._shop.log, faq_id(value.id), version)
        if now.find(faq_id(value.id)) is not None:
            raise EntryRefusedError([say("topic_taken", topic=value.id)])
        return None

    def _problems(
        self, now: Snapshot, similar: SimilarTexts, wanted: Sequence[tuple[Entry | None, FaqFields]]
    ) -> list[str]:
        topics = frozenset(topic_names(now)) | {value.id for _, value in wanted}
        checks = FaqChecks(topics, frozenset(now.intents), self._desk.values)
        texts = TextChecks(now, similar, self._desk.evaluation)
        found: list[str] = []
        new: list[str] = []
        for old, value in wanted:
            before = old.value.questions if old and isinstance(old.value, FaqFields) else ()
            found += [*checks.problems(value), *texts.questions(value.id, value.questions, before)]
            new += [text for text in value.questions if text not in before]
        return [*found, *twice(new)]


class _Room:
    """Which file new entries go to."""

    def __init__(self, now: Snapshot) -> None:
        self._sizes = {document.path: len(document.entries) for document in now.below(FAQ)}

    def file_for(self, topic: str) -> str:
        """The first file of the topic's group that is not full, which may be a new one."""
        group, number = topic.split(".", 1)[0], 1
        while self._sizes.get(path := f"{FAQ}{group}{f'-{number}' if number > 1 else ''}.yml", 0) >= LARGEST_FILE:
            number += 1
        self._sizes[path] = self._sizes.get(path, 0) + 1
        return path


def _refuse_number(given: Sequence[object]) -> None:
    if not given or len(given) > MOST_AT_ONCE:
        raise EntryRefusedError([say("too_many", n=MOST_AT_ONCE) if given else say("empty")])


def _cleaned(entry: FaqFields) -> FaqFields:
    phrasings = tuple(text for each in entry.phrasings if (text := clean(each)))
    answers = tuple((channel, text) for channel, each in entry.answers if (text := clean_block(each)))
    return FaqFields(
        id=entry.id.strip(),
        question=clean(entry.question),
        phrasings=phrasings,
        answer=clean_block(entry.answer),
        answers=answers,
        related=tuple(dict.fromkeys(entry.related)),
        action=entry.action,
        when=entry.when if entry.when and (entry.when.waybill or entry.when.after) else None,
        valid_from=entry.valid_from,
        valid_until=entry.valid_until,
        covers=clean(entry.covers),
    )


def _asked_moves(now: Snapshot, similar: SimilarTexts, texts: Sequence[str]) -> list[Move]:
    """Examples of the intent that asks the knowledge base; what is an example already stays what it is."""
    if FAQ_INTENT not in now.intents:
        return []
    plain = dict.fromkeys(text for each in texts if (text := clean(each)) and "[" not in text)
    new = [text for text in plain if all(said.intent is None for said in similar.same(text))]
    return [Move(None, ExampleValue(FAQ_INTENT, text), now.intents[FAQ_INTENT][-1].path) for text in new]


def _topic_moves(now: Snapshot, value: FaqFields) -> list[Move]:
    """The line about the topic, where it is new or says something else."""
    known = now.find(topic_id(value.id))
    if known is None:
        return [Move(None, TopicValue(value.id, value.covers or value.question), TOPICS)]
    if value.covers and isinstance(known.value, TopicValue) and known.value.covers != value.covers:
        return [Move(known, TopicValue(value.id, value.covers), TOPICS)]
    return []


def _topic_lines(now: Snapshot, published: Snapshot) -> list[TopicLine]:
    compared = Compared(now, published)
    clashes = now.state.clashes if now.state else {}
    lines = []
    for topic, covers in topic_names(now).items():
        entry = now.find(faq_id(topic))
        value = entry.value if entry and isinstance(entry.value, FaqFields) else None
        changed = compared.is_changed(entry) or compared.is_changed(now.find(topic_id(topic)))
        question, n = (value.question, len(value.phrasings)) if value else (None, 0)
        lines.append(TopicLine(topic, covers, question, n, changed, faq_id(topic) in clashes))
    return lines
