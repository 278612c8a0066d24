"""``/studio/faq/import``: a spreadsheet looked at, then taken in as one change."""

from bot.desk.ui.forms import Said, alert, button, field, first, form, table, tag
from bot.desk.ui.office import Visit
from bot.staff.model import Actor
from bot.studio.faq.importing import Saved
from bot.studio.faq.plan import ImportPlan, PlannedRow, RowKind
from bot.studio.faq.service import FaqStudio
from bot.studio.faq.words import faq_words
from bot.studio.roles import TRAINS
from bot.studio.ui.faq.differences import draw_differences
from bot.studio.ui.faq.uploading import UploadPlace
from bot.studio.ui.faq.wording import ui

_SHOWN = 200
_TAGS = {RowKind.new: "tag good", RowKind.changed: "tag status", RowKind.refused: "tag bad"}


class ImportPart:
    """One file at a time; another one takes its place."""

    def __init__(self, here: Visit, studio: FaqStudio) -> None:
        self._here = here
        self._studio = studio

    def draw(self) -> None:
        with tag("div", "entry-head"):
            tag("a", "back-link", ui("back"), href="/studio/faq")
            tag("h1", "", ui("import_title"))
        with tag("section", "block"):
            tag("p", "sub", ui("import_hint"))
            self._upload = UploadPlace(self._here, self._studio, ".xlsx,.csv", ui("sheet_hint"), self._look)
            self._upload.draw()
        self._place = tag("div", "plan", **{"data-testid": "plan", "aria-live": "polite"})

    async def _look(self, name: str, content: bytes) -> None:
        self._place.clear()
        with self._place:
            tag("p", "muted", ui("reading", name=name))

        async def look(actor: Actor) -> ImportPlan:
            return await self._studio.imports.plan(actor, name, content)

        plan = await self._here.attempt(TRAINS, look, refused=self._upload.refused)
        self._place.clear()
        if plan is not None:
            with self._place:
                self._draw(name, plan)

    def _draw(self, name: str, plan: ImportPlan) -> None:
        with tag("section", "block"):
            with tag("div", "block-head"):
                tag("h2", "", name)
            draw_counts(plan)
            if plan.problems:
                draw_problems(plan)
            elif plan.to_save:
                self._draw_apply(plan)
            else:
                tag("p", "muted", ui("import_nothing"))
        for row in plan.to_save[:_SHOWN]:
            _draw_row(row)
        if len(plan.to_save) > _SHOWN:
            tag("p", "muted", ui("more_rows", n=len(plan.to_save) - _SHOWN))

    def _draw_apply(self, plan: ImportPlan) -> None:
        async def apply(said: Said) -> None:
            await self._apply(plan, first(said, "why") or "")

        with form(apply, "apply"):
            with tag("div", "wide"):
                field(ui("why"), "why", ui("import_why"), required=True, maxlength=500)
            self._apply_refused = alert()
            with tag("footer"):
                tag("span", "muted", ui("draft_only"))
                button(ui("import_apply", n=len(plan.to_save)), "primary")

    async def _apply(self, plan: ImportPlan, why: str) -> None:
        async def apply(actor: Actor) -> Saved:
            return await self._studio.imports.apply(actor, plan, why=why)

        saved = await self._here.attempt(TRAINS, apply, refused=self._apply_refused)
        if saved is not None:
            self._place.clear()
            with self._place:
                draw_saved(saved)


def draw_counts(plan: ImportPlan) -> None:
    with tag("div", "counts"):
        for kind in RowKind:
            if n := plan.count(kind):
                tag("span", _TAGS.get(kind, "tag"), f"{faq_words().rows[kind]} {n}")


def draw_problems(plan: ImportPlan) -> None:
    tag("div", "alert", ui("import_problems", n=len(plan.problems)))
    with table([ui("row"), ui("column"), ui("problem")], "problems"):
        for one in plan.problems[:_SHOWN]:
            with tag("tr"):
                tag("td", "num", str(one.row))
                tag("td", "nowrap", one.column)
                tag("td", "wrap full", one.text)


def draw_saved(saved: Saved) -> None:
    with tag("section", "block saved", role="status"):
        tag("h2", "", ui("imported", added=saved.added, changed=saved.changed))
        with tag("div", "acts"):
            tag("a", "button", ui("see_draft"), href="/studio/draft")
            tag("a", "button", ui("see_changed"), href="/studio/faq?state=changed")


def _draw_row(row: PlannedRow) -> None:
    with tag("details", "block planned"):
        with tag("summary"):
            tag("span", _TAGS[row.kind], faq_words().rows[row.kind])
            tag("b", "", row.texts.get("question", ""))
            tag("span", "mono muted", row.topic)
            tag("span", "muted", ui("at_row", n=row.row))
            if row.kind is RowKind.changed:
                tag("span", "muted", "、".join(faq_words().field(one.field) for one in row.changes))
        draw_differences(row.changes)
