"""Sentences of a report, page by page: newly right and wrong, replayed, added; and what the draft changed."""

from nicegui.element import Element

from bot.desk.ui.forms import table, tag
from bot.desk.words import desk_words
from bot.studio.releases.report import ReleaseReport, Replayed, Turned
from bot.studio.releases.schemas import ReleaseView
from bot.studio.ui.names import Called, draw_named
from bot.studio.ui.releases.shared import draw_facts, draw_heading, draw_pager, of_page, text


def draw_sentences(report: ReleaseReport, address: str, called: Called, *, which: str, page: int) -> None:
    """Newly wrong first: they are what one has to look at."""
    is_right = which == "right"
    with tag("div", "toolbar"):
        choices = (("wrong", "newly_wrong", report.newly_wrong_n), ("right", "newly_right", report.newly_right_n))
        for name, label, n in choices:
            current = {"aria-current": "page"} if is_right == (name == "right") else {}
            tag("a", "tab", f"{text(label)} {n}", href=f"{address}&which={name}", **current)
    rows = report.newly_right if is_right else report.newly_wrong
    if not rows:
        tag("p", "empty", text("all_same"))
        return
    heads = ("text", "truth", "old_said", "new_said", "set")
    with table([text(head) for head in heads], "sentences"):
        for turned in of_page(rows, page):
            _draw_turned(turned, called, is_right=is_right)
    draw_pager(len(rows), page, f"{address}&which={'right' if is_right else 'wrong'}")


def _draw_turned(turned: Turned, called: Called, *, is_right: bool) -> None:
    with tag("tr"):
        tag("td", "wrap sentence", turned.text)
        _decided("truth", turned.truth, called)
        for name, said, sure, good in (
            ("old_said", turned.old, turned.old_sure, not is_right),
            ("new_said", turned.new, turned.new_sure, is_right),
        ):
            with _decided(name, said, called, "said-right" if good else "said-wrong"):
                tag("span", "muted", f" {sure:.0%}")
        tag("td", "muted", turned.set_name)


def draw_replay(report: ReleaseReport, address: str, called: Called, *, page: int) -> None:
    """Real messages that would be handled in another way."""
    replay = report.replay
    draw_heading(text("replay_title"), text("replay_sub", days=replay.days, n=replay.n))
    if not replay.n:
        tag("p", "empty", text("replay_none"))
        return
    counts = {"replay_intents": replay.intents, "replay_decisions": replay.decisions}
    judged = {"replay_better": replay.better, "replay_worse": replay.worse}
    draw_facts((text(name), str(n)) for name, n in (counts | judged).items())
    if not replay.changed:
        tag("p", "empty", text("all_same"))
        return
    heads = ("text", "old_said", "new_said", "person", "channel")
    with table([text(head) for head in heads], "replay"):
        for each in of_page(replay.changed, page):
            _draw_replayed(each, called)
    draw_pager(len(replay.changed), page, address)


def _draw_replayed(each: Replayed, called: Called) -> None:
    tone = {"better": "said-right", "worse": "said-wrong", "unknown": ""}[each.verdict]
    with tag("tr"):
        tag("td", "wrap sentence", each.text)
        _decided("old_said", each.old, called)
        _decided("new_said", each.new, called, tone)
        _decided("person", each.person or text("none"), called)
        tag("td", "muted", desk_words().channel(each.channel))


def draw_added(report: ReleaseReport, called: Called) -> None:
    """New examples that what was known before contradicts."""
    added = report.added
    draw_heading(text("added_title"), text("added_sub", n=added.n, doubtful=added.doubtful) if added.n else "")
    if not added.doubts:
        tag("p", "empty", text("doubts_none") if added.n else text("added_none"))
        return
    with table([text(head) for head in ("text", "labelled", "rather", "sure")], "doubts"):
        for doubt in added.doubts:
            with tag("tr"):
                tag("td", "wrap sentence", doubt.text)
                with _decided("labelled", doubt.intent, called, "said-wrong"):
                    tag("span", "muted", f" {doubt.given:.0%}")
                _decided("rather", doubt.other, called)
                tag("td", "num", f"{doubt.sure:.0%}")


def draw_changes(release: ReleaseView, called: Called) -> None:
    """What this release has over the one before."""
    if not release.changes:
        tag("p", "empty", text("none"))
        return
    with tag("ul", "changes"):
        for change in release.changes:
            with tag("li"):
                tag("b", "", str(change["title"]))
                tag("span", "muted", f" {called.people[str(change['who'])]} · {change['why']}")
                for line in change["told"]:
                    tag("p", "", str(line))
                for side, kind in (("before", "gone"), ("after", "new")):
                    if change[side]:
                        tag("pre", kind, str(change[side])[:1500])


def _decided(label: str, said: str, called: Called, kind: str = "") -> Element:
    """An intent, or what the knowledge base did (``faq:answer:TOPIC``), by title.

    Where there is no room for the heading of its column, the cell says itself what it is.
    """
    intent, _, topic = said.partition(":answer:")
    with tag("td", "", **{"data-label": text(label)}) as cell:
        if topic:
            draw_named(topic, called.topics, kind)
        else:
            name = intent.partition(":")[0]
            draw_named(said, {said: called.intents[name]} if called.intents.get(name) else {}, kind)
    return cell
