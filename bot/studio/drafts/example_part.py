"""Intents and their examples."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from bot.checking.balance import least
from bot.errors import EntryNotFoundError, EntryRefusedError
from bot.staff.model import Actor
from bot.studio.drafts.checks import TextChecks, clean, twice
from bot.studio.drafts.formats.examples import bare_text, marked_up
from bot.studio.drafts.model import Added, Entry, Example, ExampleValue, IntentLine, NewExample, Page
from bot.studio.drafts.parts import MOST_AT_ONCE, Compared, Desk, Part, Remembered, paged, refuse
from bot.studio.drafts.similar import SimilarTexts
from bot.studio.drafts.snapshot import Snapshot
from bot.studio.drafts.words import say
from bot.studio.drafts.workshop import Move, Plan, fresh_entry
from bot.studio.roles import refuse_unless_trains


class ExamplePart(Part):
    """What customers say when they mean an intent."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._intents = Remembered(self._intent_lines)

    async def intents(self) -> list[IntentLine]:
        """By name."""
        return self._intents.of(await self._now(), await self._published())

    def _intent_lines(self, now: Snapshot, published: Snapshot) -> list[IntentLine]:
        compared, titles = Compared(now, published), self._desk.vocabulary.titles(now)
        lines = []
        for name, documents in sorted(now.intents.items()):
            changed = compared.any_in(document.path for document in documents)
            n = sum(len(list(_of_intent(document.entries.values(), name))) for document in documents)
            lines.append(IntentLine(name, titles.get(name, ""), n, least(name), changed))
        return lines

    async def entities(self) -> list[str]:
        """What may be marked in an example."""
        return self._desk.vocabulary.entities(await self._now())

    async def examples(
        self, intent: str | None, *, q: str = "", after: str | None = None, limit: int = 50
    ) -> Page[Example]:
        """In the order of the file; of all intents where none is given.  Raises EntryNotFoundError."""
        now, published = await self._now(), await self._published()
        if intent is not None and intent not in now.intents:
            raise EntryNotFoundError(say("no_intent", intent=intent))
        wanted = clean(q).lower()
        found = [entry for entry in _all(now, intent) if not wanted or _contains(entry, wanted)]
        page = paged(found, lambda entry: entry.id, after, limit)
        compared = Compared(now, published)
        return Page(tuple(_shown(entry, compared.is_changed(entry)) for entry in page.items), page.after, page.total)

    async def example(self, example_id: str) -> Example:
        """One of them.  Raises EntryNotFoundError."""
        now, published = await self._now(), await self._published()
        entry = _example_entry(now.get(example_id))
        return _shown(entry, Compared(now, published).is_changed(entry))

    async def add_examples(self, actor: Actor, new: Sequence[NewExample], *, why: str) -> Added:
        """All in one commit, or none: raises EntryRefusedError with everything that is wrong with any of them."""
        refuse_unless_trains(actor)
        if not new or len(new) > MOST_AT_ONCE:
            raise EntryRefusedError([say("too_many", n=MOST_AT_ONCE) if new else say("empty")])
        values = [_value(each) for each in new]

        def plan(now: Snapshot, similar: SimilarTexts) -> Plan:
            checks, entities = TextChecks(now, similar, self._desk.evaluation), self._desk.vocabulary.entities(now)
            problems = [each for value in values for each in checks.example(value.intent, value.text, entities)]
            refuse([*problems, *twice([bare_text(value.text) for value in values])])
            return Plan("example.added", [Move(None, value, _file_of(now, value.intent)) for value in values])

        done = await self._change(actor, why, plan)
        return Added(done.ids, done.snapshot.commit)

    async def change_example(self, actor: Actor, example_id: str, text: str, *, version: str, why: str) -> Example:
        """``text`` is marked up."""
        return await self._put(actor, example_id, "example.changed", version, why, text=clean(text))

    async def move_example(self, actor: Actor, example_id: str, intent: str, *, version: str, why: str) -> Example:
        return await self._put(actor, example_id, "example.moved", version, why, intent=intent)

    async def remove_example(self, actor: Actor, example_id: str, *, version: str, why: str) -> None:
        def plan(now: Snapshot, _: SimilarTexts) -> Plan:
            entry = _example_entry(fresh_entry(now, self._shop.log, example_id, version))
            return Plan("example.removed", [Move(entry, None, now.path_of[entry.id])])

        await self._change(actor, why, plan)

    async def _put(self, actor: Actor, example_id: str, what: str, version: str, why: str, **changed: str) -> Example:
        def plan(now: Snapshot, similar: SimilarTexts) -> Plan:
            entry = _example_entry(fresh_entry(now, self._shop.log, example_id, version))
            assert isinstance(entry.value, ExampleValue)  # noqa: S101 - asked for above
            value = replace(entry.value, **changed)
            checks = TextChecks(now, similar, self._desk.evaluation)
            refuse(
                checks.example(
                    value.intent, value.text, self._desk.vocabulary.entities(now), except_text=entry.value.text
                )
            )
            same = value.intent == entry.value.intent
            return Plan(what, [Move(entry, value, now.path_of[entry.id] if same else _file_of(now, value.intent))])

        done = await self._change(actor, why, plan)
        return await self.example(done.ids[0])


def _all(now: Snapshot, intent: str | None) -> Iterator[Entry]:
    documents = now.intents[intent] if intent else now.below("nlu_data/intents/")
    for document in documents:
        yield from _of_intent(document.entries.values(), intent)


def _of_intent(entries: Iterable[Entry], intent: str | None) -> Iterator[Entry]:
    for entry in entries:
        if isinstance(entry.value, ExampleValue) and intent in (None, entry.value.intent):
            yield entry


def _contains(entry: Entry, wanted: str) -> bool:
    return isinstance(entry.value, ExampleValue) and wanted in bare_text(entry.value.text).lower()


def _example_entry(entry: Entry) -> Entry:
    if not isinstance(entry.value, ExampleValue):
        raise EntryNotFoundError(say("no_entry"))
    return entry


def _shown(entry: Entry, changed: bool) -> Example:
    assert isinstance(entry.value, ExampleValue)  # noqa: S101 - chosen by the callers
    return Example(entry.id, entry.value.intent, entry.value.text, entry.version, changed)


def _value(new: NewExample) -> ExampleValue:
    if not new.entities:
        return ExampleValue(new.intent, clean(new.text))
    try:
        return ExampleValue(new.intent, clean(marked_up(new.text, new.entities)))
    except ValueError as error:
        raise EntryRefusedError([say("bad_marks")]) from error


def _file_of(now: Snapshot, intent: str) -> str:
    """The last file of an intent; the checks have said that there is one."""
    return now.intents[intent][-1].path
