"""Tencent's envelope against the official vectors and against wechatpy."""

import warnings

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import SettingsError
from connectors.tencent_body import read_body, write_xml
from connectors.tencent_crypto import CryptError, MessageCrypt, is_signed, signature_of

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from wechatpy.crypto import WeChatCrypto
    from wechatpy.exceptions import InvalidAppIdException

TOKEN, APP_ID = "cstoken2024", "wx0123456789abcdef"
KEY = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
OTHER_KEY = "ZYXWVUTSRQPONMLKJIHGFEDCBA9876543210zyxwvut"
STAMP, NONCE = "1700000000", "1320562132"
PLAIN = (
    "<xml><ToUserName><![CDATA[gh_demo]]></ToUserName><FromUserName><![CDATA[oDemoOpenId]]></FromUserName>"
    "<CreateTime>1700000000</CreateTime><MsgType><![CDATA[text]]></MsgType>"
    "<Content><![CDATA[查快递SF1234567890123]]></Content><MsgId>23456789012345678</MsgId></xml>"
)
ENCRYPTED = (
    "Q3stYC6hdFzMh9T8HCvyDKSj6W297BTIvfT+PbfkEpEahNfGQIJ0QXSG33gXU7OweyD5etLoYHxtuV5mm5eLOh28xf1WuAK2z3habi17I5hDOTGE"
    "Mt4WzhbjFTs6Xicfgo3K2mYLu+cxpyVRPfBDwiHrxuX6hnb22X0ieHRmmd6RfMWn/toydQsa3rqy8xj2SlX2389SANBq8Hj+1vqKJRN1YSQFyZ4E"
    "1KPw1IdB081x9KT7MYG6OzsNRGEucWiVnSWPM20NzXDEZnxz1wWKTrDt4O8c7hU/4DfwzEfSP++vY0GkdDHYFu7z7S/OzHQ55W3F5wRC16iF9etH"
    "yKuFpGJtBrEYwSaqzB1kl1EA8uWldfm84lQZIk7OagjM8gHb1kRquZt2Geam/zf0644AK60PJtbVg0uUavcul2guqWw="
)


@pytest.fixture
def crypt():
    return MessageCrypt(TOKEN, [KEY], APP_ID)


@pytest.mark.parametrize(
    ("stamp", "nonce", "signature"),
    [
        ("1714037059", "486452656", "899cf89e464efb63f54ddac96b0a0a235f53aa78"),
        ("1714036504", "1514711492", "f464b24fc39322e44b38aa78f5edd27bd1441696"),
    ],
)
def test_the_official_signatures_are_ours(stamp, nonce, signature):
    assert is_signed(signature, "AAAAA", stamp, nonce)
    assert not is_signed(signature, "AAAAB", stamp, nonce)


def test_the_known_message_is_sealed_byte_for_byte(crypt):
    sealed = crypt.seal(PLAIN, timestamp=STAMP, nonce=NONCE, salt=b"0123456789abcdef")

    assert sealed.encrypted == ENCRYPTED
    assert sealed.signature == "e7b364e4e449f7c310db7bee1ef1620a10ff3f00"
    assert signature_of(TOKEN, STAMP, NONCE) == "3d10efc866aef0568ba340f4329e41815ba02710"


def test_the_known_message_is_opened(crypt):
    crypt.verify("e7b364e4e449f7c310db7bee1ef1620a10ff3f00", STAMP, NONCE, ENCRYPTED)

    assert crypt.open(ENCRYPTED).message.decode() == PLAIN


def test_the_encrypted_echo_of_wecom_is_opened():
    echo = "Q3stYC6hdFzMh9T8HCvyDH0IHJENRtL8kKsqSYgg4gBeiTpo2e8dLmRRhxdna5yMVu0s4RoCX7iZ4LGYqVDhtA=="
    crypt = MessageCrypt(TOKEN, [KEY], "ww0123456789abcdef")

    crypt.verify("4082415f051fcb42d7a344ffd0e9b76864c31e3e", STAMP, NONCE, echo)

    assert crypt.open(echo).message == b"1616140317555161061"


@given(st.text(st.characters(exclude_categories=("Cs", "Cc", "Cn")), max_size=400))
def test_wechatpy_opens_what_we_seal(text):
    content = write_xml({"Content": text, "CreateTime": 1})
    sealed = MessageCrypt(TOKEN, [KEY], APP_ID).seal(content, timestamp=STAMP, nonce=NONCE)

    opened = WeChatCrypto(TOKEN, KEY, APP_ID).decrypt_message(sealed.as_xml(), sealed.signature, STAMP, NONCE)

    assert opened.decode() if isinstance(opened, bytes) else opened == content
    assert read_body(opened if isinstance(opened, bytes) else opened.encode())["Content"] == text


@given(st.text(st.characters(exclude_categories=("Cs", "Cc", "Cn")), max_size=400))
def test_we_open_what_wechatpy_seals(text):
    content = write_xml({"Content": text, "CreateTime": 1})
    sealed = read_body(WeChatCrypto(TOKEN, KEY, APP_ID).encrypt_message(content, NONCE, STAMP).encode())
    crypt = MessageCrypt(TOKEN, [KEY], APP_ID)

    crypt.verify(sealed["MsgSignature"], sealed["TimeStamp"], sealed["Nonce"], sealed["Encrypt"])

    assert crypt.open(sealed["Encrypt"]).message.decode() == content


def test_wechatpy_agrees_that_a_message_is_for_somebody_else():
    sealed = MessageCrypt(TOKEN, [KEY], "wxAnother").seal(PLAIN, timestamp=STAMP, nonce=NONCE)

    with pytest.raises(InvalidAppIdException):
        WeChatCrypto(TOKEN, KEY, APP_ID).decrypt_message(sealed.as_xml(), sealed.signature, STAMP, NONCE)
    with pytest.raises(CryptError, match="-40005"):
        MessageCrypt(TOKEN, [KEY], APP_ID).open(sealed.encrypted)


def test_a_message_of_the_previous_key_is_opened_and_answered_with_it():
    both = MessageCrypt(TOKEN, [OTHER_KEY, KEY], APP_ID)

    opened = both.open(ENCRYPTED)
    sealed = both.seal("您好", timestamp=STAMP, nonce=NONCE, key=opened.key)

    assert opened.key == 1
    assert MessageCrypt(TOKEN, [KEY], APP_ID).open(sealed.encrypted).message.decode() == "您好"


def test_a_message_of_no_key_of_ours_is_refused():
    with pytest.raises(CryptError):
        MessageCrypt(TOKEN, [OTHER_KEY], APP_ID).open(ENCRYPTED)


@pytest.mark.parametrize("encrypted", ["", "%%%", "QUJD", "Q3stYC6hdFzMh9T8HCvyDKSj", "中文"])
def test_what_is_no_envelope_is_refused(crypt, encrypted):
    with pytest.raises(CryptError):
        crypt.open(encrypted)


@given(st.binary(min_size=1, max_size=200))
def test_noise_never_does_anything_but_be_refused(noise):
    import base64

    with pytest.raises(CryptError):
        MessageCrypt(TOKEN, [KEY], APP_ID).open(base64.b64encode(noise).decode())


def test_a_changed_byte_is_noticed(crypt):
    with pytest.raises(CryptError, match="-40001"):
        crypt.verify("e7b364e4e449f7c310db7bee1ef1620a10ff3f00", STAMP, NONCE, ENCRYPTED.replace("Q3st", "Q3su"))


@pytest.mark.parametrize("key", ["", "short", KEY + "A", KEY[:-1] + "="])
def test_a_key_that_is_none_is_a_wrong_setting(key):
    with pytest.raises(SettingsError):
        MessageCrypt(TOKEN, [key], APP_ID)
