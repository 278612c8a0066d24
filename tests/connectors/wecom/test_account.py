"""Half a configuration, tokens, and what a log may hold."""

import logging
from datetime import timedelta

import pytest

from bot.delivery.model import SendState, Trouble
from bot.errors import SettingsError
from bot.settings import Settings
from connectors.wecom.account import WeComAccount
from connectors.wecom.codes import code_of, failure_of
from tests.connectors.wecom.world import ACCOUNT
from tests.simulators.wecom import KFID, USER


def account_of(**changes) -> WeComAccount | None:
    return WeComAccount.of(Settings(_env_file=None, **{**ACCOUNT, **changes}))


def test_without_settings_there_is_no_channel():
    assert WeComAccount.of(Settings(_env_file=None)) is None


@pytest.mark.parametrize("missing", ["corp_id", "secret", "token", "aes_key"])
def test_half_a_configuration_names_what_is_missing(missing):
    with pytest.raises(SettingsError, match=f"BOT_WECOM_{missing.upper()}"):
        account_of(**{f"wecom_{missing}": None})


@pytest.mark.parametrize("token", ["ab", "with space", "中文中文"])
def test_a_token_the_console_would_not_take_is_refused(token):
    with pytest.raises(SettingsError, match="BOT_WECOM_TOKEN"):
        account_of(wecom_token=token)


async def test_a_key_that_is_none_is_refused(make_world):
    with pytest.raises(SettingsError, match="EncodingAESKey"):
        await make_world(wecom_aes_key="short")


def test_an_account_prints_no_secret():
    assert "kf-secret" not in repr(account_of())
    assert ACCOUNT["wecom_aes_key"] not in repr(account_of())


def test_every_code_says_why_in_chinese():
    assert "状态" in code_of("95018").zh
    assert code_of("123456").is_known is False
    assert failure_of("77").code == "0"


# -- the access token --------------------------------------------------------------------------------------


async def test_one_token_serves_all_calls(world):
    await world.hear("你好")
    await world.say("您好", "再见")

    assert world.wecom.tokens_given == 1


async def test_a_token_lost_is_fetched_anew_and_the_call_repeated_once(world):
    await world.hear("你好")
    world.wecom.expire_tokens()
    await world.say("您好")

    assert world.screen == ["您好"]
    assert world.wecom.tokens_given == 2


async def test_a_token_is_replaced_before_it_expires(world, clock):
    await world.hear("你好")
    clock.advance(timedelta(seconds=7100))
    await world.hear("在吗")

    assert world.wecom.tokens_given == 2


async def test_a_platform_that_rejects_every_token_is_asked_for_one_more_and_no_more(world):
    await world.hear("你好")
    world.wecom.rules.rejects_tokens = True
    await world.say("您好")

    assert world.wecom.tokens_given == 2
    [row] = await world.owed()
    assert (row.state, row.trouble, row.code) == (SendState.waiting, Trouble.misconfigured, "40014")

    for _ in range(60):
        await world.send(hours=1)
    [row] = await world.owed()
    assert (row.state, row.trouble) == (SendState.dead, Trouble.misconfigured)
    assert "access_token" in row.error


async def test_a_wrong_secret_is_told_apart_from_a_token_gone_bad(make_world):
    world = await make_world(wecom_secret="wrong")
    await world.wecom.writes("你好")
    await world.read()

    [letter] = await world.letters()
    assert "Secret" in letter.error


# -- logs --------------------------------------------------------------------------------------------------


async def test_a_log_holds_no_secret_no_token_and_nothing_that_was_said(world, caplog):
    caplog.set_level(logging.DEBUG)
    # The database's own debug lines are no log of ours.
    await world.wecom.enters()
    await world.hear("我的电话是13800138000")
    world.wecom.rules.answers["kf/send_msg"] = ["95018"]
    await world.say("答复里的话")
    await world.wecom.attempt({"MsgType": "event"}, msg_signature="0")

    ours = "\n".join(each.getMessage() for each in caplog.records if each.name.startswith(("connectors", "bot")))
    tokens = list(world.wecom._tokens)
    for secret in ("kf-secret", "cstoken2024", "13800138000", "答复里的话", USER, KFID, *tokens):
        assert secret not in ours
