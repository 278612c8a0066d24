"""The simulator is as strict as the platform, and developers can chat with it."""

from datetime import timedelta

import pytest

from bot.channels import Reply
from bot.errors import SettingsError
from bot.settings import Settings
from connectors.wecom.chatting import HELP, Chat, account_to_simulate, settings_lines
from connectors.wecom.codes import PlatformError
from tests.connectors.wecom.world import World, choices
from tests.simulators.wecom import KFID, USER

TO = {"touser": USER, "open_kfid": KFID}
WHO = {"external_userid": USER, "open_kfid": KFID}


async def code_for(world: World, path: str, body: dict) -> str:
    with pytest.raises(PlatformError) as caught:
        await world.api.call(path, body)
    return caught.value.code.code


def text(content: str, **more) -> dict:
    return {**TO, "msgtype": "text", "text": {"content": content}, **more}


@pytest.mark.parametrize(
    ("begin", "to", "legal"),
    [
        (begin, to, to in legal)
        for begin, legal in {0: {1, 2, 3, 4}, 1: {2, 3, 4}, 2: {3, 4}, 3: {3, 4}, 4: set()}.items()
        for to in range(5)
    ],
)
async def test_only_legal_moves_are_made(world, begin, to, legal):
    await world.wecom.writes("你好")
    world.wecom.session().state = begin
    world.wecom.accounts[KFID].servicers = {"zhang": 0}
    body = {**WHO, "service_state": to, "servicer_userid": "zhang"}

    if legal:
        await world.api.call("kf/service_state/trans", body)
        assert world.wecom.session().state == to
    else:
        assert await code_for(world, "kf/service_state/trans", body) == "95016"


@pytest.mark.parametrize("state", [2, 3, 4])
async def test_nothing_is_sent_in_other_states_than_the_bots(world, state):
    await world.wecom.writes("你好")
    world.wecom.session().state = state

    assert await code_for(world, "kf/send_msg", text("您好")) == "95018"


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (text(""), "44004"),
        (text("长" * 683), "45002"),
        (text("好", msgid="x" * 33), "40058"),
        (text("好", msgid="no spaces"), "40058"),
        ({**TO, "msgtype": "image", "image": {"media_id": "unknown"}}, "40007"),
        ({**TO, "msgtype": "msgmenu", "msgmenu": {"list": []}}, "95010"),
        ({**TO, "msgtype": "msgmenu", "msgmenu": {"list": [{"type": "click"}] * 11}}, "95008"),
        ({**TO, "msgtype": "msgmenu", "msgmenu": {"list": [{"id": "1", "content": "a"}]}}, "95009"),
        ({**TO, "msgtype": "hologram", "hologram": {}}, "40008"),
        ({**text("好"), "open_kfid": "wkOther"}, "95000"),
        ({**text("好"), "touser": "wmNobody"}, "40003"),
    ],
)
async def test_messages_against_the_rules_are_refused(world, content, code):
    await world.wecom.writes("你好")

    assert await code_for(world, "kf/send_msg", content) == code


async def test_the_sixth_message_is_taken_and_told_to_have_failed(world):
    await world.wecom.writes("你好")
    for number in range(6):
        await world.api.call("kf/send_msg", text(str(number), msgid=f"m{number}"))

    event = world.wecom.accounts[KFID].messages[-1]["event"]
    assert (event["event_type"], event["fail_msgid"], event["fail_type"]) == ("msg_send_fail", "m5", 6)
    assert world.screen == list("01234")


async def test_the_same_id_again_is_the_same_message(world):
    await world.wecom.writes("你好")
    for _ in range(3):
        await world.api.call("kf/send_msg", text("您好", msgid="m1"))

    assert world.screen == ["您好"]


@pytest.mark.parametrize(("seconds", "code"), [(19, ""), (20, "40029")])
async def test_a_welcome_code_lasts_twenty_seconds_and_is_good_once(world, clock, seconds, code):
    welcome = await world.wecom.enters()
    clock.advance(timedelta(seconds=seconds))
    body = {"code": welcome, "msgtype": "text", "text": {"content": "欢迎"}}

    if code:
        assert await code_for(world, "kf/send_msg_on_event", body) == code
    else:
        await world.api.call("kf/send_msg_on_event", body)
        assert await code_for(world, "kf/send_msg_on_event", body) == "40029"


async def test_a_ring_is_good_for_ten_minutes(world, clock):
    await world.wecom.ring()
    [token] = world.wecom._rings
    await world.api.call("kf/sync_msg", {"open_kfid": KFID, "token": token})
    clock.advance(timedelta(minutes=10))

    assert await code_for(world, "kf/sync_msg", {"open_kfid": KFID, "token": token}) == "95007"


async def test_without_a_ring_one_may_ask_seldom(world):
    for _ in range(3):
        await world.api.call("kf/sync_msg", {"open_kfid": KFID})

    assert await code_for(world, "kf/sync_msg", {"open_kfid": KFID}) == "45009"


async def test_a_callback_that_does_not_answer_is_rung_three_times(world):
    import httpx

    world.to_us._transport = httpx.MockTransport(_silent)
    assert (await world.wecom.ring()).status == 0
    assert len({each.body for each in world.wecom.pushes}) == 3  # each sealed anew
    assert len(world.wecom.pushes) == 3


def _silent(request):
    import httpx

    raise httpx.ReadTimeout("no answer")


# -- chatting ----------------------------------------------------------------------------------------------


@pytest.fixture
def lines() -> list[str]:
    return []


@pytest.fixture
def chat(world, lines) -> Chat:
    return Chat(world.wecom, USER, lines.append)


async def test_what_is_typed_is_heard_and_what_is_said_is_shown(world, chat, lines):
    await chat.typed("我的快递到哪了")
    await world.read()
    await world.say(Reply(text="请选择", buttons=choices("查快递")))
    chat.refresh()
    await chat.typed("查快递")
    await world.read(seconds=1)

    assert lines == ["请选择\n〔查快递〕"]
    assert [each.payload for each in await world.heard()] == ["", "/intent_1"]


async def test_everything_the_help_names_can_be_done(world, chat, lines, tmp_path):
    file = tmp_path / "a.amr"
    file.write_bytes(b"#!AMR\n" + b"\x3c" * 64)
    for line in ("/enter", f"/voice {file}", "/at 23.1 113.3 体育西路1号", "/servicers zhang", "/take zhang"):
        await chat.typed(line)
    for line in ("/say zhang 您好", "/end", "/state", "/tokens", "/help", "/image nowhere.png", "/at north"):
        await chat.typed(line)
    await world.read(seconds=1)

    assert HELP in lines
    assert "（已结束 ）" in lines
    assert [each for each in lines if each.startswith(("（FileNotFoundError", "（ValueError"))]
    assert len(await world.heard()) == 2


def test_the_printed_settings_are_an_account_of_the_simulator():
    pairs = (line.split("=", 1) for line in settings_lines(8093))
    settings = Settings(_env_file=None, **{name.removeprefix("BOT_").lower(): value for name, value in pairs})

    assert account_to_simulate(settings).api_url == "http://127.0.0.1:8093"


@pytest.mark.parametrize("changes", [{}, {"wecom_corp_id": "ww1"}])
def test_the_real_wecom_is_not_simulated(changes):
    more = {"wecom_secret": "s", "wecom_token": "tok", "wecom_aes_key": "A" * 43} if changes else {}
    with pytest.raises(SettingsError):
        account_to_simulate(Settings(_env_file=None, **changes, **more))
