"""Scores of sets, intents and entries, old beside new."""

from collections.abc import Mapping, Sequence

from bot.desk.ui.forms import table, tag
from bot.studio.releases.report import ClassCompared, ReleaseReport, SetCompared
from bot.studio.releases.words import release_words
from bot.studio.ui.names import draw_named
from bot.studio.ui.releases.shared import draw_change, draw_heading, draw_meter, draw_pager, of_page, text

_SAME = 1e-9


def draw_sets(report: ReleaseReport) -> None:
    """Every score of every set, beside its floor; then how honest the confidence is."""
    heads = ("set", "sentences_n", "score", "before", "after", "change", "floor")
    with table([text(head) for head in heads], "sets"):
        for each in report.sets:
            _draw_set(each)
    _draw_calibration(report)


def _draw_set(each: SetCompared) -> None:
    words = release_words()
    for number, score in enumerate(each.scores):
        is_first = number == 0
        with tag("tr", "first" if is_first else "more"):
            with tag("td", "nowrap" if is_first else "nowrap blank"):
                if is_first:
                    tag("b", "", each.name)
                    tag("span", "tag", words.parts.get(each.part, each.part))
                    if each.is_ours:
                        tag("span", "tag status", text("ours"))
            tag("td", "num" if is_first else "num blank", str(each.n) if is_first else "")
            tag("td", "nowrap", words.scores.get(score.score, score.score))
            tag("td", "num", f"{score.old:.3f}")
            tag("td", "num strong", f"{score.new:.3f}")
            with tag("td", "num"):
                draw_change(score.change)
            is_short = score.floor is not None and score.new < score.floor
            tag("td", "num short" if is_short else "num muted", "" if score.floor is None else f"{score.floor:.2f}")


def _draw_calibration(report: ReleaseReport) -> None:
    calibration = report.calibration
    if calibration is None:
        return
    draw_heading(f"{text('calibration')} {calibration.old:.3f} → {calibration.new:.3f}", text("calibration_sub"))
    with table([text("bin"), text("really"), text("sentences_n")], "bins"):
        for each in calibration.bins:
            with tag("tr"):
                with tag("td", "share-cell"):
                    tag("span", "", f"{each.confidence:.0%}")
                    draw_meter(each.confidence)
                with tag("td", "share-cell"):
                    tag("span", "", f"{each.right:.0%}")
                    draw_meter(each.right, "right")
                tag("td", "num", str(each.n))


def draw_classes(
    classes: Sequence[ClassCompared], kind: str, address: str, titles: Mapping[str, str], *, show_all: bool, page: int
) -> None:
    """Intents or entries, worst change first, page by page."""
    changed = [each for each in classes if abs(each.change) > _SAME]
    with tag("div", "toolbar"):
        for which, label, n in (("", "only_changed", len(changed)), ("all", "show_all", len(classes))):
            current = {"aria-current": "page"} if show_all == (which == "all") else {}
            tag("a", "tab", f"{text(label)} {n}", href=address + (f"&which={which}" if which else ""), **current)
    shown = classes if show_all else changed
    if not shown:
        tag("p", "empty", text("all_same"))
        return
    has_precision = any(each.new_precision is not None for each in shown)
    heads = [text(kind), text("sentences_n"), text("recall"), "", text("change")]
    with table([*heads, *([text("precision")] if has_precision else [])], kind):
        for each in of_page(shown, page):
            _draw_class(each, titles, has_precision=has_precision)
    draw_pager(len(shown), page, f"{address}&which=all" if show_all else address)


def _draw_class(each: ClassCompared, titles: Mapping[str, str], *, has_precision: bool) -> None:
    with tag("tr"):
        with tag("td", "nowrap"):
            draw_named(each.name, titles)
        tag("td", "num", str(each.n))
        tag("td", "num nowrap", f"{each.old:.0%} → {each.new:.0%}")
        with tag("td", "two-meters"):
            draw_meter(each.old, "old")
            draw_meter(each.new)
        with tag("td", "num"):
            draw_change(each.change, digits=0)
        if has_precision:
            old, new = each.old_precision, each.new_precision
            known = old is not None and new is not None
            tag("td", "num nowrap muted", f"{old:.0%} → {new:.0%}" if known else "")
