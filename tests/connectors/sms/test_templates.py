import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import DataFileError, SettingsError
from bot.notices.catalogue import catalogue as notice_kinds
from connectors.sms.catalogue import Approved, Catalogue, Template, Variable, check_templates, load_catalogue
from connectors.sms.segments import segments
from connectors.sms.submitting import submitted
from tests.simulators.sms import codes_of

BASE = "https://chat.example.com/c/"
SIGNATURE = "【云递速运】"
OPT_OUT_TEXT = re.compile(r"回复\s*(TD|T|N|R|退订)")


def approved(catalogue, platform, longest):
    return Approved(codes_of(catalogue, platform), longest)


def test_no_template_breaks_the_rules_of_the_platforms(catalogue):
    for kind, template in catalogue.templates.items():
        text = submitted(template, "aliyun", longest_value=35, base=BASE)
        assert "【" not in text, kind
        assert "】" not in text, kind
        assert "}${" not in text, f"{kind}: two variables side by side"
        assert re.sub(r"\$\{\w+\}", "", text).strip(), f"{kind}: nothing but variables"
        assert not OPT_OUT_TEXT.search(text), f"{kind}: only advertising may say how to opt out"
        assert all(1 <= len(name) <= 35 for name in re.findall(r"\$\{(\w+)\}", text)), kind


def test_the_templates_one_gets_most_fit_into_one_or_two_sms(catalogue):
    longest = {"waybill_no": "YD2026000000011", "status": "运输中", "code": "123456", "minutes": "5", "position": "12"}
    longest |= {"base": BASE, "link_code": "abcdefgh1234"}
    parts = {
        kind: segments(SIGNATURE + catalogue.templates[kind].written(longest))
        for kind in ("verify", "queued", "out_for_delivery", "delivered", "link", "waybill_status")
    }

    assert parts == {
        "verify": 1, "queued": 1, "out_for_delivery": 1, "delivered": 1, "link": 2, "waybill_status": 2
    }  # fmt: skip


@pytest.mark.parametrize(
    ("response", "values", "kind"),
    [
        (
            "utter_waybill_status",
            {"waybill_no": "YD2026000000011", "status": "派送中", "since": "今天 09:00"},
            "waybill_status",
        ),
        (
            "utter_pickup_code",
            {"waybill_no": "YD2026000000011", "place": "天河驿站", "code": "3-2-1015"},
            "pickup_code",
        ),
        ("utter_hand_off_asked", {"position": "3"}, "queued"),
        ("utter_hand_off_unsure", {"position": "3"}, "queued"),
        ("utter_hand_off_locked", {"position": "3"}, "queued"),
    ],
)
def test_the_answers_of_the_bot_are_recognised_as_they_are_written_today(catalogue, words, response, values, kind):
    found = dict(catalogue.for_answer(words.render(response, **values)[0].text))

    assert list(found) == [kind]
    assert set(found[kind].values()) <= set(values.values())


def test_other_answers_are_not_mistaken_for_a_template(catalogue, words):
    for response in words.names("utter_"):
        kinds = [kind for kind, _ in catalogue.for_answer(words.render(response)[0].text)]
        assert len(kinds) <= 1, response


def test_a_short_variable_is_made_of_several_where_it_must(catalogue):
    template = catalogue.templates["out_for_delivery"]

    on_aliyun = approved(catalogue, "aliyun", 35).fill("out_for_delivery", template, {"waybill_no": "YD2026000000011"})
    on_tencent = approved(catalogue, "tencent", 6).fill("out_for_delivery", template, {"waybill_no": "YD2026000000011"})

    assert on_aliyun.values == (("waybill_no", "YD2026000000011"),)
    assert on_tencent.values == (("waybill_no_1", "YD202"), ("waybill_no_2", "60000"), ("waybill_no_3", "00011"))
    assert submitted(template, "tencent", longest_value=6, base="").startswith("您的快件{1}{2}{3}正在派送")
    assert submitted(template, "aliyun", longest_value=35, base="").startswith("您的快件${waybill_no}正在派送")


@given(value=st.text("ABC0123456789", max_size=30), limit=st.integers(1, 35), pieces=st.integers(1, 4))
def test_pieces_are_never_empty_never_too_long_and_together_the_value(value, limit, pieces):
    template = Template(text="a{x}b", variables={"x": Variable(max=24, pieces=pieces)})

    filled = Approved({"k": "1"}, limit).fill("k", template, {"x": value})

    if filled is not None:
        assert "".join(piece for _, piece in filled.values) == value
        assert all(1 <= len(piece) <= limit for _, piece in filled.values)
        assert len(filled.values) == len(Approved({}, limit).variables_of("x", template.variables["x"]))
    else:
        assert not value or len(value) > min(24, limit * (pieces if limit < 24 else 1)) or len(value) < pieces


def test_every_notice_has_a_template_that_its_values_fill(catalogue):
    values = {"waybill_no": "YD2026000000011", "ticket_no": "T2026030400001"}
    for name, kind in notice_kinds().kinds.items():
        template = catalogue.for_notice(kind.template or name)
        assert template is not None, name
        filled = approved(catalogue, "tencent", 6).fill(template, catalogue.templates[template], values)
        assert filled is not None, f"{name} can be sent by Tencent"


@pytest.mark.parametrize("value", ["", "https://evil.example", "【假】", "两行\n字", "长" * 21])
def test_a_value_that_a_platform_refuses_does_not_fit(catalogue, value):
    template = catalogue.templates["out_for_delivery"]

    assert approved(catalogue, "aliyun", 35).fill("out_for_delivery", template, {"waybill_no": value}) is None


def test_a_template_without_approval_does_not_fit(catalogue):
    assert Approved({}, 35).fill("visit", catalogue.templates["visit"], {}) is None


def test_a_catalogue_with_a_blank_nobody_described_is_refused(tmp_path):
    path = tmp_path / "templates.yml"
    path.write_text("templates:\n  a:\n    text: '您的{x}到了'\n", encoding="utf-8")

    with pytest.raises(DataFileError, match="'x'"):
        load_catalogue(path)


@pytest.mark.parametrize(
    "content", ["[]", "templates: {a: {text: x, answers: ['(']}}", "templates: {a: {txt: x}}", "{"]
)
def test_a_catalogue_that_is_none_is_refused(tmp_path, content):
    path = tmp_path / "templates.yml"
    path.write_text(content, encoding="utf-8")

    with pytest.raises(DataFileError):
        load_catalogue(path)


def test_a_gateway_without_the_indispensable_templates_is_refused(catalogue: Catalogue):
    check_templates("aliyun", {"verify": "1", "visit": "2"}, catalogue)
    with pytest.raises(SettingsError, match="verify"):
        check_templates("aliyun", {"link": "2"}, catalogue)
    with pytest.raises(SettingsError, match="link or visit"):
        check_templates("tencent", {"verify": "2"}, catalogue)
    with pytest.raises(SettingsError, match="verfy"):
        check_templates("tencent", {"verfy": "2", "link": "1"}, catalogue)
