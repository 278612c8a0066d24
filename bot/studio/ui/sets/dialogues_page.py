"""``/studio/sets/dialogues``: dialogues that must go on working, and how they went the last time."""

import re
from collections.abc import Sequence
from uuid import UUID

from fastapi import Request
from fastapi.responses import Response
from nicegui import Client, ui

from bot.clock import local
from bot.desk.service import AgentService
from bot.desk.ui.forms import Said, alert, button, field, first, form, select, tag
from bot.desk.ui.office import Visit
from bot.desk.ui.sheet import Sheet
from bot.staff.model import Actor
from bot.studio.roles import LOOKS, TRAINS
from bot.studio.sets.dialogue_service import Dialogues
from bot.studio.sets.dialogues import DialogueView, Result, RunView
from bot.studio.sets.kinds import Outcome
from bot.studio.sets.stages import Stages
from bot.studio.sets.words import refused, set_words
from bot.studio.ui.frame import studio_visit
from bot.studio.ui.names import names_of
from bot.studio.ui.opening import when_opened
from bot.studio.ui.sets.shared import add_look, draw_pager, draw_tabs

_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
PAGE = 20
_SHOWN, _OPEN = 40, 5
"""Results of a run that are shown at once, and of those that left the path, so many are open."""
KIND = {Outcome.passed: "tag good", Outcome.strayed: "tag bad", Outcome.broken: "tag why"}


def add_dialogues_page(dialogues: Dialogues, stages: Stages, agents: AgentService) -> None:
    @ui.page("/studio/sets/dialogues")
    async def dialogues_page(
        request: Request, client: Client, page: int = 1, conversation: str = ""
    ) -> Response | None:
        here = await studio_visit(agents, request, client, "sets")
        if isinstance(here, Response):
            return here
        add_look()
        with tag("div", "office studio-page"), tag("div", "office-body dialogues-page"):
            part = DialoguesPart(dialogues, stages, here, Sheet(client), max(page, 1))
            await part.draw()
        if _UUID.fullmatch(conversation):
            part.show_new(conversation)
        return None


class DialoguesPart:
    """The dialogues at the left, the last run at the right."""

    def __init__(self, dialogues: Dialogues, stages: Stages, here: Visit, sheet: Sheet, page: int = 1) -> None:
        self._dialogues = dialogues
        self._stages = stages
        self._here = here
        self._sheet = sheet
        self._page = page
        self._words = set_words().ui
        self._trains = here.person.role in TRAINS

    async def draw(self) -> None:
        with tag("div", "toolbar"):
            tag("h1", "", self._words["title"])
            draw_tabs("dialogues")
            ui.element("span").classes("grow")
            if self._trains:
                await self._draw_run_form()
                new = button(self._words["new_dialogue"], "", type="button", **{"data-testid": "new-dialogue"})
                new.on("click", lambda: self.show_new())
        tag("p", "muted counted", self._words["dialogues_hint"])
        self._body = tag("div", "dialogue-columns")
        await self._refresh()

    async def _draw_run_form(self) -> None:
        releases = {name: name for name in await self._stages.releases()}
        with form(self._run, "run-form").classes("run-form"):
            if releases:
                select("release", releases, next(iter(releases)), **{"aria-label": self._words["release"]})
            button(self._words["run"], "primary", **{"data-testid": "run"})

    async def _run(self, said: Said) -> None:
        release = first(said, "release") or ""

        async def run(actor: Actor) -> RunView:
            stage = await self._stages.of(release)
            if stage is None:
                raise refused("no_stage")
            return await self._dialogues.run(actor, stage, release=release)

        if await self._here.attempt(TRAINS, run) is not None:
            await self._refresh()

    async def _refresh(self) -> None:
        actor = self._here.person.actor
        found = await self._dialogues.all(actor, skip=(self._page - 1) * PAGE, limit=PAGE + 1)
        runs = await self._dialogues.runs(actor)
        who = [*(one.changed_by for one in found), *(run.by for run in runs)]
        self._people = await names_of(self._here, who)
        self._body.clear()
        with self._body:
            with tag("section", "stack"):
                self._draw_list(found[:PAGE])
                draw_pager("/studio/sets/dialogues", self._page, is_last=len(found) <= PAGE)
            with tag("section", "stack"):
                self._draw_runs(runs)

    def _draw_list(self, found: Sequence[DialogueView]) -> None:
        if not found:
            tag("p", "empty", self._words["no_dialogues"], **{"data-testid": "none"})
        for one in found:
            with tag(
                "a", "block dialogue-line", href=f"/studio/sets/dialogues/{one.id}", **{"data-testid": "dialogue"}
            ):
                with tag("p", "labels"):
                    tag("b", "", one.name)
                    if one.last:
                        tag("span", KIND[one.last], set_words().outcomes[one.last])
                tag("p", "muted", " → ".join(turn.says for turn in one.script.turns[:4]))
                told = self._words["turns"].format(n=len(one.script.turns))
                who = f"{self._people[one.changed_by]} {local(one.changed_at):%m-%d %H:%M}"
                tag("p", "muted tiny", f"{told} · v{one.version} · {who}")

    def _draw_runs(self, runs: Sequence[RunView]) -> None:
        if not runs:
            tag("p", "empty", self._words["no_runs"])
            return
        newest = runs[0]
        with tag("section", "block", **{"data-testid": "run-result"}):
            with tag("div", "block-head"):
                tag("h2", "", self._words["last_run"].format(release=newest.release))
                kind = "tag good" if newest.passed == newest.total else "tag bad"
                tag("span", kind, self._words["passed"].format(n=newest.passed, total=newest.total))
            tag("p", "muted", f"{self._people[newest.by]} {local(newest.at):%m-%d %H:%M}")
            self._draw_results(sorted(newest.results, key=lambda one: one.outcome is Outcome.passed))
        with tag("ul", "past-runs"):
            for run in runs[1:]:
                told = self._words["passed"].format(n=run.passed, total=run.total)
                tag("li", "muted", f"{local(run.at):%m-%d %H:%M} · {run.release} · {told} · {self._people[run.by]}")

    def _draw_results(self, results: Sequence[Result]) -> None:
        for place, result in enumerate(results[:_SHOWN]):
            draw_result(result, is_open=place < _OPEN and result.outcome is not Outcome.passed)
        if len(results) <= _SHOWN:
            return

        def show() -> None:
            more.delete()
            with rest:
                self._draw_results(results[_SHOWN:])

        rest = tag("div")
        with rest:
            more = button(self._words["more_results"].format(n=len(results) - _SHOWN), "small", type="button")
        more.on("click", show)

    # -- a new one -----------------------------------------------------------------------------------

    def show_new(self, conversation: str = "") -> None:
        """The form; ``conversation`` is filled in where one comes from it."""
        self._sheet.show(lambda: self._draw_new(conversation))

    def _draw_new(self, conversation: str) -> None:
        words = self._words
        tag("h2", "", words["new_dialogue"])
        tag("p", "sub", words["new_dialogue_hint"])
        with form(self._make, "new-dialogue-form"):
            field(words["conversation"], "conversation", conversation, hint=words["conversation_hint"]).classes("wide")
            field(words["name"], "name", "", maxlength=60)
            self._refused = alert()
            with tag("footer"):
                button(words["cancel"], type="button").on("click", self._sheet.close)
                button(words["make"], "primary", **{"data-testid": "make"})

    async def _make(self, said: Said) -> None:
        found = _UUID.search(first(said, "conversation") or "")
        if found is None:
            self._refused.set_text(self._words["no_conversation"])
            return

        async def make(actor: Actor) -> DialogueView:
            conversation_id, name = UUID(found[0]), first(said, "name") or ""
            return await self._dialogues.from_conversation(actor, conversation_id, name=name)

        made = await self._here.attempt(LOOKS, make, refused=self._refused)
        if made is not None:
            ui.navigate.to(f"/studio/sets/dialogues/{made.id}")


def draw_result(result: Result, *, is_open: bool) -> None:
    """One dialogue as it went."""
    words = set_words()
    with tag("details", "result", open=is_open or None) as details:
        with tag("summary"):
            tag("span", KIND[result.outcome], words.outcomes[result.outcome])
            tag("b", "", result.name)
            if result.strayed_at:
                tag("span", "muted", words.ui["strayed_at"].format(n=result.strayed_at))
        if is_open:
            _draw_steps(result)
        else:
            when_opened(details, lambda: _draw_steps(result))


def _draw_steps(result: Result) -> None:
    with tag("ol", "steps"):
        for step in result.steps:
            with tag("li", "step bad" if step.problems else "step"):
                tag("p", "step-says", step.says)
                tag("p", "step-answer", step.answer or set_words().ui["no_answer"])
                for problem in step.problems:
                    tag("p", "step-problem", problem)
