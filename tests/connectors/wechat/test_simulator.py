"""The simulator is as strict as the platform: what it would not let through must not pass here either."""

import asyncio
from datetime import timedelta

import httpx
import pytest
from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, PlainTextResponse

from tests.connectors.wechat.test_reading import MP4, png
from tests.simulators.wechat import NO_SERVICE, Rules, WeChatSimulator

OPENID = "oDemoOpenId"
SECRET = {"appid": "wx0123456789abcdef", "secret": "app-secret"}


@pytest.fixture
async def wechat(clock):
    return WeChatSimulator(clock)


@pytest.fixture
async def api(wechat):
    transport = httpx.ASGITransport(wechat.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://wechat") as client:
        yield client


async def token(api, **more):
    answer = await api.post("/cgi-bin/stable_token", json={"grant_type": "client_credential", **SECRET, **more})
    return answer.json()


async def call(api, path, body, access_token=None):
    access_token = access_token or (await token(api))["access_token"]
    content = body if isinstance(body, bytes) else None
    params = {"access_token": access_token}
    answer = await api.post(
        f"/cgi-bin/{path}", params=params, content=content or httpx.Request("POST", "http://x", json=body).content
    )
    return answer.json()["errcode"]


def text(content="您好", openid=OPENID):
    return {"touser": openid, "msgtype": "text", "text": {"content": content}}


async def listen(clock, answer, **more):
    """A simulator before an endpoint that answers as told."""
    app = FastAPI()
    app.add_api_route("/cb", answer, methods=["POST"])
    http = httpx.AsyncClient(transport=httpx.ASGITransport(app))
    return WeChatSimulator(clock, http=http, callback_url="http://us/cb", **more), http


# -- pushing -----------------------------------------------------------------------------------------------


async def test_who_does_not_answer_is_asked_three_times_with_the_same_message(clock):
    asked = []

    async def never(request: Request):
        asked.append(await request.body())
        await asyncio.sleep(60)

    wechat, http = await listen(clock, never, mode="plain", answer_within_s=0.01)
    msg_id = await wechat.writes("在吗")
    await http.aclose()

    assert len(asked) == 3
    assert all(msg_id.encode() in body for body in asked)
    assert wechat.phone().screen == [NO_SERVICE]


@pytest.mark.parametrize("answer", ["<html>502</html>", '{"ok": true}', "<xml><Content>x</Content></xml>"])
async def test_an_answer_that_is_none_is_seen_by_the_follower(clock, answer):
    async def wrong():
        return HTMLResponse(answer)

    wechat, http = await listen(clock, wrong)
    await wechat.writes("在吗")
    await http.aclose()

    assert wechat.phone().screen == [NO_SERVICE]


@pytest.mark.parametrize("answer", ["", "success"])
async def test_saying_nothing_shows_nothing(clock, answer):
    async def nothing():
        return PlainTextResponse(answer)

    wechat, http = await listen(clock, nothing)
    await wechat.writes("在吗")
    await http.aclose()

    assert wechat.phone().screen == []


async def test_in_safe_mode_a_plain_reply_is_none(clock):
    async def plain():
        return PlainTextResponse("<xml><FromUserName>gh_demo</FromUserName><Content>hi</Content></xml>")

    wechat, http = await listen(clock, plain, mode="safe")
    await wechat.writes("在吗")
    await http.aclose()

    assert wechat.phone().screen == [NO_SERVICE]


async def test_events_have_no_message_id(wechat):
    _, body = wechat.envelope({"FromUserName": OPENID, "MsgType": "event", "Event": "CLICK"})

    assert b"MsgId" not in body


# -- the API -------------------------------------------------------------------------------------------------


async def test_a_stable_token_stays_until_shortly_before_its_end_and_both_are_good_then(wechat, api, clock):
    first = await token(api)
    clock.advance(timedelta(seconds=6000))
    again = await token(api)
    clock.advance(timedelta(seconds=1000))
    second = await token(api)
    wechat.phone(OPENID).wrote_at, wechat.phone(OPENID).left = clock(), 5

    assert (first["access_token"], first["expires_in"]) == (again["access_token"], again["expires_in"] + 6000)
    assert second["access_token"] != first["access_token"]
    assert await call(api, "message/custom/send", text(), first["access_token"]) == 0
    assert await call(api, "message/custom/send", text(), second["access_token"]) == 0


async def test_an_old_token_expires_and_an_unknown_one_is_invalid(wechat, api, clock):
    first = await token(api)
    clock.advance(timedelta(seconds=7200))

    assert await call(api, "message/custom/send", text(), first["access_token"]) == 42001
    assert await call(api, "message/custom/send", text(), "made-up") == 40001


async def test_the_old_way_of_fetching_kills_the_token_before(wechat, api):
    first = await token(api)
    await api.get("/cgi-bin/token", params={"grant_type": "client_credential", **SECRET})

    assert await call(api, "message/custom/send", text(), first["access_token"]) == 42001


async def test_a_server_may_reject_every_token(wechat, api):
    wechat.rules.rejects_tokens = True

    assert await call(api, "message/custom/send", text()) == 40001


async def test_messages_are_counted_within_a_window(wechat, api, clock):
    phone = wechat.phone(OPENID)
    assert await call(api, "message/custom/send", text()) == 45015
    phone.wrote_at, phone.left = clock(), 5
    codes = [await call(api, "message/custom/send", text()) for _ in range(6)]
    assert codes == [0, 0, 0, 0, 0, 45047]

    phone.left = 5
    clock.advance(timedelta(hours=48))
    assert await call(api, "message/custom/send", text()) == 45015


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (text("字" * 683), 45002),
        (text(" "), 44004),
        (text(openid="oNobody"), 40003),
        ({"touser": OPENID, "msgtype": "image", "image": {"media_id": "gone"}}, 40007),
        ({"touser": OPENID, "msgtype": "shout", "shout": {}}, 40008),
        (b'{"touser": "oDemoOpenId", "msgtype": "text", "text": {"content": "\\u60a8"}}', 40033),
        (b"{", 47001),
    ],
)
async def test_bodies_the_platform_refuses(wechat, api, clock, body, code):
    wechat.phone(OPENID).wrote_at, wechat.phone(OPENID).left = clock(), 5

    assert await call(api, "message/custom/send", body) == code


async def test_an_account_may_lack_the_right_and_the_menus(wechat, api, clock):
    wechat.phone(OPENID).wrote_at, wechat.phone(OPENID).left = clock(), 5
    wechat.rules = Rules(may_send=False)
    assert await call(api, "message/custom/send", text()) == 48001

    wechat.rules = Rules(shows_menus=False)
    menu = {"head_content": "选", "list": [{"id": "1", "content": "好"}], "tail_content": ""}
    assert await call(api, "message/custom/send", {"touser": OPENID, "msgtype": "msgmenu", "msgmenu": menu}) == 40200


async def test_typing_is_for_half_a_minute_and_once_at_a_time(wechat, api, clock):
    phone = wechat.phone(OPENID)
    phone.wrote_at = clock()
    typing = {"touser": OPENID, "command": "Typing"}

    assert await call(api, "message/custom/typing", typing) == 0
    assert await call(api, "message/custom/typing", typing) == 45081
    clock.advance(timedelta(seconds=15))
    assert await call(api, "message/custom/typing", typing) == 0
    clock.advance(timedelta(seconds=16))
    assert await call(api, "message/custom/typing", typing) == 45080
    assert await call(api, "message/custom/typing", {"touser": OPENID, "command": "Dance"}) == 45072


async def test_media_is_bytes_or_json(wechat, api, clock):
    access_token = (await token(api))["access_token"]
    picture, film = wechat.add_media(png(), "image/png"), wechat.add_media(MP4, "video/mp4")

    async def get(media_id):
        params = {"access_token": access_token, "media_id": media_id}
        return await api.get("/cgi-bin/media/get", params=params)

    assert (await get(picture)).content == png()
    assert (await api.get((await get(film)).json()["video_url"])).content == MP4
    assert (await get("unknown")).json()["errcode"] == 40007
    clock.advance(timedelta(days=4))
    access_token = (await token(api))["access_token"]
    assert (await get(picture)).json()["errcode"] == 40007


@pytest.mark.parametrize(
    ("kind", "content", "content_type", "code"),
    [
        ("image", b"x", "image/png", 0),
        ("image", b"x", "image/webp", 40004),
        ("thumb", b"x" * 65537, "image/jpeg", 40006),
        ("film", b"x", "video/mp4", 40004),
    ],
)
async def test_uploads_have_their_kinds_and_sizes(wechat, api, kind, content, content_type, code):
    params = {"access_token": (await token(api))["access_token"], "type": kind}
    answer = await api.post("/cgi-bin/media/upload", params=params, files={"media": ("m", content, content_type)})

    assert answer.json().get("errcode", 0) == code
