"""Somebody else was quicker: both texts beside each other, and a choice for each field."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from nicegui import ui as nicegui

from bot.desk.ui.forms import Said, button, form, tag
from bot.studio.faq.words import faq_words
from bot.studio.ui.faq.differences import draw_lines
from bot.studio.ui.faq.wording import ui

MINE, THEIRS = "mine", "theirs"


@dataclass(frozen=True)
class Clash:
    """A field that reads differently: as it was when both began, as one has it, as the other saved it."""

    field: str
    base: str
    mine: str
    theirs: str

    @property
    def is_both(self) -> bool:
        """Both changed it, and not to the same."""
        return self.base not in (self.mine, self.theirs)

    @property
    def preferred(self) -> str:
        """What only one of them changed is that one's."""
        return THEIRS if self.mine == self.base else MINE


def clashes(base: Mapping[str, str], mine: Mapping[str, str], theirs: Mapping[str, str]) -> list[Clash]:
    """The fields in which the two differ, in their order."""
    names = [name for name in dict.fromkeys([*base, *mine, *theirs]) if name not in ("id", "covers")]
    found = (Clash(name, *(texts.get(name, "") for texts in (base, mine, theirs))) for name in names)
    return [clash for clash in found if clash.mine != clash.theirs]


def merged(mine: Mapping[str, str], theirs: Mapping[str, str], chosen: Mapping[str, str]) -> dict[str, str]:
    """The newest entry with one's own texts where one's own were chosen."""
    names = dict.fromkeys([*theirs, *mine])
    return {name: (mine if chosen.get(name) == MINE else theirs).get(name, "") for name in names}


def draw_conflict(found: list[Clash], who: str, on_choose: Callable[[Mapping[str, str]], Awaitable[None]]) -> None:
    """In the element that is open.  ``who`` saved in between; ``on_choose`` gets a side for each field."""

    async def chosen(said: Said) -> None:
        await on_choose({name.removeprefix("side:"): values[0] for name, values in said.items()})

    with tag("section", "block conflict", role="alert", **{"data-testid": "conflict"}):
        tag("h2", "", ui("conflict_title", who=who))
        tag("p", "sub", ui("conflict_hint"))
        with form(chosen, "conflict-form") as choosing:
            choosing.classes("clashes", remove="fields")
            for clash in found:
                _draw_clash(clash)
            with tag("footer", "acts"):
                button(ui("conflict_take"), "primary")


def _draw_clash(clash: Clash) -> None:
    with tag("fieldset", "clash"):
        with tag("legend"):
            tag("span", "", faq_words().field(clash.field))
            if clash.is_both:
                tag("span", "tag bad", ui("both_changed"))
        with tag("div", "sides"):
            for side, text in ((MINE, clash.mine), (THEIRS, clash.theirs)):
                with tag("label", "side"):
                    with tag("span", "side-head"):
                        tag("input", "", type="radio", name=f"side:{clash.field}", value=side,
                            checked=clash.preferred == side)  # fmt: skip
                        nicegui.label(ui(side))
                    draw_lines(clash.base, text)
