"""Whatever a page holds, reading it refuses or understands, and what is stored can be stored."""

import json
from datetime import datetime, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channels import Attachment, MessageKind
from bot.errors import UnreadableError
from connectors.tencent_body import BodyError
from connectors.wecom.incoming import Entered, Ignored, Moved, NotSent, Said, cleaned, key_of, read, sent_at

_WORDS = st.sampled_from(
    ["text", "event", "location", "image", "msgmenu", "3", "4", "5", "wm1", "\x00", "\ud800", "nan"]
)
_LEAF = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | _WORDS
_NAMES = st.sampled_from(
    ["msgid", "msgtype", "origin", "text", "content", "event", "event_type", "external_userid", "send_time", "list"]
) | st.text(max_size=8)
_VALUES = st.recursive(_LEAF, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_NAMES, inner, max_size=6))
_MESSAGES = st.dictionaries(_NAMES, _VALUES, max_size=8)


@given(_MESSAGES)
def test_nothing_but_a_refusal_comes_of_nonsense(message):
    try:
        fields = cleaned(message)
        found = read(fields, "wk")
    except (BodyError, UnreadableError):
        return
    assert isinstance(found, Said | Entered | NotSent | Moved | Ignored)
    assert 0 < len(key_of(fields)) <= 128
    assert sent_at(fields).tzinfo is not None
    kept = json.dumps(fields, ensure_ascii=False)
    assert "\\u0000" not in kept
    assert kept.encode()


def test_a_message_without_an_id_has_one_made_of_what_it_says():
    one, same, other = ({"msgtype": "text", "text": {"content": text}} for text in ("a", "a", "b"))

    assert key_of(one) == key_of(same) != key_of(other)


@pytest.mark.parametrize(("stamp", "year"), [("1615478585", 2021), ("", 1970), ("soon", 1970), ("9" * 30, 2100)])
def test_a_time_that_makes_no_sense_is_none(stamp, year):
    assert sent_at({"send_time": stamp}).year == year


def test_the_example_of_the_documentation_is_read():
    message = {
        "msgid": "m1",
        "open_kfid": "wk1",
        "external_userid": "wm1",
        "send_time": 1615478585,
        "origin": 3,
        "servicer_userid": "",
        "msgtype": "text",
        "text": {"content": "我的件到哪了", "menu_id": "101"},
    }
    found = read(cleaned(message), "wk1")

    assert isinstance(found, Said)
    assert (found.id, found.kind, found.text, found.menu_id) == ("m1", MessageKind.text, "我的件到哪了", "101")
    assert found.place.at == datetime.fromtimestamp(1615478585, timezone.utc)
    assert found.servicer == ""


def test_what_a_person_in_wecom_says_is_told_apart():
    message = {"origin": 5, "external_userid": "wm1", "servicer_userid": "zhang", "msgtype": "image"}
    found = read(cleaned({**message, "image": {"media_id": "M"}}), "wk1")

    assert isinstance(found, Said)
    assert (found.servicer, found.attachment) == ("zhang", Attachment(kind=MessageKind.image, remote="M"))
