from datetime import date, timedelta

import pytest

from bot.errors import BadQueryError
from bot.studio.faq.finding import STALE, FaqPage, FaqState, Finder, Known, Wanted, page_of
from bot.studio.faq.model import Snapshot
from bot.studio.faq.use import TopicUse
from tests.knowledge_base.builders import make_entry
from tests.studio.faq.builders import GAP, make_snapshot

TODAY = date(2026, 3, 4)
NOTHING = Known(frozenset(), {}, {})


def find(q: str = "", snapshot: Snapshot | None = None, **wishes: object) -> list[str]:
    return [line.topic for line in page(q, snapshot, **wishes).lines]


def page(q: str = "", snapshot: Snapshot | None = None, known: Known = NOTHING, **wishes: object) -> FaqPage:
    limits = {name: wishes.pop(name) for name in ("after", "limit") if name in wishes}
    wanted = Wanted(q, **wishes)
    return page_of(Finder(snapshot or make_snapshot()), known, wanted, today=TODAY, **limits)


@pytest.mark.parametrize(
    ("q", "topics"),
    [
        ("运费", ["price.how_charged"]),
        ("yunfei", ["price.how_charged"]),
        ("yf", ["price.how_charged"]),
        ("YF zm", ["price.how_charged"]),
        ("cdb", ["sending.batteries"]),
        ("baoguan", [GAP]),
        ("batteries", ["sending.batteries"]),
        ("过年放假", ["service.holiday"]),
        ("xyzw", []),
    ],
)
def test_topics_are_found_by_words_pinyin_and_initials(q: str, topics: list[str]) -> None:
    assert find(q) == topics


def test_what_only_a_phrasing_found_says_which() -> None:
    assert page("移动电源").lines[0].found == "移动电源能寄吗"
    assert page("充电宝能寄").lines[0].found is None


def test_a_filter_keeps_what_is_so_and_counts_the_others() -> None:
    snapshot = make_snapshot(
        make_entry("price.how_charged", valid_until=date(2026, 3, 3)),
        make_entry("sending.batteries", valid_from=date(2026, 3, 10)),
        make_entry("service.holiday", valid_until=date(2026, 3, 18)),
    )
    known = Known(
        changed=frozenset({"service.holiday"}),
        use={"price.how_charged": TopicUse(uses=20, unhelped=15)},
        unchanged_since={"price.how_charged": TODAY - STALE - timedelta(days=1), "sending.batteries": TODAY - STALE},
    )

    shown = page(snapshot=snapshot, known=known, state=FaqState.soon)

    assert [line.topic for line in shown.lines] == ["sending.batteries", "service.holiday"]
    assert shown.states == {
        FaqState.changed: 1,
        FaqState.gap: 1,
        FaqState.stale: 1,
        FaqState.soon: 2,
        FaqState.expired: 1,
        FaqState.unhappy: 1,
        FaqState.unused: 2,
    }
    assert shown.groups == {"price": 0, "sending": 1, "service": 1}


def test_an_entry_that_began_long_ago_and_ends_in_a_month_is_not_soon() -> None:
    entry = make_entry("price.how_charged", valid_from=TODAY, valid_until=date(2026, 4, 4))

    assert find(snapshot=make_snapshot(entry), state=FaqState.soon) == []


def test_pages_follow_each_other_without_gap_or_overlap() -> None:
    first = page(limit=2)
    second = page(limit=2, after=first.after)

    assert [line.topic for line in (*first.lines, *second.lines)] == list(make_snapshot().topics)
    assert (first.total, second.after) == (4, None)


def test_a_page_behind_something_that_is_gone_is_refused() -> None:
    with pytest.raises(BadQueryError):
        page(after="price.nothing")


def test_unchanged_topics_are_not_prepared_again() -> None:
    before = Finder(make_snapshot())
    after = Finder(make_snapshot(commit="c2"), before)

    assert all(after._texts[topic] is before._texts[topic] for topic in before._texts)
