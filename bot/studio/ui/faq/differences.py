"""Texts compared line by line, drawn."""

from collections.abc import Sequence

from bot.desk.ui.forms import tag
from bot.studio.faq.model import Difference
from bot.studio.faq.service import line_changes
from bot.studio.faq.words import faq_words
from bot.studio.ui.faq.wording import ui

_KINDS = {"+": "added", "-": "removed", " ": "same"}
_NEAR = 1
_UNCHANGED = 4
"""So many lines are shown of a text in which nothing changed."""
_GAP = ("", "")


def draw_lines(before: str, after: str) -> None:
    """What was added and taken away; unchanged lines only near a change."""
    with tag("div", "diff"):
        for mark, line in _shortened(line_changes(before, after)):
            if not mark:
                tag("div", "diff-gap", "⋯")
                continue
            with tag("div", f"diff-{_KINDS[mark]}"):
                tag("span", "diff-mark", mark.strip() or "\u00a0")
                tag("span", "", line or "\u00a0")
        if not after and not before:
            tag("div", "muted", ui("empty"))


def draw_differences(differences: Sequence[Difference]) -> None:
    """Field by field."""
    if not differences:
        tag("p", "muted", ui("no_difference"))
    for one in differences:
        with tag("section", "difference"):
            tag("h3", "", faq_words().field(one.field))
            draw_lines(one.before, one.after)


def _shortened(lines: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    changed = [at for at, (mark, _) in enumerate(lines) if mark != " "]
    if not changed:
        return [*lines[:_UNCHANGED], *([_GAP] if len(lines) > _UNCHANGED else [])]
    near = {at + step for at in changed for step in range(-_NEAR, _NEAR + 1)}
    found: list[tuple[str, str]] = []
    for at, line in enumerate(lines):
        if at in near:
            found.append(line)
        elif not found or found[-1] != _GAP:
            found.append(_GAP)
    return found
