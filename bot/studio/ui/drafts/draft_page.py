"""``/studio/draft``: what is not as published, what is in conflict with the files, what was done lately."""

from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

from bot.desk.ui.forms import Said, alert, button, first, form, select, tag
from bot.desk.ui.office import Visit
from bot.desk.ui.sheet import Sheet
from bot.errors import StaleEntryError
from bot.staff.model import Actor
from bot.studio.drafts.model import BrokenFile, Conflict, EntryChange, EntryKind, Version
from bot.studio.drafts.review_part import Keep
from bot.studio.drafts.service import Drafts
from bot.studio.drafts.texts import text_diff
from bot.studio.drafts.words import draft_words
from bot.studio.ui.drafts.shared import address, attempt, draw_pager, tabs, trains, when, why_field, word
from bot.studio.ui.names import names_of
from bot.studio.ui.opening import when_opened

PAGE = 50
TABS = ("changes", "conflicts", "log")


@dataclass(frozen=True)
class DraftQuery:
    """What the address asks for; what makes no sense is as good as not asked."""

    tab: str
    kind: str
    who: str
    page: int

    @property
    def shown(self) -> str:
        return self.tab if self.tab in TABS else "changes"

    def wants(self, change: EntryChange) -> bool:
        return self.kind in ("", change.kind) and self.who in ("", change.who)


class DraftPart:
    """The draft as a whole."""

    def __init__(self, here: Visit, drafts: Drafts, sheet: Sheet, query: DraftQuery) -> None:
        self._here = here
        self._drafts = drafts
        self._sheet = sheet
        self._query = query

    async def draw(self) -> None:
        self._body = tag("div")
        await self._refresh()

    async def _refresh(self) -> None:
        changes, conflicts = await self._drafts.diff(), await self._drafts.conflicts()
        broken, log = await self._drafts.broken_files(), await self._drafts.log(limit=PAGE)
        self._people = await names_of(self._here, [*(each.who for each in changes), *(each.who for each in log)])
        self._intents = {line.name: line.zh for line in await self._drafts.intents()}
        self._body.clear()
        with self._body:
            self._draw_toolbar(changes, conflicts)
            for file in broken:
                _draw_broken(file)
            match self._query.shown:
                case "conflicts":
                    self._draw_conflicts(conflicts)
                case "log":
                    self._draw_log(log)
                case _:
                    self._draw_changes(changes)

    def _draw_toolbar(self, changes: Sequence[EntryChange], conflicts: Sequence[Conflict]) -> None:
        with tag("div", "toolbar"):
            tag("h1", "", word("draft"))
            tabs(
                self._query.shown,
                {
                    "changes": (word("tab_changes", n=len(changes)), "/studio/draft"),
                    "conflicts": (word("tab_conflicts", n=len(conflicts)), address("draft", tab="conflicts")),
                    "log": (word("tab_log"), address("draft", tab="log")),
                },
            )
        if conflicts and self._query.shown != "conflicts":
            with tag("p", "notice"):
                tag("a", "", word("has_conflicts", n=len(conflicts)), href=address("draft", tab="conflicts"))

    def _draw_changes(self, changes: Sequence[EntryChange]) -> None:
        if not changes:
            tag("p", "empty", word("nothing_changed"))
            return
        self._draw_filters(changes)
        wanted = [change for change in changes if self._query.wants(change)]
        start = (self._query.page - 1) * PAGE
        with tag("ol", "changes", **{"data-testid": "changes"}):
            for change in wanted[start : start + PAGE]:
                self._draw_change(change)
        if not wanted:
            tag("p", "empty", word("nothing_found"))
        given = {"kind": self._query.kind, "who": self._query.who}
        following = address("draft", **given, page=self._query.page + 1) if len(wanted) > start + PAGE else None
        draw_pager(address("draft", **given) if start else None, following)

    def _draw_filters(self, changes: Sequence[EntryChange]) -> None:
        kinds = Counter(change.kind for change in changes)
        people = Counter(change.who for change in changes)
        with tag("div", "toolbar"), tag("form", method="get", action="/studio/draft"):
            names = draft_words().kinds
            options = {"": word("any_kind")} | {kind.value: f"{names[kind]}（{n}）" for kind, n in kinds.items()}
            select("kind", options, self._query.kind, **{"aria-label": word("kind")})
            options = {"": word("anybody")} | {who: f"{self._people[who]}（{n}）" for who, n in people.items()}
            select("who", options, self._query.who, **{"aria-label": word("who")})
            button(word("filter"))

    def _draw_change(self, change: EntryChange) -> None:
        with tag("li", "change block", **{"data-entry": change.entry_id}):
            with tag("div", "change-head"):
                tag("span", "tag", draft_words().kinds[change.kind])
                _draw_title(change, self._intents)
                if change.conflict:
                    tag("a", "tag bad", word("in_conflict"), href=address("draft", tab="conflicts"))
                tag("span", "grow")
                tag("span", "muted nowrap", f"{self._people[change.who]} · {when(change.when)}")
            with tag("ul", "told"):
                for sentence in change.told:
                    tag("li", "", sentence)
            tag("p", "muted", word("because", why=change.why))
            with tag("div", "change-acts"):
                _draw_diff(change.before, change.after)
                if trains(self._here):
                    button(word("restore"), "small", type="button").on("click", lambda: self._ask_restore(change))

    def _draw_conflicts(self, conflicts: Sequence[Conflict]) -> None:
        if not conflicts:
            tag("p", "empty", word("no_conflicts"))
        for conflict in conflicts:
            with tag("section", "block conflict", **{"data-entry": conflict.entry_id}):
                with tag("div", "change-head"):
                    tag("span", "tag", draft_words().kinds[conflict.kind])
                    tag("b", "", conflict.title)
                    tag("span", "grow")
                    tag("span", "muted nowrap", word("since", when=when(conflict.since)))
                with tag("div", "three"):
                    sides = {"conflict_base": conflict.base, "conflict_mine": conflict.mine}
                    for name, text in (sides | {"conflict_files": conflict.files}).items():
                        with tag("div", "side-text"):
                            tag("b", "", word(name))
                            tag("pre", "", text if text is not None else word("not_there"))
                if trains(self._here):
                    self._draw_choice(conflict)

    def _draw_choice(self, conflict: Conflict) -> None:
        with tag("div", "acts"):
            for keep in ("mine", "files"):
                chosen: Keep = "mine" if keep == "mine" else "files"
                choose = button(word(f"keep_{keep}"), "primary" if keep == "mine" else "", type="button")
                choose.on("click", self._settling(conflict, chosen))

    def _draw_log(self, log: Sequence[Version]) -> None:
        if not log:
            tag("p", "empty", word("no_log"))
        with tag("ol", "changes", **{"data-testid": "log"}):
            for version in log:
                with tag("li", "change block"):
                    with tag("div", "change-head"):
                        tag("b", "", version.why)
                        tag("span", "grow")
                        tag("span", "muted nowrap", f"{self._people[version.who]} · {when(version.when)}")
                    with tag("ul", "told"):
                        for sentence in version.told[:5]:
                            tag("li", "", sentence)
                        if len(version.told) > 5:
                            tag("li", "muted", word("and_more", n=len(version.told)))
                    if trains(self._here):
                        undo = button(word("undo"), "small", type="button")
                        undo.on("click", self._undoing(version))

    def _settling(self, conflict: Conflict, keep: Keep) -> Callable[[], None]:
        async def settle(actor: Actor, why: str) -> bool:
            await self._drafts.settle(actor, conflict.entry_id, keep, why=why)
            return True

        return lambda: self._ask(word(f"keep_{keep}"), conflict.title, settle)

    def _undoing(self, version: Version) -> Callable[[], None]:
        async def undo(actor: Actor, why: str) -> bool:
            await self._drafts.undo(actor, version.commit, why=why)
            return True

        return lambda: self._ask(word("undo"), version.why, undo)

    def _ask_restore(self, change: EntryChange) -> None:
        async def restore(actor: Actor, why: str) -> bool:
            await self._drafts.restore(actor, change.entry_id, version=change.version, why=why)
            return True

        self._ask(word("restore"), change.title, restore)

    def _ask(self, title: str, about: str, act: Callable[[Actor, str], Awaitable[bool]]) -> None:
        """Every decision says why."""

        async def send(said: Said) -> None:
            async def move(actor: Actor) -> bool:
                return await act(actor, first(said, "why") or "")

            def stale(error: StaleEntryError) -> None:
                self._refused.set_text(str(error))

            if await attempt(self._here, move, self._refused, stale=stale):
                self._here.inform(word("done"))
                self._sheet.close()
                await self._refresh()

        def draw() -> None:
            tag("h2", "", title)
            tag("p", "sub", about)
            with form(send, "decide"):
                why_field()
                self._refused = alert()
                with tag("footer"):
                    button(word("close"), type="button").on("click", self._sheet.close)
                    button(title, "primary")

        self._sheet.show(draw)


def _draw_title(change: EntryChange, intents: Mapping[str, str]) -> None:
    """An example is called by its intent and its words."""
    target, title = _link(change), change.title
    intent = change.entry_id.split("/")[1] if change.kind is EntryKind.example else ""
    if intents.get(intent):
        title = f"{intents[intent]} · {title.removeprefix(f'{intent} · ')}"
    if target and change.after is not None:
        tag("a", "strong", title, href=target)
    else:
        tag("b", "", title)
    if intents.get(intent):
        tag("small", "mono named-id", intent)


def _link(change: EntryChange) -> str | None:
    """The page an entry is edited on."""
    parts = change.entry_id.split("/")
    match change.kind:
        case EntryKind.example:
            return address("intents", intent=parts[1])
        case EntryKind.response:
            return address("words", tab="responses", name=parts[1])
        case EntryKind.word:
            return address("words", name="/".join(parts[1:-1]))
        case EntryKind.faq:
            return f"/studio/faq/{parts[1]}"
    return None


def _draw_diff(before: str | None, after: str | None) -> None:
    def draw() -> None:
        with tag("pre", "diff-lines"):
            for sign, line in text_diff(before, after):
                kind = {"+": "came", "-": "went"}.get(sign, "")
                tag("span", kind, "⋯" if sign == "@" else f"{sign} {line}")

    with tag("details", "diff") as diff:
        tag("summary", "", word("show_diff"))
        when_opened(diff, draw)


def _draw_broken(file: BrokenFile) -> None:
    with tag("div", "broken", role="alert"):
        tag("b", "", word("broken", path=file.path))
        tag("span", "", file.problem)
