"""Editing score sheets and the plan that samples are drawn by; each saving is a new version."""

from nicegui import ui

from bot.clock import local
from bot.desk.leading.editions import EditionLine
from bot.desk.leading.kinds import SampleReason
from bot.desk.leading.services import Leading
from bot.desk.leading.sheets import PlanRule, Sheet, read_sheet, written
from bot.desk.leading.who import LEADS
from bot.desk.leading.words import leading_words, refused
from bot.desk.ui.forms import Said, alert, area, button, field, first, form, table, tag
from bot.desk.ui.leading.shared import in_words
from bot.desk.ui.office import Visit
from bot.staff.model import Actor


class SheetsTab:
    """Every sheet in force, and the plan."""

    def __init__(self, leading: Leading, here: Visit) -> None:
        self._leading = leading
        self._here = here
        self._words = leading_words().quality

    async def draw(self) -> None:
        with tag("div", "cards"):
            with tag("div", "stack"):
                for name, (version, sheet) in (await self._leading.editions.sheets()).items():
                    await self._draw_sheet(name, version, sheet)
            with tag("div", "stack"):
                await self._draw_plan()

    async def _draw_sheet(self, name: str, version: int, sheet: Sheet) -> None:
        words = self._words
        known = {"version": version}

        async def send(said: Said) -> None:
            async def move(actor: Actor) -> int:
                changed = read_sheet(first(said, "title") or sheet.title, "\n".join(said.get("lines", [])))
                note = first(said, "note") or ""
                return await self._leading.editions.publish_sheet(
                    actor, name, changed, after=known["version"], note=note
                )

            done = await self._here.attempt(LEADS, in_words(move), refused=problem)
            if done is not None:
                known["version"] = done
                problem.set_text("")
                self._here.inform(words["kept"].format(version=done))

        with tag("section", "block"):
            with tag("div", "block-head"):
                tag("h2", "", words["sheet"])
                tag("span", "tag mono", name)
                tag("span", "tag", words["version"].format(version=version))
            with form(send, f"sheet-{name}"):
                with tag("div", "wide"):
                    field(words["sheet"], "title", sheet.title, required=True, maxlength=80)
                area(words["edit_hint"], "lines", written(sheet), rows=20)
                field(words["note"], "note", maxlength=300)
                problem = alert()
                with tag("footer"):
                    button(words["save"], "primary")
            self._draw_history(await self._leading.editions.history("sheet", name))

    async def _draw_plan(self) -> None:
        words = self._words
        version, rules = await self._leading.editions.plan()
        known = {"version": version}

        async def send(said: Said) -> None:
            async def move(actor: Actor) -> int:
                changed = tuple(_rule(rule, said) for rule in rules)
                note = first(said, "note") or ""
                return await self._leading.editions.publish_plan(actor, changed, after=known["version"], note=note)

            done = await self._here.attempt(LEADS, in_words(move), refused=problem)
            if done is not None:
                known["version"] = done
                problem.set_text("")
                self._here.inform(words["kept"].format(version=done))

        with tag("section", "block"):
            with tag("div", "block-head"):
                tag("h2", "", words["plan"])
                tag("span", "tag", words["version"].format(version=version))
            with form(send, "plan"):
                with tag("div", "wide"):
                    self._draw_rules(rules)
                field(words["note"], "note", maxlength=300)
                problem = alert()
                with tag("footer"):
                    button(words["save"], "primary")
            self._draw_history(await self._leading.editions.history("plan", "plan"))

    def _draw_rules(self, rules: tuple[PlanRule, ...]) -> None:
        words = self._words
        with table([words[name] for name in ("reason", "is_on", "count", "threshold", "sheet")], "plan-rules"):
            for rule in rules:
                name, key = leading_words().reasons[rule.reason], rule.reason.value
                with tag("tr"):
                    tag("td", "nowrap", name)
                    with tag("td"):
                        tag(
                            "input",
                            type="checkbox",
                            name=f"on-{key}",
                            defaultChecked=rule.is_on,
                            **{"aria-label": f"{name} {words['is_on']}"},
                        )
                    with tag("td"):
                        self._number(f"count-{key}", f"{rule.count}", f"{name} {words['count']}")
                    with tag("td", "" if _has_threshold(rule) else "blank"):
                        if _has_threshold(rule):
                            self._number(f"threshold-{key}", f"{rule.threshold:g}", f"{name} {words['threshold']}")
                    with tag("td"):
                        tag(
                            "input",
                            "sheet-name",
                            name=f"sheet-{key}",
                            defaultValue=rule.sheet,
                            **{"aria-label": f"{name} {words['sheet']}"},
                        )

    def _number(self, name: str, value: str, label: str) -> None:
        tag("input", "number", type="number", min=0, name=name, defaultValue=value, **{"aria-label": label})

    def _draw_history(self, lines: list[EditionLine]) -> None:
        words = self._words
        with tag("details", "history"):
            tag("summary", "", words["history"])
            with tag("ul"):
                for line in lines:
                    at = f"{local(line.at):%Y-%m-%d %H:%M}" if line.at else words["shipped"]
                    with tag("li"):
                        text = words["edition"].format(version=line.version, by=line.by, at=at, note=line.note)
                        ui.label(text.strip(" ·"))


def _has_threshold(rule: PlanRule) -> bool:
    return rule.reason in (SampleReason.low_rating, SampleReason.long_wait)


def _rule(rule: PlanRule, said: Said) -> PlanRule:
    """The rule as the form has it now."""
    key = rule.reason.value
    try:
        return PlanRule(
            reason=rule.reason,
            is_on=first(said, f"on-{key}") is not None,
            count=int(first(said, f"count-{key}") or 0),
            threshold=float(first(said, f"threshold-{key}") or rule.threshold),
            sheet=first(said, f"sheet-{key}") or rule.sheet,
        )
    except ValueError as error:
        raise refused("bad_plan", name=leading_words().reasons[rule.reason]) from error
