from benchmarks.understanding.contest import BM25, OURS, STOCK
from benchmarks.understanding.measures import FaqRow, IntentRow
from benchmarks.understanding.plots import draw
from benchmarks.understanding.report import Results, SetRows, by_lessons, chance, ratio, render, table
from benchmarks.understanding.speed import LatencyRow, ProcessRow, SpeedReport


def _results() -> Results:
    intents = [
        IntentRow(contender=OURS, taught="all", accuracy=0.9, macro_f1=0.88, out_of_scope_recall=0.8, wall_s=60),
        IntentRow(contender=STOCK, taught="60 an intent", accuracy=0.6, macro_f1=0.55, wall_s=600),
    ]
    topics = [FaqRow(contender=BM25, taught="all", hit1=0.5, hit3=0.7, mrr=0.6)]
    latency = [
        LatencyRow(server=server, at_once=8, n=10, p50_ms=p50, p95_ms=2 * p50, p99_ms=3 * p50, per_s=per_s, cpu_ms=p50)
        for server, p50, per_s in ((OURS, 50.0, 120.0), (STOCK, 100.0, 60.0))
    ]
    processes = [
        ProcessRow(server=OURS, start_s=10, memory_at_rest_mb=400, memory_after_load_mb=500),
        ProcessRow(server=STOCK, start_s=40, memory_at_rest_mb=900, memory_after_load_mb=1000),
    ]
    return Results(
        machine="a machine",
        sets=[
            SetRows(name="s", title="Intents", asked=400, intents=intents),
            SetRows(name="f", title="Topics", asked=100, note="A note.", topics=topics),
        ],
        speed=SpeedReport(latency=latency, processes=processes, cores=2, load_before=0.1, load_after=1.2),
    )


def test_a_table_shows_a_dash_for_what_was_not_measured():
    assert table(("a", "b"), [("x", None), ("y", 1.5)]) == "| a | b |\n| --- | --- |\n| x | - |\n| y | 1.5 |"


def test_a_ratio_to_nothing_is_a_dash():
    assert (ratio(3, 2), ratio(3, 0)) == ("1.50", "-")


def test_more_questions_leave_less_to_chance():
    assert chance(400) == 4.0
    assert chance(1600) == 2.0


def test_the_document_compares_ours_with_stock():
    document = render(_results(), ["intents.png"])

    assert "![intents](intents.png)" in document
    assert "| **ours** | all | 0.900 | 0.880 | 0.800 |" in document
    assert "accuracy 1.50, macro-F1 1.60, training time 0.10" in document
    assert "8 at once, ours to stock Rasa: throughput 2.00, p50 0.50, p95 0.50, CPU 0.50." in document
    assert "start 0.25, memory 0.50." in document


def test_contenders_that_were_taught_the_same_stand_together():
    rows = [FaqRow(contender=name, taught=taught, hit1=0, hit3=0, mrr=0) for name, taught in ("ax", "by", "cx")]

    assert [row.contender for row in by_lessons(rows)] == ["a", "c", "b"]


def test_a_column_that_nobody_has_is_left_out():
    topics = render(_results(), []).partition("## Topics")[2].partition("##")[0]

    assert "hit1" in topics
    assert "declined" not in topics
    assert "A note." in topics


def test_pictures_are_drawn_of_what_was_measured(tmp_path):
    assert draw(_results(), tmp_path) == ["intents.png", "faq.png", "speed.png"]
    assert all((tmp_path / name).stat().st_size > 5000 for name in ("intents.png", "faq.png", "speed.png"))
