import pytest
from pydantic import ValidationError

from bot.errors import AccessRefusedError
from connectors.web.protocol import clean, client_frame
from connectors.web.visitors import RateLimit, VisitorTokens, origin_allowed


def test_control_characters_are_taken_out_but_line_breaks_stay():
    assert clean(" 你\x00好\x1b[31m\n吗\u200e ") == "你好[31m\n吗\u200e"


@pytest.mark.parametrize("payload", ["/query_waybill", '/faq{"faq_topic": "price.how_charged"}', "查快递", ""])
def test_payloads_of_buttons_are_let_in(payload):
    raw = {"type": "message", "id": "1", "data": {"kind": "postback", "text": "查", "payload": payload}}
    assert client_frame.validate_python(raw).data.payload == payload


@pytest.mark.parametrize("payload", ["/restart now", "/../etc", "/Query", "/" + "a" * 80])
def test_payloads_no_button_could_have_are_refused(payload):
    raw = {"type": "message", "id": "1", "data": {"kind": "postback", "text": "查", "payload": payload}}
    with pytest.raises(ValidationError):
        client_frame.validate_python(raw)


def test_a_message_needs_an_id():
    with pytest.raises(ValidationError):
        client_frame.validate_python({"type": "message", "data": {"text": "你好"}})


def test_a_token_names_its_visitor(clock):
    from datetime import datetime, timezone

    tokens = VisitorTokens("s" * 40)
    visitor, token = tokens.issue(at=datetime.now(timezone.utc))
    assert tokens.visitor(token) == visitor


def test_a_token_signed_by_somebody_else_is_refused():
    from datetime import datetime, timezone

    _, token = VisitorTokens("x" * 40).issue(at=datetime.now(timezone.utc))
    with pytest.raises(AccessRefusedError):
        VisitorTokens("s" * 40).visitor(token)


@pytest.mark.parametrize(
    ("origin", "allowed"),
    [
        (None, True),
        ("http://service.example:8080", True),
        ("https://shop.example", True),
        ("https://evil.example", False),
        ("null", False),
    ],
)
def test_only_listed_origins_and_our_own_may_talk_to_us(origin, allowed):
    assert origin_allowed(origin, "service.example:8080", ["https://shop.example"]) is allowed


def test_a_burst_is_let_through_and_then_a_wait_is_named():
    now = 100.0
    limit = RateLimit(60, 3, monotonic=lambda: now)

    assert [limit.wait_for("a") for _ in range(3)] == [0, 0, 0]
    assert limit.wait_for("a") == pytest.approx(1.0)
    assert limit.wait_for("b") == 0


def test_waiting_fills_the_bucket_again():
    moments = iter([0.0, 0.0, 1.5])
    limit = RateLimit(60, 1, monotonic=lambda: next(moments))

    limit.wait_for("a")
    assert limit.wait_for("a") > 0
    assert limit.wait_for("a") == 0
