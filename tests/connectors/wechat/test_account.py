"""Settings: none, half and whole; and what the terminal simulator makes of what is typed."""

import pytest

from bot.errors import SettingsError
from bot.settings import Settings
from connectors.wechat.account import WeChatAccount
from connectors.wechat.chatting import Chat, account_to_simulate, settings_lines
from connectors.wechat.codes import Verdict, codes
from tests.connectors.wechat.test_reading import png
from tests.connectors.wechat.world import ACCOUNT, OPENID

A9 = [
    "-1",
    "40001",
    "40014",
    "42001",
    "40003",
    "40007",
    "40013",
    "40125",
    "40033",
    "40164",
    "40200",
    "41001",
    "43004",
    "43019",
    "48002",
    "43101",
    "44004",
    "45002",
    "45008",
    "45009",
    "45011",
    "45015",
    "45047",
    "47001",
    "47003",
    "48001",
    "48004",
    "50005",
    "61451",
    "61452",
    "61453",
    "61454",
    "61455",
    "61456",
    "61457",
    "61458",
    "61459",
    "65400",
]


def settings(**changes):
    return Settings(_env_file=None, **{**ACCOUNT, **changes})


def test_without_an_account_there_is_no_connector():
    assert WeChatAccount.of(Settings(_env_file=None)) is None


@pytest.mark.parametrize("missing", ["app_id", "secret", "token", "aes_key"])
def test_half_a_configuration_names_what_is_missing(missing):
    with pytest.raises(SettingsError, match=f"BOT_WECHAT_{missing.upper()}"):
        WeChatAccount.of(settings(**{f"wechat_{missing}": None}))


def test_plain_mode_needs_no_key():
    account = WeChatAccount.of(settings(wechat_mode="plain", wechat_aes_key=None))

    assert account is not None
    assert account.aes_keys == ()


@pytest.mark.parametrize("token", ["ab", "with space", "x" * 33, "字字字"])
def test_a_token_the_console_would_not_take_is_refused(token):
    with pytest.raises(SettingsError, match="BOT_WECHAT_TOKEN"):
        WeChatAccount.of(settings(wechat_token=token))


def test_no_secret_is_printed():
    printed = repr(WeChatAccount.of(settings()))

    assert all(secret not in printed for secret in ("app-secret", "cstoken2024", ACCOUNT["wechat_aes_key"]))


def test_every_known_error_code_has_a_consequence_and_a_reason():
    assert set(A9) <= set(codes())
    assert all(code.zh and isinstance(code.verdict, Verdict) for code in codes().values())


def test_the_real_platform_is_never_simulated():
    with pytest.raises(SettingsError, match="real"):
        account_to_simulate(settings(wechat_api_url="https://api.weixin.qq.com"))
    with pytest.raises(SettingsError, match="--settings"):
        account_to_simulate(Settings(_env_file=None))


def test_the_printed_settings_make_an_account_to_simulate():
    lines = dict(line.removeprefix("BOT_").split("=", 1) for line in settings_lines(8092))
    given = {name.lower(): value for name, value in lines.items()}

    assert account_to_simulate(Settings(_env_file=None, **given)).api_url == "http://127.0.0.1:8092"


async def test_what_is_typed_in_the_terminal_reaches_the_platform(world, tmp_path):
    shown: list[str] = []
    chat = Chat(world.wechat, OPENID, shown.append)
    (tmp_path / "a.png").write_bytes(png())
    for line in (
        "我的快递到哪了",
        "/follow",
        "/menu /query_waybill",
        "/scan YD8800000000011",
        f"/image {tmp_path / 'a.png'}",
        "/at 23.1 113.3 体育西路1号",
    ):
        await chat.typed(line)

    kinds = [letter.body.get("Event") or letter.body["MsgType"] for letter in world.inbox.letters]
    assert kinds == ["text", "subscribe", "CLICK", "scancode_waitmsg", "image", "location"]


async def test_what_the_platform_says_appears_in_the_terminal(world):
    shown: list[str] = []
    chat = Chat(world.wechat, OPENID, shown.append)
    await chat.typed("你好")
    await world.read()
    await world.say("您好")
    chat.refresh()
    chat.refresh()
    await chat.typed("/image nowhere.png")
    await chat.typed("/help")

    assert shown[0] == "您好"
    assert "FileNotFoundError" in shown[1]
    assert "/scan" in shown[2]
