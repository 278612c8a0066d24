"""What gateways push, taken in: once, only from them, and acknowledged when it is stored."""

import json
from datetime import timedelta

import httpx
import pytest
from fastapi import FastAPI
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from bot.errors import SettingsError
from connectors.sms.aliyun.pushes import up_letter
from connectors.sms.aliyun.webhook import make_router as make_aliyun_router
from connectors.sms.callbacks import MAX_BYTES, Gate
from connectors.sms.pushes import storable
from tests.connectors.sms.conftest import ABROAD, ALIYUN_URL, MOBILE, PUBLIC, TENCENT_URL, TOKEN, TWILIO_URL
from tests.fakes import FakeInbox

ALIYUN_ACK = {"code": 0, "msg": "接收成功"}
OFFICIAL_UP = """[{"phone_number":"13900000001","content":"查SF1234567890123","send_time":"2024-01-01 12:00:00",
"dest_code":"10690001","sequence_id":"1234567890","sign_name":"阿里云"}]"""
OFFICIAL_REPORT = """[{"phone_number":"13900000001",
"send_time":"2024-01-01 12:00:00","report_time":"2024-01-01 12:00:05",
"success":true,"err_code":"DELIVERED","err_msg":"用户接收成功","sms_size":"1","biz_id":"9006^0","out_id":"o1"}]"""
OFFICIAL_TENCENT_UP = (
    """{"extend":"0","mobile":"13900000001","nationcode":"86","sign":"腾讯云","text":"TD","time":1457336869}"""
)
OFFICIAL_TENCENT_STATUS = """[{"user_receive_time":"2015-10-17 08:03:04","nationcode":"86","mobile":"13900000001",
"report_status":"SUCCESS","errmsg":"DELIVRD","description":"用户短信送达成功","sid":"5000:1"}]"""


class AwayInbox(FakeInbox):
    """An inbox whose database is away until told otherwise."""

    is_away = True

    async def put(self, letter):
        if self.is_away:
            raise ConnectionError("no database")
        return await super().put(letter)


# -- Aliyun --------------------------------------------------------------------------------------------


async def test_the_documented_pushes_of_aliyun_are_taken_and_acknowledged_to_the_letter(world):
    up = await world.http.post(f"{ALIYUN_URL}/up", content=OFFICIAL_UP)
    report = await world.http.post(f"{ALIYUN_URL}/report", content=OFFICIAL_REPORT)

    assert [up.json(), report.json()] == [ALIYUN_ACK, ALIYUN_ACK]
    assert [(letter.key, letter.lane) for letter in world.inbox.letters] == [
        ("aliyun:up:1234567890", MOBILE),
        ("aliyun:report:9006^0:13900000001", MOBILE),
    ]


async def test_an_id_as_a_number_is_the_same_id(world):
    item = json.loads(OFFICIAL_UP)[0]
    await world.http.post(f"{ALIYUN_URL}/up", json=[item])
    await world.http.post(f"{ALIYUN_URL}/up", json=[item | {"sequence_id": 1234567890}])
    del item["sign_name"]
    await world.http.post(f"{ALIYUN_URL}/up", json=[item])

    assert len(world.inbox.letters) == 1


async def test_a_batch_of_aliyun_is_as_many_letters(world):
    items = [world.aliyun.up(MOBILE, f"第{place}条", as_number=place % 2 == 0) for place in range(100)]

    await world.http.post(f"{ALIYUN_URL}/up", json=items)

    assert len(world.inbox.letters) == 100


async def test_aliyun_repeats_after_1_5_and_10_minutes_until_it_is_stored(clock):
    inbox = AwayInbox()
    app = FastAPI()
    app.include_router(make_aliyun_router(Gate.of(SecretStr(TOKEN), ()), inbox, clock))
    from tests.simulators.sms import AliyunSimulator

    aliyun = AliyunSimulator(clock, {})
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app, raise_app_exceptions=False)) as http:
        assert await aliyun.write(http, ALIYUN_URL, MOBILE, "查件") == 500
        for minutes, due in ((1, 1), (4, 0), (1, 1), (9, 0)):
            clock.advance(timedelta(minutes=minutes))
            assert await aliyun.pusher.repeat_due(http) == due
        inbox.is_away = False
        clock.advance(timedelta(minutes=1))
        assert await aliyun.pusher.repeat_due(http) == 1

    assert len(inbox.letters) == 1
    assert (aliyun.pusher.pending, aliyun.pusher.given_up) == ([], [])


async def test_a_batch_that_was_stored_by_half_is_completed_by_its_repetition(clock):
    class HalfInbox(FakeInbox):
        left = 2

        async def put(self, letter):
            self.left -= 1
            if self.left == 0:
                raise ConnectionError("gone in between")
            return await super().put(letter)

    inbox = HalfInbox()
    app = FastAPI()
    app.include_router(make_aliyun_router(Gate.of(SecretStr(TOKEN), ()), inbox, clock))
    from tests.simulators.sms import AliyunSimulator

    items = [AliyunSimulator(clock, {}).up(MOBILE, "a") | {"sequence_id": n} for n in (1, 2, 3)]
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app, raise_app_exceptions=False)) as http:
        first = await http.post(f"{ALIYUN_URL}/up", json=items)
        second = await http.post(f"{ALIYUN_URL}/up", json=items)

    assert (first.status_code, second.status_code) == (500, 200)
    assert sorted(letter.key for letter in inbox.letters) == ["aliyun:up:1", "aliyun:up:2", "aliyun:up:3"]


# -- Tencent -------------------------------------------------------------------------------------------


async def test_the_documented_pushes_of_tencent_are_taken_and_acknowledged_to_the_letter(world, tencent_world):
    world = tencent_world
    up = await world.http.post(f"{TENCENT_URL}/up", content=OFFICIAL_TENCENT_UP)
    status = await world.http.post(f"{TENCENT_URL}/status", content=OFFICIAL_TENCENT_STATUS)

    assert [up.json(), status.json()] == [{"result": 0, "errmsg": "OK"}] * 2
    assert [letter.lane for letter in world.inbox.letters] == [MOBILE, MOBILE]
    assert world.inbox.letters[1].key == "tencent:status:5000:1:13900000001"


async def test_a_message_of_tencent_has_no_id_and_is_known_by_what_it_says(tencent_world):
    world = tencent_world
    first = world.tencent.up(MOBILE, "查件")
    for item in (first, first, first | {"text": "查件呢"}, first | {"time": first["time"] + 1}):
        await world.http.post(f"{TENCENT_URL}/up", json=item)

    assert len(world.inbox.letters) == 3


async def test_tencent_repeats_a_status_twice_at_most(tencent_world):
    world = tencent_world
    await world.say("运单 YD1 **派送中**\n")
    status = [world.tencent.status(world.tencent.sent[0])]

    for _ in range(3):
        await world.http.post(f"{TENCENT_URL}/status", json=status)

    assert len(world.inbox.letters) == 1


# -- who may push ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["aliyun/{}/up", "aliyun/{}/report"])
@pytest.mark.parametrize("token", ["wrong", TOKEN[:-1], TOKEN + "x", "%FF"])
async def test_a_wrong_address_is_no_address(world, path, token):
    answer = await world.http.post(f"{PUBLIC}/sms/{path.format(token)}", content=OFFICIAL_UP)

    assert answer.status_code == 404
    assert world.inbox.letters == []


async def test_a_stranger_who_knows_the_address_is_refused_by_the_network(clock):
    inbox = FakeInbox()
    app = FastAPI()
    app.include_router(make_aliyun_router(Gate.of(SecretStr(TOKEN), ["203.0.113.0/24"]), inbox, clock))
    statuses = []
    for host in ("203.0.113.7", "::ffff:203.0.113.7", "198.51.100.1", "2001:db8::1", "testclient"):
        transport = httpx.ASGITransport(app, client=(host, 1234))
        async with httpx.AsyncClient(transport=transport) as http:
            statuses.append((await http.post(f"{ALIYUN_URL}/up", content=OFFICIAL_UP)).status_code)

    assert statuses == [200, 200, 403, 403, 403]
    assert len(inbox.letters) == 1


def test_a_short_token_or_a_wrong_network_is_refused_at_the_start():
    for token, sources in ((None, []), (SecretStr("short"), []), (SecretStr(TOKEN), ["not-a-network"])):
        with pytest.raises(SettingsError):
            Gate.of(token, sources)


@pytest.mark.parametrize(
    ("content", "status"),
    [
        ("", 400),
        ("{}", 400),
        ("[1]", 400),
        ("[" * 100_000, 400),
        ('[{"phone_number":"1"}' + ' ' * MAX_BYTES + "]", 413),
        (json.dumps([{}] * 1001), 400),
        ("\xff", 400),
        ("<xml/>", 400),
    ],
)  # fmt: skip
async def test_what_is_no_batch_is_refused(world, content, status):
    answer = await world.http.post(f"{ALIYUN_URL}/up", content=content.encode("latin-1"))

    assert answer.status_code == status
    assert world.inbox.letters == []


async def test_an_item_that_says_nothing_is_kept_for_people_to_look_at(world):
    await world.http.post(f"{ALIYUN_URL}/up", json=[{"unheard": "of"}])

    assert world.inbox.letters[0].lane == "aliyun"


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
        max_leaves=10,
    )
)
def test_whatever_is_pushed_can_be_stored(value):
    text = json.dumps(storable(value), ensure_ascii=False)

    text.encode()  # no half of a surrogate pair
    assert "\\u0000" not in text


def test_zero_bytes_and_halves_of_emoji_do_not_get_into_a_letter(clock):
    letter = up_letter({"phone_number": "13900000001", "content": "a\x00\ud83d", "sequence_id": "1\x00"}, clock())

    assert letter.body["item"]["content"] == "a\ufffd"
    assert letter.key == "aliyun:up:1"


# -- Twilio --------------------------------------------------------------------------------------------


async def test_a_signed_call_of_twilio_is_answered_with_nothing_to_say(world):
    answer = await world.twilio.call(world.http, f"{TWILIO_URL}/up", world.twilio.up(ABROAD, "where is my parcel 😀"))

    assert answer.text == '<?xml version="1.0" encoding="UTF-8"?><Response />'
    assert answer.headers["content-type"].startswith("text/xml")
    assert world.inbox.letters[0].lane == ABROAD
    assert set(world.inbox.letters[0].body["item"]) == {"MessageSid", "From", "To", "Body", "NumMedia"}


async def test_a_query_in_the_address_is_signed_too(world):
    form = world.twilio.up(ABROAD, "hi")

    assert (await world.twilio.call(world.http, f"{TWILIO_URL}/up?region=us&x=1", form)).status_code == 200


async def test_forged_calls_are_refused(world):
    form = world.twilio.up(ABROAD, "hi")
    unsigned = await world.http.post(f"{TWILIO_URL}/up", data=form)
    foreign = await world.http.post(f"{TWILIO_URL}/up", data=form, headers={"X-Twilio-Signature": "AAAA"})
    not_ascii = await world.http.post(f"{TWILIO_URL}/up", data=form, headers={"X-Twilio-Signature": "é".encode()})
    world.twilio.auth_token = "guessed"
    wrong_key = await world.twilio.call(world.http, f"{TWILIO_URL}/up", form)

    assert [each.status_code for each in (unsigned, foreign, not_ascii, wrong_key)] == [403] * 4
    assert world.inbox.letters == []


async def test_a_changed_form_is_refused(world):
    form = world.twilio.up(ABROAD, "hi")
    seen = {}

    class Taps(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request):
            seen["signature"] = request.headers["x-twilio-signature"]
            return httpx.Response(200)

    async with httpx.AsyncClient(transport=Taps()) as http:
        await world.twilio.call(http, f"{TWILIO_URL}/up", form)
    headers = {"X-Twilio-Signature": seen["signature"]}

    changed = await world.http.post(f"{TWILIO_URL}/up", data=form | {"From": "+14150000000"}, headers=headers)
    added = await world.http.post(f"{TWILIO_URL}/up", data=form | {"OptOutType": "STOP"}, headers=headers)
    elsewhere = await world.http.post(f"{TWILIO_URL}/status", data=form, headers=headers)
    replayed = [await world.http.post(f"{TWILIO_URL}/up", data=form, headers=headers) for _ in range(3)]

    assert [each.status_code for each in (changed, added, elsewhere)] == [403] * 3
    assert [each.status_code for each in replayed] == [200] * 3
    assert len(world.inbox.letters) == 1, "a replayed call is the same letter"


async def test_a_form_of_another_content_type_is_refused(world):
    form = world.twilio.up(ABROAD, "hi")
    as_json = await world.http.post(f"{TWILIO_URL}/up", json=form, headers={"X-Twilio-Signature": "AAAA"})
    multipart = await world.http.post(f"{TWILIO_URL}/up", files={"From": ("x", b"\xff\xfe")})

    assert (as_json.status_code, multipart.status_code) == (403, 400)


async def test_a_signed_call_for_another_account_is_refused(world):
    form = world.twilio.up(ABROAD, "hi") | {"AccountSid": "ACother"}

    assert (await world.twilio.call(world.http, f"{TWILIO_URL}/up", form)).status_code == 403


async def test_only_what_became_of_it_is_kept_of_a_status(world):
    await world.say("hello", to=ABROAD)
    for status in ("queued", "sent", "delivered", "delivered"):
        form = world.twilio.status(world.twilio.sent[0], status)
        assert (await world.twilio.call(world.http, f"{TWILIO_URL}/status", form)).status_code == 204

    assert [letter.body["item"]["MessageStatus"] for letter in world.inbox.letters] == ["delivered"]


async def test_a_flood_of_fields_is_refused(world):
    content = "&".join(f"f{n}=1" for n in range(500))

    assert (await world.http.post(f"{TWILIO_URL}/up", content=content)).status_code == 400
