"""``/studio/faq/{topic}``: one entry, edited."""

from collections.abc import Mapping

from nicegui import ui as nicegui

from bot.clock import local
from bot.desk.ui.forms import Said, alert, button, field, form, tag
from bot.desk.ui.office import Visit
from bot.desk.ui.sheet import Sheet
from bot.errors import StaleEntryError
from bot.staff.model import Actor
from bot.studio.drafts.model import FaqDraft
from bot.studio.faq.model import Snapshot
from bot.studio.faq.service import Checked, EntryView, FaqStudio
from bot.studio.faq.words import faq_words
from bot.studio.roles import LOOKS, TRAINS
from bot.studio.ui.faq.beside import draw_checked, draw_previews
from bot.studio.ui.faq.conflict import clashes, draw_conflict, merged
from bot.studio.ui.faq.entry_form import EntryForm, texts_said
from bot.studio.ui.faq.trying import TryPanel
from bot.studio.ui.faq.versions import VersionsBlock
from bot.studio.ui.faq.waiting import draw_in_time
from bot.studio.ui.faq.wording import helped, score, ui
from bot.studio.ui.names import names_of
from knowledge_base.entries import MIN_PHRASINGS

_SOON_S = 0.05
_LOOK = """(event) => {
  const form = event.currentTarget;
  const count = form.querySelector('[data-count=phrasings]');
  const lines = new Set(form.elements.phrasings.value.split('\\n').map((line) => line.trim()).filter(Boolean));
  if (count) count.textContent = COUNT.replace('{n}', lines.size);
  window.faqUnsaved = true;
  clearTimeout(window.faqTimer);
  window.faqTimer = setTimeout(() => {
    const said = {};
    for (const [name, value] of new FormData(form)) (said[name] ||= []).push(value);
    emit(said);
  }, 600);
}"""
_GUARD = """
window.faqUnsaved = false;
window.addEventListener('beforeunload', (event) => { if (window.faqUnsaved) event.preventDefault(); });
window.addEventListener('keydown', (event) => {
  if ((event.ctrlKey || event.metaKey) && event.key === 's') {
    event.preventDefault();
    document.querySelector('form[data-testid=entry]')?.requestSubmit();
  }
});
"""


class EntryPart:
    """The editor of one topic in one tab.

    Parameters
    ----------
    texts: for a new entry, what is filled in from the beginning.
    """

    def __init__(
        self, here: Visit, studio: FaqStudio, topic: str | None, texts: Mapping[str, str] | None = None
    ) -> None:
        self._here = here
        self._studio = studio
        self._topic = topic
        self._texts = dict(texts or {})
        self._version: str | None = None
        self._view: EntryView | None = None
        self._names: Mapping[str, str] = {}
        self._sheet = Sheet(here.client)

    async def draw(self) -> None:
        nicegui.add_body_html(f"<script>{_GUARD}</script>")
        self._place = tag("div")
        await draw_in_time(self._place, self._open())

    async def _open(self) -> None:
        """As it stands in the draft now."""
        snapshot = await self._here.attempt(LOOKS, self._studio.snapshot)
        if snapshot is None:
            return
        if self._topic is not None:
            topic = self._topic
            view = await self._here.attempt(LOOKS, lambda actor: self._studio.entry(actor, topic))
            if view is None:
                self._place.clear()
                with self._place:
                    tag("a", "button", ui("back"), href="/studio/faq")
                return
            self._view, self._version = view, view.version
            self._names = await names_of(self._here, [one.who for one in view.history])
            self._texts = self._texts | dict(view.texts)
        self._place.clear()
        with self._place:
            self._draw_head()
            self._clash = tag("div")
            with tag("div", "entry-columns"):
                with tag("div", "stack"):
                    self._draw_form(snapshot)
                with tag("div", "stack entry-aside"):
                    self._draw_beside()
            nicegui.timer(_SOON_S, self._look_first, once=True)

    # -- drawing ---------------------------------------------------------------------------------

    def _draw_head(self) -> None:
        view = self._view
        with tag("div", "entry-head"):
            tag("a", "back-link", ui("back"), href="/studio/faq")
            tag("h1", "", (view.texts.get("question") or view.topic.covers) if view else ui("new_title"))
            if view is None:
                return
            with tag("div", "tags"):
                tag("span", "tag", faq_words().group(view.topic.group))
                tag("span", "mono muted", view.topic.id)
                if view.version is None:
                    tag("span", "tag bad", faq_words().states["gap"])
                if view.is_changed:
                    tag("span", "tag status", faq_words().states["changed"])
                if view.has_conflict:
                    tag("a", "tag bad", ui("has_conflict"), href="/studio/draft")
            if view.history:
                newest = view.history[0]
                text = ui("last_change", who=self._names[newest.who], when=f"{local(newest.when):%Y-%m-%d %H:%M}")
                tag("span", "muted", text)

    def _draw_form(self, snapshot: Snapshot) -> None:
        may_train = self._here.person.role in TRAINS
        questions = {topic.id: topic.entry.question for topic in snapshot.topics.values() if topic.entry}
        with tag("section", "block"), form(self._save, "entry") as entry:
            entry.on("input", self._typed, js_handler=_LOOK.replace("COUNT", _count_text()))
            with tag("fieldset", "plain-set wide", disabled=not may_train), tag("div", "fields inner"):
                EntryForm(self._texts, questions, snapshot.intents).draw(is_new=self._topic is None)
                if may_train:
                    with tag("div", "wide"):
                        field(ui("why"), "why", hint=ui("why_hint"), required=True, maxlength=500, autocomplete="off")
                    self._refused = alert()
                    with tag("footer"):
                        tag("span", "muted", ui("draft_only"))
                        button(ui("save"), "primary", title="Ctrl+S")

    def _draw_beside(self) -> None:
        with tag("section", "block"):
            tag("h2", "", ui("checks"))
            self._checks = tag("div", "checks-out", **{"data-testid": "checks", "aria-live": "polite"})
        with tag("section", "block"):
            tag("h2", "", ui("try_title"))
            TryPanel(self._here, self._studio, self._topic).draw()
        with tag("section", "block"):
            tag("h2", "", ui("previews"))
            self._previews = tag("div", "previews")
        if self._view is not None:
            with tag("section", "block"):
                _draw_use(self._view)
            with tag("section", "block"):
                versions = VersionsBlock(self._here, self._studio, self._sheet, self._open, self._names)
                versions.draw(self._view)

    async def _typed(self, event: object) -> None:
        said = getattr(event, "args", None)
        if isinstance(said, dict):
            values = {str(name): [str(one) for one in each] for name, each in said.items()}
            await self._look(texts_said(values, self._texts))

    async def _look_first(self) -> None:
        """Once the page is there: the first look may have to make the draft's retriever."""
        await self._look(self._texts)

    async def _look(self, texts: Mapping[str, str]) -> None:
        self._previews.clear()
        with self._previews:
            draw_previews(self._studio, texts)
        if self._here.person.role not in TRAINS:
            return
        whole = {"id": self._topic or "", **texts}
        if not self._checks.default_slot.children:
            with self._checks:
                tag("p", "muted", ui("checking"))

        async def check(actor: Actor) -> Checked:
            return await self._studio.check(actor, whole)

        checked = await self._here.attempt(TRAINS, check)
        self._checks.clear()
        if checked is not None:
            with self._checks:
                if not texts.get("question") and self._version is None:
                    tag("p", "muted", ui("checks_wait"))
                else:
                    draw_checked(checked)

    # -- saving ----------------------------------------------------------------------------------

    async def _save(self, said: Said) -> None:
        why = "".join(said.get("why", [])).strip()
        await self._keep(texts_said(said, self._texts), why)

    async def _keep(self, mine: dict[str, str], why: str) -> None:
        self._refused.set_text("")
        topic = self._topic or mine.get("id", "").strip()
        texts = mine | {"id": topic}
        stale = False

        async def save(actor: Actor) -> FaqDraft | None:
            nonlocal stale
            try:
                return await self._studio.save(actor, texts, version=self._version, why=why)
            except StaleEntryError:
                stale = True
                return None

        saved = await self._here.attempt(TRAINS, save, refused=self._refused)
        if stale:
            await self._show_conflict(texts, why)
        elif saved is not None:
            self._here.run("window.faqUnsaved = false")
            self._here.inform(ui("saved"))
            if self._topic is None:
                self._here.run(f"location.href = '/studio/faq/{topic}'")
            else:
                await self._open()

    async def _show_conflict(self, mine: dict[str, str], why: str) -> None:
        """Both texts; choosing saves on top of what the other wrote."""
        view = await self._here.attempt(TRAINS, lambda actor: self._studio.entry(actor, mine["id"]))
        if view is None:
            return
        base, theirs = self._texts, dict(view.texts)
        names = await names_of(self._here, [one.who for one in view.history[:1]])
        who = "、".join(names.values())

        async def choose(sides: Mapping[str, str]) -> None:
            self._version, self._texts = view.version, theirs
            await self._keep(merged(mine, theirs, sides), why)

        self._clash.clear()
        with self._clash:
            draw_conflict(clashes(base, mine, theirs), who, choose)
        self._here.run(f"getHtmlElement({self._clash.id}).scrollIntoView({{block: 'start'}})")


def _draw_use(view: EntryView) -> None:
    """The last 30 days: numbers, and a bar for each day on which it was used."""
    use = view.use
    tag("h2", "", ui("use_title"))
    facts = {
        "uses": f"{use.uses:,}",
        "helped": helped(use),
        "handed_over": str(use.handed_over),
        "asked_again": str(use.asked_again),
        "score": score(use),
    }
    with tag("dl", "facts"):
        for name, value in facts.items():
            tag("dt", "", ui(f"use_{name}"))
            tag("dd", "", value)
    if view.days:
        most = max(day.uses for _, day in view.days)
        with tag("div", "bars", role="img", **{"aria-label": ui("use_title")}):
            for day, used in view.days:
                bar = tag("span", "", title=f"{day:%m-%d}：{used.uses}")
                bar.style(f"height: {max(4, round(100 * used.uses / most))}%")
    tag("p", "muted", ui("use_hint"))


def _count_text() -> str:
    text = faq_words().ui["phrasing_count"].replace("{least}", str(MIN_PHRASINGS))
    return repr(text)
