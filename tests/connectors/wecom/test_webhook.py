"""The doorbell: who may ring it, and that nothing is acknowledged before it is stored."""

from datetime import datetime, timedelta, timezone

import pytest
from wechatpy.crypto import WeChatCrypto

from connectors.tencent_body import MAX_BYTES, read_body, write_xml
from connectors.wecom.account import WeComAccount
from connectors.wecom.envelope import Envelope, ForgedError
from tests.conftest import FrozenClock
from tests.connectors.wecom.world import ACCOUNT, World
from tests.simulators.wecom import KFID

ECHO = "Q3stYC6hdFzMh9T8HCvyDH0IHJENRtL8kKsqSYgg4gBeiTpo2e8dLmRRhxdna5yMVu0s4RoCX7iZ4LGYqVDhtA=="
ECHO_SIGNATURE = "4082415f051fcb42d7a344ffd0e9b76864c31e3e"
STAMP, NONCE = "1700000000", "1320562132"
THEN = datetime.fromtimestamp(1700000000, timezone.utc)


@pytest.fixture
def envelope(world: World) -> Envelope:
    return Envelope(world.account)


def test_the_known_echo_is_opened(envelope):
    query = {"msg_signature": ECHO_SIGNATURE, "timestamp": STAMP, "nonce": NONCE, "echostr": ECHO}

    assert envelope.greeted(query, now=THEN) == b"1616140317555161061"


async def test_a_ring_sealed_by_wechatpy_is_taken(world):
    stamp = str(int(world.clock().timestamp()))
    ring = {"CreateTime": 1, "MsgType": "event", "Event": "kf_msg_or_event", "Token": "ENC", "OpenKfId": KFID}
    crypto = WeChatCrypto("cstoken2024", ACCOUNT["wecom_aes_key"], "ww0123456789abcdef")
    sealed = read_body(crypto.encrypt_message(write_xml(ring), NONCE, stamp).encode())
    query = {"msg_signature": sealed["MsgSignature"], "timestamp": stamp, "nonce": NONCE}
    body = write_xml({"ToUserName": "ww0123456789abcdef", "AgentID": "", "Encrypt": sealed["Encrypt"]})

    assert (await world.to_us.post("/wecom/callback", params=query, content=body)).status_code == 200
    assert [letter.lane for letter in await world.letters()] == [KFID]


async def test_the_console_hears_its_encrypted_echo_in_plain(world):
    pushed = await world.wecom.verifies("1616140317555161061")

    assert (pushed.status, pushed.text) == (200, "1616140317555161061")


@pytest.mark.parametrize(
    "changes",
    [
        {"msg_signature": "0" * 40},
        {"msg_signature": ""},
        {"nonce": "1"},
        {"timestamp": "1"},
        {"timestamp": "soon"},
        {"echostr": ""},
        {"echostr": "bm90IG91cnM="},
    ],
)
async def test_an_echo_that_is_not_the_platforms_is_refused(world, changes):
    assert (await world.wecom.verifies(**changes)).status == 403


async def test_an_echo_for_another_company_is_refused(world):
    world.wecom.corp_id = "wwAnother"

    assert (await world.wecom.verifies()).status == 403


async def test_a_ring_is_a_letter_stored_and_acknowledged(world):
    await world.wecom.writes("你好")

    [letter] = await world.letters()
    assert (letter.channel, letter.lane, letter.body["what"]) == ("wecom", KFID, "bell")
    assert world.wecom.pushes[-1].text == "success"
    assert world.called("kf/sync_msg") == []


async def test_the_same_ring_again_is_the_same_letter(world):
    fields = {"Event": "kf_msg_or_event", "Token": "ENC1", "OpenKfId": KFID}
    whole = {"ToUserName": world.wecom.corp_id, "CreateTime": 1, "MsgType": "event", **fields}
    for _ in range(3):
        assert (await world.wecom.attempt(whole)).status == 200

    assert len(await world.letters()) == 1


@pytest.mark.parametrize(
    "changes", [{"msg_signature": "0" * 40}, {"nonce": "2"}, {"timestamp": "1700000000"}, {"timestamp": "９９"}]
)
async def test_a_forged_ring_is_refused_and_stores_nothing(world, changes):
    pushed = await world.wecom.attempt({"MsgType": "event", "Event": "kf_msg_or_event", "OpenKfId": KFID}, **changes)

    assert pushed.status == 403
    assert await world.letters() == []


async def test_a_ring_replayed_after_minutes_is_refused(world: World, clock: FrozenClock):
    await world.wecom.writes("你好")
    old = world.wecom.pushes[-1]
    clock.advance(timedelta(minutes=6))

    response = await world.to_us.post("/wecom/callback", params=old.query, content=old.body)

    assert response.status_code == 403


async def test_a_plain_body_is_refused(world):
    query, _ = world.wecom.envelope("<xml></xml>")
    body = write_xml({"MsgType": "event", "Event": "kf_msg_or_event", "OpenKfId": KFID, "Token": "x"})

    assert (await world.to_us.post("/wecom/callback", params=query, content=body)).status_code == 403
    assert await world.letters() == []


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"garbage",
        b"<xml/>",
        b"<xml><Encrypt>%%%</Encrypt></xml>",
        b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><xml><Encrypt>&e;</Encrypt></xml>',
        b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]><xml><Encrypt>&b;</Encrypt></xml>',
        b'{"Encrypt": {"a": 1}}',
        b"\xff\xfe\x00",
    ],
)
async def test_hostile_bodies_are_refused(world, body):
    query, _ = world.wecom.envelope("<xml></xml>")
    response = await world.to_us.post("/wecom/callback", params=query, content=body)

    assert response.status_code in (400, 403)
    assert await world.letters() == []


@pytest.mark.parametrize("plain", ["", "no xml", "<xml/>", "<xml><a>1</a></xml>", "<xml><MsgType/></xml>"])
async def test_what_is_sealed_rightly_but_is_no_push_is_refused(world, plain):
    query, body = world.wecom.envelope(plain)
    response = await world.to_us.post("/wecom/callback", params=query, content=body)

    assert response.status_code == 400


async def test_a_body_without_end_is_refused(world):
    query, _ = world.wecom.envelope("<xml></xml>")
    response = await world.to_us.post("/wecom/callback", params=query, content=b"<" * (MAX_BYTES + 1))

    assert response.status_code == 413


async def test_a_form_is_refused(world):
    assert (await world.to_us.post("/wecom/callback", data={"a": "1"})).status_code == 415


@pytest.mark.parametrize("event", [{"Event": "enter_agent"}, {"Event": "kf_msg_or_event"}, {"MsgType": "text"}])
async def test_what_is_not_about_customer_service_is_acknowledged_only(world, event):
    assert (await world.wecom.attempt({"MsgType": "event", **event})).status == 200
    assert await world.letters() == []


def test_a_key_before_is_still_good(world):
    from bot.settings import Settings

    settings = Settings(
        _env_file=None,
        **{**ACCOUNT, "wecom_aes_key": "Z" * 43, "wecom_aes_key_previous": ACCOUNT["wecom_aes_key"]},
    )
    account = WeComAccount.of(settings)
    assert account is not None
    query = {"msg_signature": ECHO_SIGNATURE, "timestamp": STAMP, "nonce": NONCE, "echostr": ECHO}

    assert Envelope(account).greeted(query, now=THEN) == b"1616140317555161061"


def test_no_call_without_anything_encrypted(envelope):
    with pytest.raises(ForgedError):
        envelope.greeted({"timestamp": STAMP}, now=THEN)
