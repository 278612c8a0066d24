"""Bodies of pushes: read without danger, written without gaps."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.tencent_body import MAX_BYTES, BodyError, cdata, read_body, write_xml

BILLION_LAUGHS = (
    '<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY lol "lol">'
    + "".join(f'<!ENTITY lol{n} "{"&lol" + str(n - 1) + ";" if n > 1 else "&lol;"}">' * 1 for n in range(1, 10))
    + "]><xml><Content>&lol9;</Content></xml>"
)
EXTERNAL = (
    '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><xml><Content>&e;</Content></xml>'
)


def test_fields_are_read_whatever_they_are_wrapped_in():
    body = b"<xml><A><![CDATA[ <b> ]]></A><B>12</B><C><D>x</D></C><E></E></xml>"

    assert read_body(body) == {"A": " <b> ", "B": "12", "C": {"D": "x"}, "E": ""}


def test_repeated_elements_are_a_list():
    assert read_body(b"<xml><L><I>1</I><I>2</I></L></xml>") == {"L": {"I": ["1", "2"]}}


def test_json_is_read_the_same_and_long_numbers_keep_their_digits():
    assert read_body(b'{"MsgId": 23456789012345678, "Content": "hi", "X": null}') == {
        "MsgId": "23456789012345678",
        "Content": "hi",
        "X": "",
    }


@pytest.mark.parametrize(
    "body",
    [
        BILLION_LAUGHS.encode(),
        EXTERNAL.encode(),
        b'<!DOCTYPE xml SYSTEM "http://evil/x.dtd"><xml/>',
        b"",
        b"garbage",
        b"<html></html>",
        b"<xml>",
        b"<xml><a></xml>",
        b"\xff\xfe\x00",
        b'<?xml version="1.0" encoding="nonsense"?><xml/>',
        b"[1]",
        b'{"a": ',
        b"<xml>" + b"<a>" * 20 + b"</a>" * 20 + b"</xml>",
        b"<xml>" + b"<a/>" * 3000 + b"</xml>",
        b'{"a":' * 500 + b"1" + b"}" * 500,
        b"<xml>" + b"x" * MAX_BYTES + b"</xml>",
    ],
    ids=lambda body: repr(body[:30]),
)
def test_what_is_dangerous_or_no_push_is_refused(body):
    with pytest.raises(BodyError):
        read_body(body)


def test_the_end_of_a_section_in_a_text_does_not_end_it():
    text = "a]]>b]]]]>c<Content>&amp;"

    assert read_body(write_xml({"Content": text}).encode())["Content"] == text


@given(st.text(st.characters(exclude_categories=("Cs",)), max_size=200))
def test_every_text_survives_but_for_what_xml_cannot_hold(text):
    holdable = "".join(char for char in text if char in "\t\n\r" or (char >= " " and char not in "\ufffe\uffff"))

    read = read_body(f"<xml><T>{cdata(text)}</T></xml>".encode())["T"]

    assert read == holdable.replace("\r\n", "\n").replace("\r", "\n")


def test_what_a_database_cannot_hold_is_left_out_of_json():
    assert read_body(b'{"Content": "a\\u0000b\\ud800c"}') == {"Content": "abc"}
