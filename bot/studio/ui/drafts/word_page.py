"""``/studio/words``: the lists of the lexicon, and the words of one."""

from collections.abc import Awaitable, Callable

from bot.desk.ui.forms import Said, alert, area, button, field, first, form, table, tag
from bot.desk.ui.office import Visit
from bot.desk.ui.sheet import Sheet
from bot.errors import EntryNotFoundError, StaleEntryError
from bot.staff.model import Actor
from bot.studio.drafts.model import Added, Entry, Word, WordList, WordValue
from bot.studio.drafts.service import Drafts
from bot.studio.ui.drafts.shared import (
    acting,
    address,
    attempt,
    draw_history,
    draw_pager,
    draw_stale,
    tabs,
    trains,
    why_field,
    word,
)
from bot.studio.ui.names import names_of

PAGE = 200


def draw_tabs(chosen: str) -> None:
    """Words or responses."""
    responses = address("words", tab="responses")
    tabs(chosen, {"words": (word("word_lists"), "/studio/words"), "responses": (word("responses"), responses)})


class WordLists:
    """All lists with what they hold."""

    def __init__(self, drafts: Drafts) -> None:
        self._drafts = drafts

    async def draw(self) -> None:
        with tag("div", "toolbar"):
            draw_tabs("words")
        with table([word(name) for name in ("list", "words_in_it", "state")], "lists"):
            for each in await self._drafts.word_lists():
                with tag("tr"):
                    with tag("td", "name"):
                        tag("a", "strong", each.title, href=address("words", name=each.name))
                        tag("span", "mono muted", each.name)
                    tag("td", "num", str(each.words))
                    with tag("td"), tag("div", "tags"):
                        if each.changed:
                            tag("span", "tag status", word("changed"))


class ListPart:
    """The words of one list, searched and paged."""

    def __init__(self, here: Visit, drafts: Drafts, sheet: Sheet, name: str, q: str, after: str) -> None:
        self._here = here
        self._drafts = drafts
        self._name = name
        self._q = q
        self._after = after
        self._sheet = WordSheet(here, drafts, sheet, self._refresh)

    async def draw(self) -> None:
        found = next((each for each in await self._drafts.word_lists() if each.name == self._name), None)
        if found is None:
            tag("p", "empty", word("nothing_found"))
            return
        self._list_is = found
        with tag("div", "toolbar"):
            tag("a", "button", word("all_lists"), href="/studio/words")
            tag("h1", "", found.title)
            tag("span", "mono muted", found.name)
            with tag("form", method="get", action="/studio/words", role="search"):
                tag("input", type="hidden", name="name", value=self._name)
                hint = word("search_words")
                tag("input", type="search", name="q", defaultValue=self._q, placeholder=hint, **{"aria-label": hint})
                button(word("search"))
        if trains(self._here):
            self._draw_adding(found)
        self._list = tag("div")
        await self._refresh()

    def _draw_adding(self, found: WordList) -> None:
        with tag("section", "block adding"):
            tag("h2", "", word("add_words"))
            with form(self._add, "add-words"):
                hint = word("aliases_hint" if found.has_meanings else "words_hint")
                area(word("words"), "words", hint=hint, rows=2)
                why_field()
                with tag("footer"):
                    button(word("add"), "primary")
                self._refused = alert()

    async def _add(self, said: Said) -> None:
        pieces = [line for line in "\n".join(said.get("words", [])).splitlines() if line.strip()]
        words = [_word(line, has_meaning=self._list_is.has_meanings) for line in pieces]

        async def add(actor: Actor) -> Added:
            return await self._drafts.add_words(actor, self._name, words, why=first(said, "why") or "")

        if await attempt(self._here, add, self._refused) is not None:
            self._here.inform(word("added", n=len(words)))
            self._here.run("document.querySelector('[data-testid=add-words]').reset()")
            await self._refresh()

    async def _refresh(self) -> None:
        try:
            page = await self._drafts.words(self._name, q=self._q, after=self._after or None, limit=PAGE)
        except EntryNotFoundError:
            return
        self._list.clear()
        with self._list:
            with tag("ul", "word-cloud", **{"data-testid": "words"}):
                for each in page.items:
                    self._draw_word(each)
            if not page.items:
                tag("p", "empty", word("nothing_found"))
            tag("p", "muted under", word("words_count", n=page.total), **{"data-testid": "count"})
            given = {"name": self._name, "q": self._q}
            following = address("words", **given, after=page.after) if page.after else None
            draw_pager(address("words", **given) if self._after else None, following)

    def _draw_word(self, each: Word) -> None:
        shown = f"{each.text} → {each.meaning}" if each.meaning is not None else each.text
        with tag("li"):
            if trains(self._here):
                chip = button(shown, "chip changed" if each.changed else "chip", type="button")
                chip.on("click", lambda: self._sheet.show(each))
            else:
                tag("span", "chip", shown)


class WordSheet:
    """One word: changed or taken away."""

    def __init__(self, here: Visit, drafts: Drafts, sheet: Sheet, refresh: Callable[[], Awaitable[None]]) -> None:
        self._here = here
        self._drafts = drafts
        self._sheet = sheet
        self._refresh = refresh

    async def show(self, each: Word) -> None:
        self._word = each
        history = await self._drafts.history(each.id)
        people = await names_of(self._here, [version.who for version in history])

        def draw() -> None:
            tag("h2", "", word("edit_word"))
            with form(self._send, "word"):
                field(word("word"), "text", each.text, required=True)
                if each.meaning is not None:
                    field(word("meaning"), "meaning", each.meaning, required=True)
                why_field()
                self._beside = tag("div", "wide", **{"aria-live": "polite"})
                self._refused = alert()
                with tag("footer"):
                    acting(word("remove"), self._remove, "danger")
                    button(word("close"), type="button").on("click", self._sheet.close)
                    button(word("save"), "primary")
            if history:
                tag("h3", "", word("history"))
                draw_history(history, people)

        self._sheet.show(draw)

    async def _send(self, said: Said) -> None:
        text, meaning = first(said, "text") or "", first(said, "meaning")

        async def save(actor: Actor) -> bool:
            given = {"version": self._word.version, "why": first(said, "why") or ""}
            await self._drafts.change_word(actor, self._word.id, text, meaning, **given)
            return True

        await self._do(save, text if meaning is None else f"{text} → {meaning}", word("saved"))

    async def _remove(self, said: Said) -> None:
        async def remove(actor: Actor) -> bool:
            given = {"version": self._word.version, "why": first(said, "why") or ""}
            await self._drafts.remove_word(actor, self._word.id, **given)
            return True

        await self._do(remove, word("removed"), word("removed"))

    async def _do(self, move: Callable[[Actor], Awaitable[bool]], own: str, done: str) -> None:
        def stale(error: StaleEntryError) -> None:
            newest = error.newest
            if isinstance(newest, Entry) and isinstance(newest.value, WordValue):
                value = newest.value
                self._word = Word(newest.id, value.listed_in, value.text, value.meaning, newest.version)
            self._beside.clear()
            with self._beside:
                draw_stale(error, own, self._take_theirs)

        if await attempt(self._here, move, self._refused, stale=stale):
            self._here.inform(done)
            await self._take_theirs()

    async def _take_theirs(self) -> None:
        self._sheet.close()
        await self._refresh()


def _word(line: str, *, has_meaning: bool) -> tuple[str, str | None]:
    """A line as it was typed: ``蓉 成都``, ``蓉=成都`` or ``蓉→成都`` where words have meanings."""
    if not has_meaning:
        return line.strip(), None
    for sign in "＝→：:":
        line = line.replace(sign, "=")
    text, _, meaning = (line if "=" in line else line.strip().replace(" ", "=", 1)).partition("=")
    return text.strip(), meaning.strip()
