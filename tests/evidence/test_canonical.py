import json
from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.evidence.canonical import canonical, digest, moment

_EXACT = 2**53 - 1
values = st.recursive(
    st.none() | st.booleans() | st.integers(-_EXACT, _EXACT) | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=12,
)


def test_the_form_is_the_one_that_is_documented():
    document = {"b": 1, "a": ["轨迹", None, True, '\n"\x07'], "é": {}, "𝄞": 2, "ﬁ": 3}

    assert canonical(document) == '{"a":["轨迹",null,true,"\\n\\"\\u0007"],"b":1,"é":{},"𝄞":2,"ﬁ":3}'.encode()


def test_a_known_document_has_a_known_hash():
    assert digest({"seq": 1, "text": "外包装完好"}) == (
        "b9c4aa157aac242777e3c41f2776d80631de36f328403cc00be47b4dc4a9f923"
    )


@given(values)
def test_what_is_written_reads_back_the_same(value):
    assert json.loads(canonical(value)) == value


@given(st.dictionaries(st.text(max_size=5), st.integers(0, 9), min_size=2))
def test_the_order_in_which_a_document_was_made_does_not_matter(document):
    assert canonical(dict(reversed(document.items()))) == canonical(document)


@pytest.mark.parametrize(
    "value", [1.0, {"a": 0.5}, [float("nan")], b"x", {1: "a"}, object(), datetime.now(timezone.utc)]
)
def test_what_has_more_than_one_spelling_is_refused(value):
    with pytest.raises(TypeError):
        canonical(value)


@pytest.mark.parametrize("value", [2**53, -(2**53), "\ud800"])
def test_what_other_languages_would_read_differently_is_refused(value):
    with pytest.raises(ValueError, match=r"exact|surrogates"):
        canonical(value)


def test_a_moment_is_utc_with_microseconds_whatever_zone_it_came_in():
    at = datetime(2026, 3, 4, 10, 0, 0, 7, tzinfo=timezone(timedelta(hours=8)))

    assert moment(at) == "2026-03-04T02:00:00.000007Z"
    with pytest.raises(ValueError, match="zone"):
        moment(datetime(2026, 3, 4))  # noqa: DTZ001 - that is what is refused
