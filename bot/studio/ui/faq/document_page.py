"""``/studio/faq/document``: a policy document cut into entries that could be, reviewed before anything is saved."""

from collections.abc import Mapping, Sequence

from nicegui import ui as nicegui

from bot.clock import Clock, local
from bot.desk.ui.forms import Said, alert, area, button, field, first, form, tag
from bot.desk.ui.office import Visit
from bot.errors import EntryRefusedError
from bot.staff.model import Actor
from bot.studio.faq.importing import Proposed, Saved
from bot.studio.faq.model import lines_of
from bot.studio.faq.service import FaqStudio
from bot.studio.faq.words import faq_words
from bot.studio.roles import TRAINS
from bot.studio.ui.faq.import_page import draw_saved
from bot.studio.ui.faq.uploading import UploadPlace
from bot.studio.ui.faq.wording import percent, ui
from knowledge_base.entries import MIN_PHRASINGS

_FIELDS = ("id", "covers", "question", "phrasings", "answer")


class DocumentPart:
    """One document at a time; another one takes its place."""

    def __init__(self, here: Visit, studio: FaqStudio, clock: Clock) -> None:
        self._here = here
        self._studio = studio
        self._clock = clock

    def draw(self) -> None:
        with tag("div", "entry-head"):
            tag("a", "back-link", ui("back"), href="/studio/faq")
            tag("h1", "", ui("document_title"))
        with tag("section", "block"):
            tag("p", "sub", ui("document_hint"))
            self._upload = UploadPlace(
                self._here, self._studio, ".docx,.md,.markdown,.txt", ui("document_files"), self._propose
            )
            self._upload.draw()
        self._place = tag("div", "proposals", **{"data-testid": "proposals", "aria-live": "polite"})

    async def _propose(self, name: str, content: bytes) -> None:
        self._place.clear()
        with self._place:
            tag("p", "muted", ui("reading", name=name))

        async def propose(actor: Actor) -> list[Proposed]:
            return await self._studio.imports.propose(actor, name, content, on=local(self._clock()).date())

        found = await self._here.attempt(TRAINS, propose, refused=self._upload.refused)
        self._place.clear()
        if found is None:
            return
        with self._place:
            if found:
                self._draw(name, found)
            else:
                tag("p", "empty", ui("nothing_proposed"))

    def _draw(self, name: str, found: Sequence[Proposed]) -> None:
        covered = sum(one.covered is not None for one in found)
        with form(self._save, "proposed") as choosing:
            choosing.classes("proposal-form", remove="fields")
            tag("p", "muted", ui("proposed", name=name, n=len(found), covered=covered))
            for number, one in enumerate(found):
                self._draw_one(number, one)
            with tag("section", "block save-bar"), tag("div", "fields"):
                with tag("div", "wide"):
                    field(ui("why"), "why", ui("document_why", name=name), required=True, maxlength=500)
                self._save_refused = alert()
                with tag("footer"):
                    tag("span", "muted", ui("draft_only"))
                    button(ui("save_chosen"), "primary")

    def _draw_one(self, number: int, one: Proposed) -> None:
        proposal, fields = one.proposal, faq_words().fields
        with tag("section", "block proposal", **{"data-testid": "proposal"}):
            with tag("div", "proposal-head"):
                with tag("label", "pick"):
                    tag("input", "", type="checkbox", name=f"{number}.chosen", value="1")
                    nicegui.label(ui("choose"))
                tag("span", "muted", " › ".join((*proposal.path, proposal.place)))
                if one.covered is not None:
                    tag("span", "tag why", ui("maybe_covered", share=percent(one.covered.confidence)))
                    tag("a", "", one.covered.question, href=f"/studio/faq/{one.covered.topic}", target="_blank")
            with tag("div", "fields"):
                field(fields["question"], f"{number}.question", proposal.question, maxlength=500)
                field(fields["id"], f"{number}.id", one.topic, maxlength=80, spellcheck="false")
                area(
                    fields["answer"], f"{number}.answer", proposal.answer, rows=min(10, 3 + proposal.answer.count("\n"))
                )
                hint = ui("proposal_phrasings", least=MIN_PHRASINGS)
                area(fields["phrasings"], f"{number}.phrasings", "", hint=hint, rows=4)

    async def _save(self, said: Said) -> None:
        entries = chosen_entries(said)
        if not entries:
            self._save_refused.set_text(ui("nothing_chosen"))
            return

        async def save(actor: Actor) -> Saved:
            plan = await self._studio.imports.plan_entries(actor, entries)
            if plan.problems:
                names = [entry["question"] or entry["id"] for entry in entries]
                raise EntryRefusedError(
                    [f"{names[one.row - 1]}：{one.column} {one.text}" for one in plan.problems[:20]]
                )
            return await self._studio.imports.apply(actor, plan, why=first(said, "why") or "")

        saved = await self._here.attempt(TRAINS, save, refused=self._save_refused)
        if saved is not None:
            self._place.clear()
            with self._place:
                draw_saved(saved)


def chosen_entries(said: Said) -> Sequence[Mapping[str, str]]:
    """The proposals that were picked, as texts by field; what they cover is their question."""
    found = []
    for name in said:
        number, _, what = name.partition(".")
        if what == "chosen":
            texts = {field: (said.get(f"{number}.{field}") or [""])[0].strip() for field in _FIELDS}
            texts["phrasings"] = "\n".join(lines_of(texts["phrasings"].replace("\r\n", "\n")))
            found.append({**texts, "covers": texts["question"]})
    return found
