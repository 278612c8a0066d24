from datetime import date
from pathlib import Path

import pytest

from bot.errors import DataFileError
from bot.evaluation.document import write_document
from bot.evaluation.everything import Evaluation, EvaluationSets, Results
from bot.evaluation.floors import floors_below, raise_floors, read_floors, shortfalls
from bot.evaluation.intents import NluMeasured
from tests.evaluation.builders import make_message, make_sentence

PAGE = "# Mine\n<!-- measured -->\nold\n<!-- /measured -->\nalso mine\n<!-- history -->\n<!-- /history -->\nend\n"

UNDERSTOOD = {
    "到哪了": make_message("到哪了", "query_waybill", 0.9),
    "几点|到": make_message("几点|到", "query_waybill", 0.6),
}


def make_evaluation(model: str = "0123") -> Evaluation:
    sets = {"nlu": [make_sentence("到哪了", "query_waybill")], "nlu_second": [make_sentence("几点|到", "query_eta")]}
    nlu = Results.of(sets, lambda rows: NluMeasured.of(rows, UNDERSTOOD))
    nothing = dict.fromkeys(("entities", "faq", "sentiment", "two", "made_up"))
    return Evaluation(date(2026, 11, 20), model, "abcd", nlu, **nothing)


@pytest.fixture
def page(tmp_path: Path) -> Path:
    file = tmp_path / "evaluation.md"
    file.write_text(PAGE, encoding="utf-8")
    return file


def test_only_what_is_between_the_markers_is_written(page: Path) -> None:
    write_document(make_evaluation(), {"nlu": {"accuracy": 0.5}}, page)

    text = page.read_text(encoding="utf-8")
    assert text.startswith("# Mine\n")
    assert "old" not in text
    assert "\nalso mine\n" in text
    assert "| nlu | 1 | accuracy | 1.000 | 0.50 |" in text
    assert "| 1 | query_eta | query_waybill | 几点\\|到 |" in text


def test_every_run_adds_a_row_of_history(page: Path) -> None:
    write_document(make_evaluation("first"), {}, page)
    write_document(make_evaluation("second"), {}, page)

    history = page.read_text(encoding="utf-8").partition("<!-- history -->")[2]
    assert [line.split(" | ")[1] for line in history.splitlines() if line.startswith("| 2026")] == [
        "`first`",
        "`second`",
    ]


def test_the_confusion_matrix_is_drawn_beside_the_page(page: Path) -> None:
    write_document(make_evaluation(), {}, page)

    assert (page.parent / "images" / "confusion.png").stat().st_size > 1000


def test_a_page_without_markers_is_refused(tmp_path: Path) -> None:
    (tmp_path / "page.md").write_text("# Mine\n", encoding="utf-8")

    with pytest.raises(DataFileError, match="markers"):
        write_document(make_evaluation(), {}, tmp_path / "page.md")


def test_a_score_below_its_floor_is_named_with_the_worst_sentences() -> None:
    [short] = shortfalls(make_evaluation().by_set(), {"nlu": {"accuracy": 0.9}, "nlu_second": {"accuracy": 0.9}})

    assert str(short) == (
        "nlu_second: accuracy is 0.000, its floor is 0.900\n    query_eta taken for query_waybill (0.60): 几点|到"
    )


def test_a_floor_without_a_score_is_a_shortfall() -> None:
    found = shortfalls(make_evaluation().by_set(), {"faq": {"hit1": 0.8}, "nlu": {"nonsense": 0.1}})

    assert [str(one) for one in found] == [
        "faq: hit1 has a floor and was not measured",
        "nlu: nonsense has a floor and was not measured",
    ]


def test_floors_stand_a_little_below_what_was_measured() -> None:
    assert floors_below(make_evaluation().by_set())["nlu"]["accuracy"] == 0.98


def test_floors_are_raised_and_never_lowered(tmp_path: Path) -> None:
    file = tmp_path / "floors.yml"
    file.write_text("# mine\nnlu: {accuracy: 0.5}\nnlu_second: {accuracy: 0.5}\n", encoding="utf-8")

    raised = raise_floors(make_evaluation().by_set(), file)

    assert "nlu: accuracy 0.50 -> 0.98" in raised
    assert file.read_text(encoding="utf-8").startswith("# mine\n")
    floors = read_floors(file)
    assert (floors["nlu"]["accuracy"], floors["nlu_second"]["accuracy"]) == (0.98, 0.5)


def test_floors_that_are_no_numbers_are_refused(tmp_path: Path) -> None:
    (tmp_path / "floors.yml").write_text("nlu: {accuracy: high}\n", encoding="utf-8")

    with pytest.raises(DataFileError, match="floor"):
        read_floors(tmp_path / "floors.yml")


def test_every_set_has_a_floor_for_each_part_it_belongs_to() -> None:
    sets = EvaluationSets.read()

    names = {*sets.nlu, *sets.entities, *sets.faq, *sets.sentiment, *sets.two}
    assert names == set(read_floors())
