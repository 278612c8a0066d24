"""The lexicon: words that stay whole, names of goods and regions, what short names stand for."""

from collections.abc import Iterator, Sequence

from bot.errors import EntryNotFoundError, EntryRefusedError
from bot.staff.model import Actor
from bot.studio.drafts.checks import clean, twice, word_problems
from bot.studio.drafts.formats.lexicon import AliasesFile, LexiconFile, word_id
from bot.studio.drafts.model import Added, Entry, Page, Word, WordList, WordValue
from bot.studio.drafts.parts import MOST_AT_ONCE, Compared, Part, paged, refuse
from bot.studio.drafts.similar import SimilarTexts
from bot.studio.drafts.snapshot import Snapshot
from bot.studio.drafts.words import draft_words, say
from bot.studio.drafts.workshop import Move, Plan, fresh_entry
from bot.studio.roles import refuse_unless_trains


class WordPart(Part):
    """Lists of words, by the names of their files and sections."""

    async def word_lists(self) -> list[WordList]:
        """The whole files first, then the sections of the others."""
        now, published = await self._now(), await self._published()
        compared = Compared(now, published)
        found = []
        for name, (title, document) in now.word_lists.items():
            words = list(_words(document, name))
            is_changed = compared.any_in([document.path]) and any(compared.is_changed(entry) for entry, _ in words)
            shown = draft_words().lists.get(name) or title.comment or name
            found.append(WordList(name, shown, len(words), isinstance(document, AliasesFile), is_changed))
        order = list(draft_words().lists)
        return sorted(found, key=lambda each: order.index(each.name) if each.name in order else len(order))

    async def words(self, listed_in: str, *, q: str = "", after: str | None = None, limit: int = 100) -> Page[Word]:
        """In the order of the file.  Raises EntryNotFoundError for no list."""
        now, published = await self._now(), await self._published()
        compared, wanted = Compared(now, published), q.strip()
        found = [
            (entry, value)
            for entry, value in _words(_list(now, listed_in), listed_in)
            if wanted in value.text or wanted in (value.meaning or "")
        ]
        page = paged(found, lambda each: each[0].id, after, limit)
        shown = tuple(
            Word(entry.id, value.listed_in, value.text, value.meaning, entry.version, compared.is_changed(entry))
            for entry, value in page.items
        )
        return Page(shown, page.after, page.total)

    async def add_words(
        self, actor: Actor, listed_in: str, words: Sequence[tuple[str, str | None]], *, why: str
    ) -> Added:
        """Each with what it stands for, None in lists without meanings."""
        refuse_unless_trains(actor)
        if not words or len(words) > MOST_AT_ONCE:
            raise EntryRefusedError([say("too_many", n=MOST_AT_ONCE) if words else say("empty")])

        def plan(now: Snapshot, _: SimilarTexts) -> Plan:
            document = _list(now, listed_in)
            values = [_value(document, listed_in, text, meaning) for text, meaning in words]
            problems = [each for value in values for each in word_problems(value, _is_taken(now, value))]
            refuse([*problems, *twice([value.text for value in values])])
            return Plan("word.added", [Move(None, value, document.path) for value in values])

        done = await self._change(actor, why, plan)
        return Added(done.ids, done.snapshot.commit)

    async def change_word(
        self, actor: Actor, id_: str, text: str, meaning: str | None = None, *, version: str, why: str
    ) -> None:
        """Raises StaleEntryError, EntryRefusedError."""

        def plan(now: Snapshot, _: SimilarTexts) -> Plan:
            entry, before = _word(fresh_entry(now, self._shop.log, id_, version))
            document = now.documents[now.path_of[entry.id]]
            value = _value(document, before.listed_in, text, meaning)
            refuse(word_problems(value, value.text != before.text and _is_taken(now, value)))
            return Plan("word.changed", [Move(entry, value, document.path)])

        await self._change(actor, why, plan)

    async def remove_word(self, actor: Actor, id_: str, *, version: str, why: str) -> None:
        def plan(now: Snapshot, _: SimilarTexts) -> Plan:
            entry, _value = _word(fresh_entry(now, self._shop.log, id_, version))
            return Plan("word.removed", [Move(entry, None, now.path_of[entry.id])])

        await self._change(actor, why, plan)


def _list(now: Snapshot, name: str) -> LexiconFile:
    if name not in now.word_lists:
        raise EntryNotFoundError(say("no_list", name=name))
    return now.word_lists[name][1]


def _words(document: LexiconFile, name: str) -> Iterator[tuple[Entry, WordValue]]:
    for entry in document.entries.values():
        if isinstance(entry.value, WordValue) and entry.value.listed_in == name:
            yield entry, entry.value


def _value(document: object, name: str, text: str, meaning: str | None) -> WordValue:
    """A list with meanings needs one, the others have none."""
    return WordValue(name, clean(text), clean(meaning or "") if isinstance(document, AliasesFile) else None)


def _is_taken(now: Snapshot, value: WordValue) -> bool:
    return now.find(word_id(value)) is not None


def _word(entry: Entry) -> tuple[Entry, WordValue]:
    if not isinstance(entry.value, WordValue):
        raise EntryNotFoundError(say("no_entry"))
    return entry, entry.value
