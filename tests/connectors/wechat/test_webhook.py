"""The endpoint: who is let in, and what is stored before it is acknowledged."""

from datetime import timedelta

import pytest

from connectors.tencent_crypto import signature_of
from tests.connectors.wechat.test_body import BILLION_LAUGHS, EXTERNAL
from tests.connectors.wechat.world import ACCOUNT, OPENID
from tests.simulators.wechat import NO_SERVICE

PATH = "/wechat/callback"
OTHER_KEY = "ZYXWVUTSRQPONMLKJIHGFEDCBA9876543210zyxwvut"


def signed(clock, nonce="12345", **more):
    stamp = str(int(clock().timestamp()))
    return {"timestamp": stamp, "nonce": nonce, "signature": signature_of("cstoken2024", stamp, nonce), **more}


def text_push(wechat, content="查快递", msg_id="1"):
    created = int(wechat.clock().timestamp())
    return {
        "ToUserName": "gh_demo",
        "FromUserName": OPENID,
        "CreateTime": created,
        "MsgType": "text",
        "Content": content,
        "MsgId": int(msg_id),
    }


async def test_the_echo_comes_back_byte_for_byte(world, clock):
    answer = await world.to_us.get(PATH, params=signed(clock, echostr="4375120948345356249"))

    assert (answer.status_code, answer.content) == (200, b"4375120948345356249")
    assert answer.headers["content-type"].startswith("text/plain")


async def test_a_forged_verification_is_refused(world, clock):
    answer = await world.to_us.get(PATH, params=signed(clock, echostr="1") | {"signature": "0" * 40})

    assert (answer.status_code, "1" in answer.text) == (403, False)


@pytest.mark.parametrize("as_json", [False, True], ids=["xml", "json"])
@pytest.mark.parametrize("mode", ["plain", "compatible", "safe"])
async def test_a_message_of_each_mode_and_format_is_stored_and_acknowledged(make_world, mode, as_json):
    world = make_world(mode=mode)
    world.wechat.as_json = as_json

    msg_id = await world.wechat.writes("查快递 ]]> &amp;")

    assert world.wechat.pushes[-1].text == "success"
    [letter] = world.inbox.letters
    assert (letter.channel, letter.key, letter.lane) == ("wechat", msg_id, OPENID)
    assert letter.body["Content"] == "查快递 ]]> &amp;"
    assert world.screen == []


async def test_a_repeated_message_is_stored_once(world):
    await world.wechat.writes("在吗", msg_id="77")
    await world.wechat.writes("在吗", msg_id="77")

    assert len(world.inbox.letters) == 1
    assert [pushed.text for pushed in world.wechat.pushes] == ["success", "success"]


async def test_a_repeated_event_is_stored_once_though_it_has_no_id(world, clock):
    await world.wechat.clicks("/query_waybill")
    await world.wechat.clicks("/query_waybill")
    await world.wechat.clicks("/complain")
    clock.advance(timedelta(seconds=1))
    await world.wechat.clicks("/query_waybill")

    assert [letter.body["EventKey"] for letter in world.inbox.letters] == [
        "/query_waybill",
        "/complain",
        "/query_waybill",
    ]


async def test_an_account_in_safe_mode_takes_no_plain_body(world, clock):
    body = "<xml><FromUserName>o</FromUserName><MsgType>text</MsgType><Content>hi</Content><MsgId>1</MsgId></xml>"

    answer = await world.to_us.post(PATH, params=signed(clock), content=body, headers={"Content-Type": "text/xml"})

    assert (answer.status_code, world.inbox.letters) == (403, [])


async def test_in_compatible_mode_only_what_is_encrypted_counts(make_world):
    world = make_world(mode="compatible")
    query, body = world.wechat.envelope(text_push(world.wechat, "查快递"))
    forged = body.replace("查快递".encode(), "退款".encode())

    await world.to_us.post(PATH, params=query, content=forged, headers={"Content-Type": "text/xml"})

    assert world.inbox.letters[0].body["Content"] == "查快递"


@pytest.mark.parametrize("mode", ["plain", "compatible", "safe"])
async def test_a_forged_signature_is_refused(make_world, mode):
    world = make_world(mode=mode)
    name = "signature" if mode == "plain" else "msg_signature"

    pushed = await world.wechat.attempt(text_push(world.wechat), **{name: "0" * 40})

    assert (pushed.status, world.inbox.letters) == (403, [])


@pytest.mark.parametrize("seconds", [-600, 600])
@pytest.mark.parametrize("mode", ["plain", "safe"])
async def test_an_old_or_future_signature_is_refused(make_world, clock, mode, seconds):
    world = make_world(mode=mode)
    query, body = world.wechat.envelope(text_push(world.wechat))
    clock.advance(timedelta(seconds=seconds))

    answer = await world.to_us.post(PATH, params=query, content=body, headers={"Content-Type": "text/xml"})

    assert (answer.status_code, world.inbox.letters) == (403, [])


async def test_a_captured_signature_opens_no_other_plain_body(make_world):
    world = make_world(mode="plain")
    query, body = world.wechat.envelope(text_push(world.wechat, "查快递"))
    _, other = world.wechat.envelope(text_push(world.wechat, "我要退款", msg_id="2"))

    answers = [
        await world.to_us.post(PATH, params=query, content=content, headers={"Content-Type": "text/xml"})
        for content in (body, other, body)
    ]

    assert [answer.status_code for answer in answers] == [200, 403, 200]
    assert [letter.body["Content"] for letter in world.inbox.letters] == ["查快递"]


async def test_used_signatures_are_forgotten_when_they_are_too_old_to_be_good(make_world, clock, database):
    from sqlalchemy import func, select

    from connectors.wechat.tables import WeChatNonce

    world = make_world(mode="plain")
    await world.wechat.writes("查快递")
    clock.advance(timedelta(minutes=12))
    await world.jobs.periodically["wechat.forget"](clock())

    async with database.transaction() as session:
        assert await session.scalar(select(func.count()).select_from(WeChatNonce)) == 0


async def test_a_message_for_another_account_is_refused(world):
    world.wechat.app_id = "wxsomebodyelse00"

    await world.wechat.writes("查快递")

    assert (world.wechat.pushes[-1].status, world.inbox.letters, world.screen) == (403, [], [NO_SERVICE])


async def test_while_a_new_key_spreads_the_old_one_is_still_good(make_world):
    world = make_world(wechat_aes_key=OTHER_KEY, wechat_aes_key_previous=ACCOUNT["wechat_aes_key"])

    await world.wechat.writes("旧的钥匙")
    world.wechat.aes_key = OTHER_KEY
    await world.wechat.writes("新的钥匙")

    assert [letter.body["Content"] for letter in world.inbox.letters] == ["旧的钥匙", "新的钥匙"]


async def test_an_old_key_that_is_not_ours_any_more_is_refused(make_world):
    world = make_world(wechat_aes_key=OTHER_KEY)

    await world.wechat.writes("旧的钥匙")

    assert (world.wechat.pushes[-1].status, world.inbox.letters) == (403, [])


@pytest.mark.parametrize("body", [BILLION_LAUGHS, EXTERNAL, "", "garbage", "<xml/>", "[]"])
@pytest.mark.parametrize("mode", ["plain", "safe"])
async def test_hostile_bodies_are_refused(make_world, clock, mode, body):
    world = make_world(mode=mode)
    query = signed(clock) | ({"encrypt_type": "aes", "msg_signature": "0" * 40} if mode == "safe" else {})

    answer = await world.to_us.post(PATH, params=query, content=body, headers={"Content-Type": "text/xml"})

    assert answer.status_code in (400, 403)
    assert world.inbox.letters == []


async def test_a_hostile_document_within_a_good_envelope_is_refused(world):
    from connectors.tencent_crypto import MessageCrypt

    stamp = str(int(world.clock().timestamp()))
    crypt = MessageCrypt("cstoken2024", [ACCOUNT["wechat_aes_key"]], ACCOUNT["wechat_app_id"])
    sealed = crypt.seal(BILLION_LAUGHS, timestamp=stamp, nonce="1")
    query = {"timestamp": stamp, "nonce": "1", "encrypt_type": "aes", "msg_signature": sealed.signature}

    answer = await world.to_us.post(PATH, params=query, content=sealed.as_xml(), headers={"Content-Type": "text/xml"})

    assert (answer.status_code, world.inbox.letters) == (400, [])


async def test_a_body_longer_than_any_push_is_refused(world, clock):
    answer = await world.to_us.post(
        PATH, params=signed(clock), content=b"x" * 200_000, headers={"Content-Type": "text/xml"}
    )

    assert answer.status_code == 413


@pytest.mark.parametrize(
    "content_type", ["text/html", "multipart/form-data; boundary=x", "application/x-www-form-urlencoded"]
)
async def test_another_content_type_is_refused(world, clock, content_type):
    answer = await world.to_us.post(
        PATH, params=signed(clock), content=b"<xml/>", headers={"Content-Type": content_type}
    )

    assert answer.status_code == 415


async def test_a_database_that_is_away_is_not_acknowledged(world):
    async def broken(_):
        raise ConnectionError

    world.inbox.put = broken

    with pytest.raises(ConnectionError):
        await world.wechat.writes("查快递")


async def test_no_secret_and_no_openid_gets_into_the_log(world, clock, caplog):
    await world.wechat.attempt(text_push(world.wechat), msg_signature="0" * 40)

    assert "refused" in caplog.text
    for secret in (OPENID, "查快递", *(str(value) for name, value in ACCOUNT.items() if name != "wechat_api_url")):
        assert secret not in caplog.text
