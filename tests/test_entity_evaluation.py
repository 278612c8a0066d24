from pathlib import Path

import pytest

from bot.entity_evaluation import (
    FoundEntity,
    LabelledEntity,
    LabelledSentence,
    evaluate_entities,
    is_value,
    read_labelled_entities,
    score_entities,
)
from bot.errors import DataFileError

KINDS = {"region", "goods", "weight", "date", "address"}


def labelled(text: str, *entities: tuple[str, str]) -> LabelledSentence:
    return LabelledSentence(text=text, entities=[LabelledEntity(type=kind, text=words) for kind, words in entities])


def found(text: str, kind: str, words: str, normalized: object = None) -> FoundEntity:
    start = text.index(words)
    return FoundEntity.model_validate(
        {"entity": kind, "value": words, "start": start, "end": start + len(words), "normalized": normalized}
    )


def test_an_entity_is_right_only_with_its_kind_and_its_words() -> None:
    text = "寄两箱书到兰州"
    report = score_entities(
        [labelled(text, ("goods", "两箱书"), ("region", "兰州"))],
        [[found(text, "goods", "书"), found(text, "region", "兰州")]],
    )

    assert (report.micro.precision, report.micro.recall, report.micro.f1) == (0.5, 0.5, 0.5)
    assert report.macro_f1 == 0.5
    assert report.per_kind["region"].f1 == 1.0
    assert report.worst[0].missed == ["goods:两箱书"]
    assert report.worst[0].wrong == ["goods:书"]


def test_what_lies_inside_a_longer_find_is_not_counted() -> None:
    text = "送到杭州市文三路3号"
    address, city = found(text, "address", "杭州市文三路3号"), found(text, "region", "杭州市")

    report = score_entities([labelled(text, ("address", "杭州市文三路3号"))], [[city, address]])

    assert report.micro.precision == 1.0


@pytest.mark.parametrize(
    ("kind", "wanted", "normalized"),
    [
        ("weight", "3.5", 3.5),
        ("amount", "1200", 1200.0),
        ("dimensions", "40x30x20", [40.0, 30.0, 20.0]),
        ("date", "2026-11-21", {"first": "2026-11-21", "last": "2026-11-21"}),
        ("date", "2026-11-21/2026-11-22", {"first": "2026-11-21", "last": "2026-11-22"}),
        ("date", "2027-01-04", {"first": "2027-01-04", "last": None}),
        ("time_period", "9-11", {"from": 9.0, "to": 11.0}),
        ("time_period", "15-", {"from": 15.0, "to": 18.0}),
        ("phone", "13800138000", "13800138000"),
        ("region", "310000", {"code": "310000", "name": "上海市"}),
    ],
)
def test_a_value_is_compared_in_its_own_way(kind: str, wanted: str, normalized: object) -> None:
    label = LabelledEntity(type=kind, text="x", value=wanted)
    entity = FoundEntity.model_validate({"entity": kind, "value": "x", "start": 0, "end": 1, "normalized": normalized})

    assert is_value(label, entity)
    assert not is_value(label.model_copy(update={"value": "7"}), entity)


def test_a_value_that_was_not_found_counts_as_wrong() -> None:
    sentence = LabelledSentence(text="三公斤", entities=[LabelledEntity(type="weight", text="三公斤", value="3")])

    report = score_entities([sentence, sentence], [[found("三公斤", "weight", "三公斤", 3.0)], []])

    assert (report.values["weight"].n, report.values["weight"].right, report.value_accuracy) == (2, 1, 0.5)


def test_a_file_is_measured_with_any_finder(tmp_path: Path) -> None:
    file = tmp_path / "entities.jsonl"
    file.write_text('{"text": "到兰州", "entities": [{"type": "region", "text": "兰州"}]}\n', encoding="utf-8")

    report = evaluate_entities(file, lambda texts: [[found(text, "region", "兰州")] for text in texts], KINDS)

    assert (report.n, report.micro.f1) == (1, 1.0)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("not json", "line: Invalid JSON"),
        ('{"text": "x"}', "entities: Field required"),
        ('{"text": "x", "entities": [{"type": "colour", "text": "x"}]}', "'colour' is not an entity"),
        ('{"text": "x", "entities": [{"type": "goods", "text": "y"}]}', "'y' is not in the sentence"),
        ('{"text": "x", "entities": [{"type": "date", "text": "x", "value": "soon"}]}', "Invalid isoformat"),
    ],
)
def test_a_bad_line_is_named(line: str, said: str, tmp_path: Path) -> None:
    file = tmp_path / "entities.jsonl"
    file.write_text(line + "\n", encoding="utf-8")

    with pytest.raises(DataFileError) as refusal:
        read_labelled_entities(file, KINDS)

    assert f"{file}:1: " in str(refusal.value)
    assert said in str(refusal.value)
