"""Writing an entry changes that entry, and not one byte of anything else."""

import difflib
from pathlib import Path
from string import printable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channels import Button
from bot.settings import PROJECT
from bot.studio.drafts.checks import clean, clean_block
from bot.studio.drafts.formats.document import Document, Edit, UnreadableFileError, UnwritableError
from bot.studio.drafts.formats.examples import bare_text, marked_up, marks_of
from bot.studio.drafts.formats.reading import read
from bot.studio.drafts.formats.scalars import block, scalar
from bot.studio.drafts.merging import written
from bot.studio.drafts.model import (
    ExampleValue,
    FaqFields,
    Marked,
    ResponseValue,
    TopicValue,
    Value,
    Variant,
    WordValue,
)
from bot.studio.drafts.workshop import id_of
from tests.studio.drafts.builders import FILES

EXAMPLES = "nlu_data/intents/query_price.yml"
FAQ = "knowledge_base/faq/price.yml"
TOPICS = "knowledge_base/topics.yml"
RESPONSES = "nlu_data/domain/responses/answers.yml"
WORDS = "nlu_data/lexicon/words.txt"
GOODS = "nlu_data/lexicon/goods.yml"
ALIASES = "nlu_data/lexicon/aliases.yml"

awkward = st.sampled_from(
    [
        *"-#:'\"{}[]&*!|>%@`,?~\\",
        "- ",
        ": ",
        " #",
        "null",
        "yes",
        "1.5",
        "2026-01-01",
        "{carrier}",
        "😀",
        "\u3000",
        "\u2028",
    ]
)
signs = st.one_of(awkward, st.sampled_from(printable), st.characters(min_codepoint=0x4E00, max_codepoint=0x4E40))
lines = st.lists(signs, min_size=1, max_size=12).map(lambda each: clean("".join(each))).filter(bool)
blocks = (
    st.lists(st.lists(signs, max_size=8).map("".join), min_size=1, max_size=5)
    .map(lambda each: clean_block("\n".join(each)))
    .filter(bool)
)


def document(path: str, newline: str = "\n") -> Document:
    return read(path, FILES[path].replace("\n", newline).encode(), "blob")


def changed_lines(before: str, after: str) -> tuple[list[str], list[str]]:
    """The lines that went, and those that came."""
    diff = list(difflib.ndiff(before.splitlines(keepends=True), after.splitlines(keepends=True)))
    return [each[2:] for each in diff if each[0] == "-"], [each[2:] for each in diff if each[0] == "+"]


def values(found: Document) -> list[Value]:
    return [entry.value for entry in found.entries.values()]


@pytest.mark.parametrize("path", [EXAMPLES, FAQ, TOPICS, RESPONSES, WORDS, GOODS, ALIASES])
def test_a_file_without_edits_is_written_as_it_was(path):
    assert document(path).written([]) == FILES[path]


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@given(text=lines, number=st.integers(0, 2))
def test_a_changed_example_changes_its_line_only(newline, text, number):
    before = document(EXAMPLES, newline)
    entry_id = list(before.entries)[number]

    after = written(before, [Edit(entry_id, ExampleValue("query_price", text))])

    gone, came = changed_lines(before.text, after.text)
    assert len(gone) <= 1
    assert came in ([f"    - {text}{newline}"], [])
    assert values(after)[number] == ExampleValue("query_price", text)


@given(texts=st.lists(lines, min_size=1, max_size=5, unique=True))
def test_added_examples_only_add_lines(texts):
    before = document(EXAMPLES)

    after = written(before, [Edit(None, ExampleValue("query_price", text)) for text in texts])

    assert after.text == before.text + "".join(f"    - {text}\n" for text in texts)


def test_a_removed_example_takes_its_line_with_it():
    before = document(EXAMPLES)

    after = written(before, [Edit(list(before.entries)[1], None)])

    assert after.text == before.text.replace("    - 三公斤到广州运费多少\n", "")


def test_the_first_example_of_an_intent_can_be_written():
    before = read(EXAMPLES, b'version: "3.1"\nnlu:\n- intent: greet\n  examples: |\n', "blob")

    after = written(before, [Edit(None, ExampleValue("greet", "你好"))])

    assert after.text.endswith("  examples: |\n    - 你好\n")


def test_a_file_that_does_not_end_its_last_line_goes_on_on_a_new_one():
    before = read(EXAMPLES, FILES[EXAMPLES].rstrip("\n").encode(), "blob")

    after = written(before, [Edit(None, ExampleValue("query_price", "寄成都"))])

    assert after.text.endswith("咋收\n    - 寄成都\n")


@given(text=lines)
def test_marks_are_those_that_were_made(text):
    bare = bare_text(text)
    marks = [Marked(0, 1, "region")] if len(bare) > 1 and not set("[](){}") & set(bare) else []

    up = marked_up(bare, marks)

    assert list(marks_of(up)) == marks or "[" in bare
    assert not marks or bare_text(up) == bare


def test_marks_are_read_in_all_ways_that_rasa_writes_them():
    text = '寄[北京](region)的[三斤]{"entity": "weight", "value": "3"}到[沪](region:上海)'

    assert marks_of(text) == (Marked(1, 3, "region"), Marked(4, 6, "weight"), Marked(7, 8, "region"))
    assert bare_text(text) == "寄北京的三斤到沪"


def entry_of(found: Document, number: int = 0) -> FaqFields:
    value = values(found)[number]
    assert isinstance(value, FaqFields)
    return value


@given(
    question=lines,
    phrasings=st.lists(lines, min_size=1, max_size=10),
    answer=blocks,
    sms=lines,
    number=st.integers(0, 1),
)
def test_a_changed_entry_reads_back_and_leaves_the_others_alone(question, phrasings, answer, sms, number):
    before = document(FAQ)
    entry = entry_of(before, number)
    wanted = FaqFields(
        **vars(entry)
        | {"question": question, "phrasings": tuple(phrasings), "answer": answer, "answers": (("sms", sms),)}
    )

    after = written(before, [Edit(f"faq/{entry.id}", wanted)])

    assert entry_of(after, number) == wanted
    other = FILES[FAQ].split("\n# 偏远\n")[1 - number]
    assert other in after.text
    assert "# 资费\n" in after.text
    assert "\n# 偏远\n" in after.text


def change(entry: FaqFields, **fields: object) -> FaqFields:
    return FaqFields(**vars(entry) | fields)


def test_an_added_phrasing_is_one_new_line():
    before = document(FAQ)
    entry = entry_of(before)

    after = written(before, [Edit(f"faq/{entry.id}", change(entry, phrasings=(*entry.phrasings, "寄东西贵不贵")))])

    assert changed_lines(before.text, after.text) == ([], ["    - 寄东西贵不贵\n"])


def test_a_removed_phrasing_is_one_line_less_and_a_changed_one_is_changed_in_place():
    before = document(FAQ)
    entry = entry_of(before)
    phrasings = ("咋收费呀", *entry.phrasings[2:])

    after = written(before, [Edit(f"faq/{entry.id}", change(entry, phrasings=phrasings))])

    assert changed_lines(before.text, after.text) == (
        ["    - 咋收费\n", "    - 首重续重啥意思\n"],
        ["    - 咋收费呀\n"],
    )


@pytest.mark.parametrize(
    ("fields", "gone", "came"),
    [
        ({"question": "怎么收费？"}, ["  question: 运费怎么算？\n"], ["  question: 怎么收费？\n"]),
        ({"related": ()}, ["  related: [price.remote]\n"], []),
        ({"answers": ()}, ["  answers:\n", "    sms: 首重加续重，以称重为准。\n"], []),
        ({"action": None}, ["  action: {title: 查运费, intent: query_price}\n"], []),
    ],
)
def test_only_the_field_that_changed_is_written(fields, gone, came):
    before = document(FAQ)
    entry = entry_of(before)

    after = written(before, [Edit(f"faq/{entry.id}", change(entry, **fields))])

    assert changed_lines(before.text, after.text) == (gone, came)


def test_a_new_entry_comes_last_and_can_be_taken_away_again():
    before = document(FAQ)
    new = change(entry_of(before), id="service.hours", related=("price.remote",))

    after = written(before, [Edit(None, new)])

    assert after.text.startswith(before.text + "\n- id: service.hours\n")
    assert written(after, [Edit("faq/service.hours", None)]).text == before.text + "\n"


def test_an_entry_of_a_new_file_can_be_written():
    new = change(entry_of(document(FAQ)), id="service.hours")

    assert entry_of(written(read("knowledge_base/faq/service.yml", b"", ""), [Edit(None, new)])) == new


def test_a_new_topic_stands_with_its_group():
    before = document(TOPICS)

    after = written(
        before, [Edit(None, TopicValue("price.peak", "旺季: 附加费")), Edit(None, TopicValue("claims.how", "理赔"))]
    )

    assert changed_lines(before.text, after.text) == ([], ['price.peak: "旺季: 附加费"\n', "\n", "claims.how: 理赔\n"])
    assert after.text.index("price.remote") < after.text.index("price.peak") < after.text.index("# 服务")


@given(covers=lines)
def test_a_topic_says_something_else_on_its_own_line(covers):
    before = document(TOPICS)

    after = written(before, [Edit("topic/price.remote", TopicValue("price.remote", covers))])

    gone, came = changed_lines(before.text, after.text)
    assert len(gone) <= 1
    assert len(came) <= 1


def response(found: Document, name: str) -> ResponseValue:
    value = found.entries[f"response/{name}"].value
    assert isinstance(value, ResponseValue)
    return value


@given(text=blocks, which=st.sampled_from(["utter_greet", "utter_status", "utter_label_query_price"]))
def test_a_changed_wording_leaves_the_others_their_comments_and_the_buttons(text, which):
    before = document(RESPONSES)
    value = response(before, which)
    wanted = ResponseValue(which, (Variant(text, value.variants[0].buttons), *value.variants[1:]))

    after = written(before, [Edit(f"response/{which}", wanted)])

    assert response(after, which) == wanted
    assert "  # 问候\n" in after.text
    assert "    buttons: &suggestions\n" in after.text
    assert "    buttons: *suggestions\n" in after.text
    assert " # 按钮\n" in after.text


def test_wordings_are_added_and_taken_away():
    before = document(RESPONSES)
    value = response(before, "utter_greet")
    buttons = (Button(title="查快递", payload='/query_waybill{"edit": "x"}'),)
    wanted = ResponseValue("utter_greet", (value.variants[0], Variant("在，请讲。", buttons)))

    after = written(before, [Edit("response/utter_greet", wanted)])

    assert response(after, "utter_greet") == wanted
    assert response(after, "utter_status") == response(before, "utter_status")


def test_shared_buttons_are_not_changed_for_the_others_by_accident():
    before = document(RESPONSES)
    value = response(before, "utter_greet")
    wanted = ResponseValue("utter_greet", (Variant(value.variants[0].text, ()), value.variants[1]))

    with pytest.raises(UnwritableError):
        written(before, [Edit("response/utter_greet", wanted)])


def test_responses_are_neither_added_nor_taken_away():
    with pytest.raises(UnwritableError, match="不能新增"):
        written(document(RESPONSES), [Edit("response/utter_greet", None)])


words = lines.map(lambda text: "".join(text.split()).replace("#", "")).filter(bool)


@given(word=words, path=st.sampled_from([WORDS, GOODS, ALIASES]), number=st.integers(0, 1))
def test_a_changed_word_leaves_the_other_words_and_the_comments(word, path, number):
    before = document(path)
    old = values(before)[number]
    assert isinstance(old, WordValue)
    new = WordValue(old.listed_in, word, old.meaning)

    after = written(before, [Edit(id_of(old), new)])

    assert values(after) == [new if value == old else value for value in values(before)]
    assert [line for line in after.text.splitlines() if line.startswith("#")] == [
        line for line in before.text.splitlines() if line.startswith("#")
    ]


@given(word=words, path=st.sampled_from([WORDS, GOODS, ALIASES]))
def test_a_word_that_is_added_and_taken_away_leaves_the_file_as_it_was(word, path):
    before = document(path)
    known = values(before)[0]
    assert isinstance(known, WordValue)
    new = WordValue(known.listed_in, word, known.meaning)

    added = written(before, [Edit(None, new)])

    assert sorted(map(repr, values(added))) == sorted(map(repr, [*values(before), new]))
    assert written(added, [Edit(list(added.entries)[values(added).index(new)], None)]).text == before.text


def test_a_long_line_of_words_is_broken():
    text = "measures: >-\n  " + " ".join(["量词"] * 45) + "\n"
    before = read(GOODS, text.encode(), "blob")

    after = written(before, [Edit(None, WordValue("goods.yml:measures", "提"))])

    assert after.text == text + "  提\n"


def test_taking_away_the_last_word_of_a_line_leaves_no_blank_behind():
    before = document(GOODS)
    ids = {entry.value.text: entry_id for entry_id, entry in before.entries.items()}

    after = written(before, [Edit(ids["部"], None), Edit(ids["盒"], None)])

    assert "  箱 台\n  袋\n" in after.text


@given(text=st.one_of(lines, blocks))
def test_a_scalar_reads_back(text):
    found = read(TOPICS, f"a.b: {block(text, '  ') if chr(10) in text else scalar(text)}\n".encode(), "")

    assert values(found) == [TopicValue("a.b", text)]


@pytest.mark.parametrize("content", [b"nlu: [", b"- a\n", b"\xff\xfe", b"version: 1\n", b"nlu:\n- intent\n"])
def test_a_broken_file_is_unreadable(content):
    with pytest.raises(UnreadableFileError):
        read(EXAMPLES, content, "")


@pytest.mark.parametrize(
    "path",
    sorted(
        str(path.relative_to(PROJECT))
        for folder in ("nlu_data/intents", "nlu_data/lexicon", "nlu_data/domain/responses", "knowledge_base/faq")
        for path in (PROJECT / folder).glob("*.*")
    ),
)
def test_every_shipped_file_can_be_read_and_each_of_its_entries_written(path):
    before = read(path, Path(PROJECT / path).read_bytes(), "blob")
    some = list(before.entries.values())[:: max(len(before.entries) // 5, 1)]

    for entry in some:
        new = _other(entry.value)
        if new is None:
            continue
        after = written(before, [Edit(entry.id, new)])
        gone, came = changed_lines(before.text, after.text)
        assert len(gone) <= 1 + before.text.count("\n") // 50 + 20
        assert new in values(after)
        assert came


def _other(value: Value) -> Value | None:
    """The same entry, saying a little more."""
    match value:
        case ExampleValue():
            return ExampleValue(value.intent, f"{value.text}：对吗")
        case FaqFields():
            return change(value, answer=f"{value.answer}\n\n：- 补充", phrasings=(*value.phrasings, "补充: 问法"))
        case ResponseValue():
            first = value.variants[0]
            return ResponseValue(
                value.name, (Variant(f"{first.text}：补充", first.buttons, first.extra), *value.variants[1:])
            )
        case WordValue():
            return WordValue(value.listed_in, f"{value.text}补", value.meaning)
        case _:
            return None
