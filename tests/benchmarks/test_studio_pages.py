from benchmarks.studio_pages import Page, Took
from benchmarks.studio_world import report
from bot.studio.releases.report import ReleaseReport


def took(*times: float, **told: object) -> Took:
    return Took(Page("a page", "/studio"), first=900.0, times=list(times), **told)  # type: ignore[arg-type]


def test_a_page_is_slow_by_its_median_and_never_quick_where_it_failed():
    assert took(100, 310, 320).is_slow
    assert not took(100, 110, 2000).is_slow
    assert took(10, 10, 10, failed=500).is_slow


def test_data_that_came_late_and_pages_that_failed_are_told():
    assert took(100, 110, 120, processor=80.4).line() == "| a page | 900 | 110, 120 | 80 |"
    assert took(100, is_late=True).line().startswith("| a page; its data by socket |")
    assert took(100, failed=500).line().startswith("| a page; fails: 500 |")


def test_the_made_up_report_is_one():
    assert len(ReleaseReport.model_validate_json(report()).newly_wrong) == 200
