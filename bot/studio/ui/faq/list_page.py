"""``/studio/faq``: all topics, searched, filtered and paged on the server."""

from dataclasses import dataclass
from urllib.parse import quote, urlencode

from nicegui import ui as nicegui

from bot.desk.ui.forms import button, select, table, tag
from bot.desk.ui.office import Visit
from bot.desk.ui.sheet import Sheet
from bot.staff.model import Actor
from bot.studio.faq.finding import FaqLine, FaqPage, FaqState, Wanted
from bot.studio.faq.service import FaqStudio
from bot.studio.faq.words import faq_words
from bot.studio.roles import LOOKS, TRAINS
from bot.studio.ui.faq.trying import TryPanel
from bot.studio.ui.faq.waiting import draw_in_time
from bot.studio.ui.faq.wording import draw_states, helped, score, ui

FAQ = "/studio/faq"
EXPORT = "/api/v1/studio/faq/export"
PAGE = 50
KEYS = """
window.addEventListener('keydown', (event) => {
  const typing = /^(INPUT|TEXTAREA|SELECT)$/.test(document.activeElement?.tagName || '');
  if (event.key === '/' && !typing) { event.preventDefault(); document.querySelector('input[type=search]')?.focus(); }
  if (event.altKey && event.code === 'KeyN') { event.preventDefault(); document.querySelector('[data-new]')?.click(); }
  if (event.altKey && event.code === 'KeyT') { event.preventDefault(); document.querySelector('[data-try]')?.click(); }
});
"""


@dataclass(frozen=True)
class ListQuery:
    """What the address of the page asks for; what makes no sense is as good as not asked."""

    q: str
    group: str
    state: str
    after: str

    @property
    def wanted(self) -> Wanted:
        state = FaqState(self.state) if self.state in set(FaqState) else None
        return Wanted(self.q.replace("\0", "")[:80], self.group or None, state)

    def address(self, **other: str) -> str:
        asked = {"q": self.q, "group": self.group, "state": self.state} | other
        kept = {name: value for name, value in asked.items() if value}
        return f"{FAQ}?{urlencode(kept)}" if kept else FAQ


class ListPart:
    """The list, with what one does from there."""

    def __init__(self, here: Visit, studio: FaqStudio, query: ListQuery) -> None:
        self._here = here
        self._studio = studio
        self._query = query
        self._sheet = Sheet(here.client)

    async def draw(self) -> None:
        self._place = tag("div")
        await draw_in_time(self._place, self._fill())

    async def _fill(self) -> None:
        page = await self._here.attempt(LOOKS, self._page)
        self._place.clear()
        with self._place:
            if page is None:
                tag("a", "button", ui("first_page"), href=FAQ)
            else:
                self._draw(page)

    def _draw(self, page: FaqPage) -> None:
        self._draw_toolbar(page)
        self._draw_states(page)
        self._draw_table(page)
        with tag("div", "pager"):
            if self._query.after:
                tag("a", "button", ui("first_page"), href=self._query.address())
            if page.after:
                tag("a", "button", ui("next_page"), href=self._query.address(after=page.after))

    async def _page(self, actor: Actor) -> FaqPage:
        return await self._studio.page(actor, self._query.wanted, after=self._query.after or None, limit=PAGE)

    def _draw_toolbar(self, page: FaqPage) -> None:
        query, words = self._query, faq_words()
        groups = {"": ui("any_group")} | {name: f"{words.group(name)}（{n}）" for name, n in page.groups.items()}
        with tag("div", "toolbar"):
            tag("h1", "", ui("title"))
            with tag("form", method="get", action=FAQ, role="search"):
                hint = ui("search")
                tag("input", type="search", name="q", defaultValue=query.q, placeholder=hint, **{"aria-label": hint})
                select("group", groups, query.group, onchange="this.form.submit()", **{"aria-label": ui("group")})
                if query.state:
                    tag("input", type="hidden", name="state", value=query.state)
                button(ui("find"))
            nicegui.element("span").classes("grow")
            self._draw_acts()

    def _draw_acts(self) -> None:
        trying = button(ui("try"), type="button", title="Alt+T", **{"data-try": ""})
        trying.on("click", lambda: self._sheet.show(self._draw_trying))
        with tag("details", "menu"):
            tag("summary", "button", ui("export"))
            with tag("div", "menu-items"):
                for kind, text in (("xlsx", "Excel"), ("csv", "CSV")):
                    tag("a", "", text, href=f"{EXPORT}?format={kind}", download="")
        if self._here.person.role in TRAINS:
            tag("a", "button", ui("import"), href=f"{FAQ}/import")
            tag("a", "button", ui("from_document"), href=f"{FAQ}/document")
            tag("a", "button primary-link", ui("new"), href=f"{FAQ}/new", title="Alt+N", **{"data-new": ""})

    def _draw_trying(self) -> None:
        with tag("div", "block-head"):
            tag("h2", "", ui("try_title"))
            nicegui.element("span").classes("grow")
            close = button(ui("close"), "small", type="button")
            close.on("click", js_handler="(event) => event.target.closest('dialog').close()")
        TryPanel(self._here, self._studio).draw()

    def _draw_states(self, page: FaqPage) -> None:
        words, query = faq_words(), self._query
        with tag("nav", "states", **{"aria-label": ui("filter")}):
            chosen = query.wanted.state
            for name in ("", *FaqState):
                text = words.states[name or "all"]
                current = "page" if name == (chosen or "") else None
                with tag("a", "tab", href=query.address(state=name), **{"aria-current": current}):
                    nicegui.label(text)
                    if name:
                        tag("span", "count", str(page.states[FaqState(name)]))

    def _draw_table(self, page: FaqPage) -> None:
        names = ("question", "group", "phrasings", "uses", "helped", "score", "state")
        with table([ui(f"column_{name}") for name in names], "faq"):
            for line in page.lines:
                self._draw_line(line)
        if not page.lines:
            tag("p", "empty", ui("nothing_found"))
        with tag("p", "muted under"):
            tag("span", "", ui("total", n=page.total), **{"data-testid": "faq-count"})
            tag("span", "", f" · {ui('use_hint')}")

    def _draw_line(self, line: FaqLine) -> None:
        use = line.use
        with tag("tr", "gap" if line.question is None else ""):
            with tag("td", "full question"):
                tag("a", "strong-link", line.question or line.covers, href=f"{FAQ}/{quote(line.topic)}")
                with tag("div", "muted"):
                    tag("span", "mono", line.topic)
                    if line.found:
                        tag("span", "", ui("found_by", text=line.found))
            tag("td", "nowrap muted", faq_words().group(line.group))
            tag("td", "num", str(line.phrasings), **{"data-label": ui("column_phrasings")})
            tag("td", "num", f"{use.uses:,}", **{"data-label": ui("column_uses")})
            tag("td", "num", helped(use), **{"data-label": ui("column_helped")})
            tag("td", "num nowrap", score(use), **{"data-label": ui("column_score")})
            with tag("td"):
                draw_states(line)
