"""``/desk/quality/ID``: the conversation and the sheet side by side, filled with the keyboard."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

from fastapi import Request
from fastapi.responses import Response
from nicegui import Client, ui

from bot.desk.leading.kinds import Mark, SampleState
from bot.desk.leading.scoring import Dossier, Scoring, marks_of
from bot.desk.leading.services import Leading
from bot.desk.leading.sheets import Criterion
from bot.desk.leading.tables import QualityObjection, QualityScore
from bot.desk.leading.who import LEADS, TALKS
from bot.desk.leading.words import leading_words
from bot.desk.ui.forms import Said, alert, area, button, field, first, form, tag
from bot.desk.ui.leading.quality_lists import draw_state, explained, points
from bot.desk.ui.leading.shared import HERE, enter, in_words, moment, say_missing
from bot.desk.ui.leading.wall_sheets import draw_message
from bot.desk.ui.office import Visit
from bot.desk.words import desk_words
from bot.errors import NotFoundError
from bot.staff.model import Actor, Role

_DIGITS = {Mark.met: "1", Mark.partly: "2", Mark.missed: "3", Mark.not_applicable: "0"}


def add_scoring_page(leading: Leading) -> None:
    script = (HERE / "scoring.js").read_text(encoding="utf-8")

    @ui.page("/quality/{sample_id}")
    async def scoring_page(request: Request, client: Client, sample_id: UUID) -> Response | None:
        here = await enter(leading.parts.agents, request, client, "quality", TALKS)
        if isinstance(here, Response):
            return here
        try:
            dossier = await leading.scoring.dossier(here.person.actor, sample_id)
        except NotFoundError as error:
            say_missing(str(error))
            return None
        ui.add_body_html(f"<script>{script}</script>")
        with tag("main", "desk-page office"), tag("div", "office-body quality"):
            ScoringPart(leading, here, dossier).draw()
        return None


class ScoringPart:
    """One sample: to be filled in by who has not scored it, else to be read."""

    def __init__(self, leading: Leading, here: Visit, dossier: Dossier) -> None:
        self._leading = leading
        self._here = here
        self._dossier = dossier
        self._words = leading_words().quality
        sample, me = dossier.sample, here.person
        has_scored = any(score.scorer == me.username for score in dossier.scores)
        is_free = sample.state == SampleState.open and sample.agent != me.username
        self._fills = me.role in LEADS and is_free and not has_scored

    def draw(self) -> None:
        self._draw_head()
        if self._fills:
            with form(self._send, "scoring") as whole:
                whole.classes(remove="fields", add="scoring")
                self._draw_conversation()
                with tag("section", "block sheet-part"):
                    self._draw_sheet(None)
                    self._draw_end()
            return
        with tag("div", "scoring"):
            self._draw_conversation()
            with tag("div", "stack sheet-part"):
                for score in self._dossier.scores:
                    with tag("section", "block"):
                        self._draw_sheet(score)
                if self._dossier.hidden:
                    tag("p", "warning", self._words["hidden"])
                self._draw_objection()

    def _draw_head(self) -> None:
        words, sample = self._words, self._dossier.sample
        name = self._dossier.names.get(sample.agent, sample.agent)
        with tag("div", "toolbar"):
            tag("a", "button", words["title"], href="/desk/quality")
            tag("h1", "", f"{name} · {moment(sample.served_at)}")
            with tag("div", "tags"):
                tag("span", "tag", desk_words().channel(sample.channel))
                draw_state(sample)
                if sample.is_calibration:
                    done = len(self._dossier.scores) + self._dossier.hidden
                    shown = words["calibrating"].format(done=done, wanted=sample.scorers_wanted)
                    tag("span", "tag", shown)
            ui.element("span").classes("grow")
            if self._here.person.role in LEADS:
                if self._fills and not sample.is_calibration:
                    compare = button(words["calibrate"], type="button", title=words["calibrate_hint"])
                    compare.on("click", self._compare)
                tag("a", "button", words["open_conversation"], href=f"/desk/?c={sample.conversation_id}")
        with tag("p", "muted why-drawn"):
            ui.label(words["why_drawn"] + "：" + "；".join(self._explained(one) for one in sample.because))

    async def _compare(self) -> None:
        async def move(actor: Actor) -> bool:
            await self._leading.scoring.compare(actor, self._dossier.sample.id)
            return True

        if await self._here.attempt(LEADS, in_words(move)):
            self._go(f"/quality/{self._dossier.sample.id}")

    def _explained(self, because: dict[str, object]) -> str:
        named = {key: self._dossier.names.get(str(value), value) for key, value in because.items()}
        return explained(named)

    # -- the conversation ------------------------------------------------------------------------

    def _draw_conversation(self) -> None:
        words = self._words
        remarks = {one["seq"]: one["text"] for score in self._dossier.scores for one in score.remarks}
        with tag("section", "block talk"):
            with tag("div", "block-head"):
                tag("h2", "", words["conversation"])
                tag("span", "muted", words["masked"])
            with tag("ol", "transcript tall", tabindex="0", **{"data-testid": "transcript"}):
                for message in self._dossier.messages:
                    draw_message(message)
                    if message.seq in remarks:
                        with tag("li", "remark"):
                            ui.label(f"{words['remark']}：{remarks[message.seq]}")
                    elif self._fills and message.author == "agent":
                        self._draw_remark(message.seq)

    def _draw_remark(self, seq: int) -> None:
        label = self._words["remark_on"].format(seq=seq)
        with tag("li", "remark-field"), tag("details"):
            tag("summary", "", self._words["remark"])
            tag("input", name=f"remark-{seq}", maxlength=500, **{"aria-label": label})

    # -- the sheet -------------------------------------------------------------------------------

    def _draw_sheet(self, score: QualityScore | None) -> None:
        words, dossier = self._words, self._dossier
        with tag("div", "block-head"):
            tag("h2", "", dossier.sheet.title)
            tag("span", "tag", words["version"].format(version=dossier.sheet_version))
            ui.element("span").classes("grow")
            if score is None:
                tag("small", "muted", words["total"])
                tag("output", "total", "—", **{"data-testid": "total", "data-total": True})
            else:
                tag("small", "muted", f"{dossier.names.get(score.scorer, score.scorer)} {moment(score.at)}")
                tag("b", "total", points(score.total))
        marks = marks_of(score) if score else {}
        for section in dossier.sheet.sections:
            tag("h3", "section", section.name)
            for criterion in section.criteria:
                self._draw_criterion(criterion, marks.get(criterion.key))
        if score is not None and score.comment:
            tag("p", "comment", f"{words['comment']}：{score.comment}")

    def _draw_criterion(self, criterion: Criterion, mark: Mark | None) -> None:
        words, marks = self._words, leading_words().marks
        kinds = {"role": "radiogroup", "aria-label": criterion.name} if mark is None else {}
        data: dict[str, Any] = {"data-weight": criterion.weight, "data-fatal": criterion.fatal}
        with tag("div", "criterion", **kinds, **data):
            with tag("div", "about"):
                tag("b", "", criterion.name)
                weight = words["fatal"] if criterion.fatal else words["weight"].format(n=f"{criterion.weight:g}")
                tag("span", "tag bad" if criterion.fatal else "tag", weight)
                if criterion.hint:
                    tag("small", "muted", criterion.hint)
            if mark is not None:
                tag("span", f"given {mark}", marks[mark])
                return
            with tag("div", "options"):
                for option, digit in _DIGITS.items():
                    if not (criterion.fatal and option is Mark.partly):
                        with tag("label", f"option {option}"):
                            name = f"mark-{criterion.key}"
                            tag("input", type="radio", name=name, value=option.value, **{"data-digit": digit})
                            ui.label(marks[option])

    def _draw_end(self) -> None:
        words = self._words
        with tag("div", "fields end"):
            area(words["comment"], "comment", rows=2)
            self._problem = alert()
            tag("p", "hint wide", words["keys"])
            with tag("footer"):
                button(words["send"], "primary", **{"data-send": True})

    async def _send(self, said: Said) -> None:
        given = _scoring(said)

        async def move(actor: Actor) -> QualityScore:
            sample_id, version = self._dossier.sample.id, self._dossier.sheet_version
            return await self._leading.scoring.score(actor, sample_id, given, sheet_version=version)

        score = await self._here.attempt(LEADS, in_words(move), refused=self._problem)
        if score is not None:
            self._here.inform(self._words["saved"].format(total=points(score.total)))
            next_id = await self._leading.sampling.next_open(self._here.person.actor)
            self._go(f"/quality/{next_id}" if next_id else "/quality")

    # -- objecting and answering -----------------------------------------------------------------

    def _draw_objection(self) -> None:
        objection, sample = self._dossier.objection, self._dossier.sample
        if objection is not None:
            with tag("section", "block", **{"data-testid": "objection"}):
                self._draw_objected(objection)
        elif sample.agent == self._here.person.username and sample.state == SampleState.scored:
            with tag("section", "block"):
                self._draw_object()

    def _draw_objected(self, objection: QualityObjection) -> None:
        words, names = self._words, self._dossier.names
        tag("h2", "", words["objection"])
        before = words["before"].format(total=points(objection.total_before))
        tag("p", "muted", f"{names.get(objection.by, objection.by)} {moment(objection.at)} · {before}")
        tag("p", "comment", objection.text)
        if objection.answered_at is not None:
            verdict = words["upheld" if objection.upheld else "rejected"]
            tag("p", "muted", f"{words['answer']} {moment(objection.answered_at)} · {verdict}")
            tag("p", "comment", objection.answer)
        elif self._here.person.role in LEADS and self._here.person.username != objection.by:
            self._draw_answer()

    def _draw_object(self) -> None:
        words = self._words
        with form(self._object, "object"):
            tag("h2", "wide", words["object"])
            area(words["object_hint"], "text")
            self._problem = alert()
            with tag("footer"):
                button(words["do_object"], "primary")

    def _draw_answer(self) -> None:
        words = self._words
        with form(self._answer, "answer"):
            area(words["answer"], "text")
            label = f"{words['upheld']}：{words['new_total']}"
            bounds: dict[str, Any] = {"min": 0, "max": 100, "step": "0.1"}
            field(label, "total", kind="number", placeholder=words["rejected"], **bounds)
            self._problem = alert()
            with tag("footer"):
                button(words["do_answer"], "primary")

    async def _object(self, said: Said) -> None:
        async def move(actor: Actor) -> bool:
            await self._leading.scoring.object_to(actor, self._dossier.sample.id, first(said, "text") or "")
            return True

        await self._again(move, TALKS)

    async def _answer(self, said: Said) -> None:
        async def move(actor: Actor) -> bool:
            total = first(said, "total")
            await self._leading.scoring.answer(
                actor, self._dossier.sample.id, first(said, "text") or "", total=float(total) if total else None
            )
            return True

        await self._again(move, LEADS)

    async def _again(self, move: Callable[[Actor], Awaitable[bool]], roles: frozenset[Role]) -> None:
        if await self._here.attempt(roles, in_words(move), refused=self._problem):
            self._go(f"/quality/{self._dossier.sample.id}")

    def _go(self, path: str) -> None:
        with self._here.client:
            ui.navigate.to(path)


def _scoring(said: Said) -> Scoring:
    """What the form says; nonsense is as good as not marked, and refused as that."""
    known = set(Mark)
    marks = {
        name.removeprefix("mark-"): Mark(values[0])
        for name, values in said.items()
        if name.startswith("mark-") and values and values[0] in known
    }
    remarks = {
        int(name.removeprefix("remark-")): values[0]
        for name, values in said.items()
        if name.startswith("remark-") and name[7:].isdecimal() and values and values[0].strip()
    }
    return Scoring(marks, remarks, first(said, "comment") or "")
