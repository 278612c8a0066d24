import json

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from bot.errors import (
    PhoneTailRequiredError,
    SettingsError,
    TrackingBusyError,
    TrackingConfigError,
    TrackingError,
)
from bot.waybills.model import CheckpointKind, WaybillStatus
from connectors.tracking.sf.account import SfAccount
from connectors.tracking.sf.answers import read_routes
from connectors.tracking.sf.client import SfClient
from connectors.tracking.sf.digest import java_url_encode, msg_digest
from connectors.tracking.track import TrackKey
from tests.connectors.tracking.conftest import SF_NUMBER, payload
from tests.simulators.sf import java_encoded, route

KEY = TrackKey("shunfeng", SF_NUMBER, "1234")


def test_the_digest_is_that_of_the_official_vector():
    account = SfAccount("PARTNER1", SecretStr("fjcg5PGKaNpPSHFAZ4QsCOkV71R3zVci"))
    msg_data = '{"language":"zh-CN","orderId":"QIAO-20200618-004"}'

    assert msg_digest(msg_data, "12312334453453", account) == "IIKJtuLVzoFTu4kHI8M8vA=="


def test_a_star_stays_and_a_tilde_is_encoded():
    assert java_url_encode("a*b~c d-e_f.g+h%") == "a*b%7Ec+d-e_f.g%2Bh%25"


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"])))
def test_text_is_encoded_as_javas_documents_say(text):
    assert java_url_encode(text) == java_encoded(text)


async def test_sf_accepts_a_digest_over_stars_and_tildes(sf_client, sf):
    sf.add("SF*~1", ("1234",), [route("2026-03-02 18:00:00", "已收取快件", "50")])

    assert (await sf_client.track(TrackKey("shunfeng", "SF*~1", "1234"))).waybill_no == "SF*~1"


async def test_routes_become_a_track(sf_client):
    track = await sf_client.track(KEY)

    assert track.status is WaybillStatus.out_for_delivery
    assert [(scan.kind, scan.city) for scan in track.checkpoints] == [
        (CheckpointKind.picked_up, "深圳市"),
        (CheckpointKind.departed, "广州市"),
        (CheckpointKind.out_for_delivery, "广州市"),
    ]
    assert track.checkpoints[0].at.isoformat() == "2026-03-02T18:00:00+08:00"


async def test_a_question_is_in_the_words_of_the_protocol(sf_client, sf):
    await sf_client.track(KEY)

    assert sf.asked == [
        {
            "language": "zh-CN",
            "trackingType": "1",
            "trackingNumber": [SF_NUMBER],
            "methodType": "1",
            "checkPhoneNo": "1234",
        }
    ]


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({"opCode": "50"}, CheckpointKind.picked_up),
        ({"opCode": "80"}, CheckpointKind.delivered),
        ({"opCode": "31"}, CheckpointKind.departed),
        ({"opCode": "31", "firstStatusCode": "1"}, CheckpointKind.picked_up),
        ({"opCode": "44", "firstStatusCode": "3"}, CheckpointKind.out_for_delivery),
        ({"opCode": "8000", "firstStatusCode": "4"}, CheckpointKind.delivered),
        ({"opCode": "44", "firstStatusCode": "99"}, CheckpointKind.departed),
        ({"opCode": 80}, CheckpointKind.delivered),
        ({"opCode": None, "firstStatusCode": 2}, CheckpointKind.departed),
    ],
)
def test_a_route_means_what_its_code_or_its_status_says_and_else_that_it_moves(changes, kind):
    (track,) = read_routes(
        answer({"mailNo": SF_NUMBER, "routes": [route("2026-03-02 18:00:00", "备注", "") | changes]})
    )

    assert [(scan.kind, scan.text) for scan in track.checkpoints()] == [(kind, "备注")]


def test_a_recorded_answer_is_decoded_twice():
    (track,) = read_routes(payload("sf/on_its_way.json"))

    assert track.waybill_no == SF_NUMBER
    assert track.status() is WaybillStatus.out_for_delivery


def test_routes_come_oldest_first_whatever_their_order():
    newest_first = [route("2026-03-03 18:00:00", "b", "80"), route("2026-03-02 18:00:00", "a", "50")]

    (track,) = read_routes(answer({"mailNo": SF_NUMBER, "routes": newest_first}))

    assert [scan.text for scan in track.checkpoints()] == ["a", "b"]
    assert track.status() is WaybillStatus.delivered


@pytest.mark.parametrize("tail", ["", "0000"])
async def test_without_the_right_tail_nothing_is_shown(sf_client, tail):
    with pytest.raises(PhoneTailRequiredError):
        await sf_client.track(TrackKey("shunfeng", SF_NUMBER, tail))


async def test_without_a_tail_sf_is_not_even_asked(sf_client, sf):
    with pytest.raises(PhoneTailRequiredError):
        await sf_client.track(TrackKey("shunfeng", SF_NUMBER))

    assert sf.asked == []


async def test_ten_numbers_go_into_one_request(sf_client, sf):
    numbers = [f"SF{n:013d}" for n in range(23)]
    for number in numbers[:-1]:
        sf.add(number, ("1234",), [route("2026-03-02 18:00:00", "已收取快件", "50")])

    found = await sf_client.routes(numbers, "1234")

    assert [len(question["trackingNumber"]) for question in sf.asked] == [10, 10, 3]
    assert list(found) == numbers[:-1]


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("A1001", TrackingConfigError),
        ("A1004", TrackingConfigError),
        ("A1006", TrackingConfigError),
        ("A1005", TrackingBusyError),
        ("A1099", TrackingBusyError),
        ("A9999", TrackingError),
    ],
)
async def test_a_verdict_of_the_platform_is_an_error_of_its_own(sf_client, sf, code, error):
    sf.envelope = code

    with pytest.raises(error) as raised:
        await sf_client.track(KEY)

    assert raised.type is error


async def test_success_of_the_platform_alone_is_no_success(sf_client, sf):
    sf.inner_error = "8057"

    with pytest.raises(TrackingError, match="8057"):
        await sf_client.track(KEY)


async def test_a_wrong_checkword_raises_the_alarm(sf, clock, caplog):
    account = SfAccount("PARTNER1", SecretStr("another"))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(sf.app)) as http:
        with pytest.raises(TrackingConfigError):
            await SfClient(account, http, clock).track(KEY)

    assert [record.levelname for record in caplog.records if record.name.startswith("connectors")] == ["ERROR"]
    assert "another" not in caplog.text
    assert "1234" not in caplog.text.replace(SF_NUMBER, "")


@pytest.mark.parametrize(
    "data",
    [
        None,
        "",
        "not json",
        "[]",
        "{}",
        '{"success":true,"msgData":null}',
        '{"success":true,"msgData":{"routeResps":[{"routes":[]}]}}',
        '{"success":true,"msgData":{"routeResps":[{"mailNo":"SF1","routes":[{"acceptTime":"昨天"}]}]}}',
    ],
)
def test_routes_that_cannot_be_read_are_told_without_quoting_them(data):
    with pytest.raises(TrackingError) as raised:
        read_routes({"apiResultCode": "A1000", "apiResultData": data})

    assert raised.value.__cause__ is None


def test_an_account_does_not_print_its_checkword(sf_account):
    assert "check*word~1" not in repr(sf_account)


@pytest.mark.parametrize(("partner", "checkword"), [("", "x"), ("PARTNER1", "")])
def test_an_account_without_partner_or_checkword_is_refused(partner, checkword):
    with pytest.raises(SettingsError):
        SfAccount(partner, SecretStr(checkword))


def answer(*routes):
    inner = {"success": True, "errorCode": "S0000", "errorMsg": None, "msgData": {"routeResps": list(routes)}}
    return {"apiResultCode": "A1000", "apiErrorMsg": "", "apiResultData": json.dumps(inner)}
