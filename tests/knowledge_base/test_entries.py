from datetime import date
from pathlib import Path
from typing import Any

import pytest

from bot.errors import DataFileError
from knowledge_base.entries import FaqEntry, KnownIds, load_entries
from knowledge_base.store import FAQ
from tests.knowledge_base.builders import KNOWN, QUESTIONS, make_content, make_entry, write_entries

VALUES = {"carrier": "云递速运", "hotline": "400-888-0000", "website": "www.example.com"}


def problems_of(folder: Path, *contents: dict[str, Any]) -> list[str]:
    write_entries(folder / "price.yml", *contents)
    with pytest.raises(DataFileError) as caught:
        load_entries(folder, known=KNOWN)
    return caught.value.problems


def test_the_shipped_entries_are_in_order_and_cover_every_topic() -> None:
    entries = load_entries(FAQ)

    assert {entry.id for entry in entries} == KnownIds.read().topics


def test_the_shipped_entries_are_valid_at_some_time_and_short_enough_for_an_sms() -> None:
    for entry in load_entries(FAQ):
        assert len(entry.render("sms", VALUES)) <= 70 or "sms" not in entry.answers, entry.id


def test_entries_are_read_in_the_order_of_files(tmp_path: Path) -> None:
    write_entries(tmp_path / "b.yml", make_content("service.holiday"))
    write_entries(tmp_path / "a.yml", make_content("price.how_charged"), make_content("sending.batteries"))

    ids = [entry.id for entry in load_entries(tmp_path, known=KNOWN)]

    assert ids == ["price.how_charged", "sending.batteries", "service.holiday"]


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"id": "price.gold"}, "price.gold: this topic is not in topics.yml"),
        ({"phrasings": QUESTIONS["price.how_charged"][:3]}, "3 phrasings, at least 8 are needed"),
        ({"related": ["price.gold"]}, "related topic price.gold is not another topic of topics.yml"),
        ({"related": ["price.how_charged"]}, "is not another topic of topics.yml"),
        ({"action": {"title": "查运费", "intent": "query_gold"}}, "there is no intent query_gold"),
        ({"answer": "请拨打 {phone}"}, "unknown placeholder {phone}; there are {carrier}, {hotline}, {website}"),
        ({"answers": {"sms": "见 {link}"}}, "unknown placeholder {link}"),
        ({"when": {"after": ["query_gold"]}}, "there is no intent query_gold"),
        ({"when": {"waybill": ["lost"]}}, "when.waybill.1 Input should be 'created'"),
        ({"valid_from": date(2026, 2, 1), "valid_until": date(2026, 1, 1)}, "valid_until comes before valid_from"),
        ({"answer": 12305}, "answer must be text; put it in quotation marks"),
        ({"answer": " "}, "answer is empty"),
        ({"phrasing": []}, "phrasing is no field of an entry"),
    ],
)
def test_a_wrong_field_is_named_with_file_and_line(tmp_path: Path, fields: dict[str, Any], sentence: str) -> None:
    (problem,) = problems_of(tmp_path, make_content(**fields))

    assert problem.startswith(f"{tmp_path}/price.yml:")
    assert sentence in problem


def test_the_line_is_that_of_the_wrong_value(tmp_path: Path) -> None:
    path = tmp_path / "price.yml"
    write_entries(path, make_content(related=["sending.batteries", "price.gold"]))
    line = path.read_text().splitlines().index("  - price.gold") + 1

    with pytest.raises(DataFileError, match=f"price.yml:{line}: "):
        load_entries(tmp_path, known=KNOWN)


def test_all_problems_of_all_files_are_told_at_once(tmp_path: Path) -> None:
    write_entries(tmp_path / "broken.yml", {"id": "sending.batteries"})
    (tmp_path / "torn.yml").write_text("- id: [unclosed\n", encoding="utf-8")

    problems = problems_of(tmp_path, make_content(id="price.gold", related=["price.silver"]))

    assert len(problems) == 6
    assert any("torn.yml:2: not valid YAML" in problem for problem in problems)
    assert any("sending.batteries: phrasings is missing" in problem for problem in problems)


def test_an_id_may_be_used_once(tmp_path: Path) -> None:
    problems = problems_of(tmp_path, make_content(), make_content())

    assert problems == [f"{tmp_path}/price.yml:13: price.how_charged: this id is taken by price.yml:1"]


def test_the_same_question_in_another_spelling_may_not_stand_under_two_topics(tmp_path: Path) -> None:
    other = make_content("sending.batteries")
    other["phrasings"][0] = "運費怎麼算"

    (problem,) = problems_of(tmp_path, make_content(), other)

    assert "sending.batteries: “运费怎么算” is already a phrasing of price.how_charged" in problem


def test_a_folder_without_entries_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataFileError, match="no entries"):
        load_entries(tmp_path, known=KNOWN)


def test_an_answer_is_rendered_for_its_channel() -> None:
    entry = make_entry(answer="{carrier}客服 {hotline}", answers={"sms": "见{website}"})

    assert entry.render("web", VALUES) == "云递速运客服 400-888-0000"
    assert entry.render("sms", VALUES) == "见www.example.com"


def test_an_entry_is_valid_on_its_first_and_on_its_last_day() -> None:
    entry = make_entry(valid_from=date(2026, 1, 20), valid_until=date(2026, 2, 20))

    assert [entry.is_valid(date(2026, 1, day)) for day in (19, 20)] == [False, True]
    assert [entry.is_valid(date(2026, 2, day)) for day in (20, 21)] == [True, False]


def test_an_entry_without_dates_is_always_valid() -> None:
    entry: FaqEntry = make_entry()

    assert entry.is_valid(date(1999, 1, 1))
