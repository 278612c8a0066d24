"""The web channel over real sockets, with a scripted engine behind it."""

import asyncio
import json
from uuid import UUID

import httpx
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from bot.conversations.model import HandOffReason
from bot.conversations.receipts import ReadReceipts


async def test_a_message_is_acknowledged_and_answered(site):
    async with site.tab() as tab:
        await tab.send("message", "m1", text="在吗")

        ack = await tab.hear("ack")
        answer = await tab.hear("message", author="bot", text="**在的**，请讲。")

    assert (ack["data"], answer["seq"]) == ({"id": "m1", "duplicate": False}, ack["seq"] + 1)


async def test_the_same_id_twice_is_acknowledged_twice_and_answered_once(site):
    async with site.tab() as tab:
        for _ in range(2):
            await tab.send("message", "m1", text="在吗")
        first, again = await tab.hear("ack"), await tab.hear("ack")
        await tab.send("message", "m2", text="好的")
        await tab.hear("message", author="bot", text="好的")

    assert again["seq"] == first["seq"]
    assert again["data"]["duplicate"]
    assert site.engine.heard == ["在吗", "好的"]


async def test_a_tab_that_comes_back_gets_what_it_missed_and_nothing_twice(site):
    async with site.tab() as tab:
        await tab.send("message", "m1", text="一")
        seen = await tab.hear("message", author="bot", text="一")
        token = tab.token
    async with site.tab(token) as other:
        await other.send("message", "m2", text="二")
        await other.hear("message", author="bot", text="二")

    async with site.tab(token, last_seq=seen["seq"]) as back:
        await back.hear("message", author="bot", text="二")

    seqs = [frame["seq"] for frame in back.heard if frame["type"] == "message"]
    assert seqs == list(range(seen["seq"] + 1, seqs[-1] + 1))
    assert back.welcome["data"]["resumed"]


async def test_two_tabs_see_the_same_conversation(site):
    async with site.tab() as first, site.tab(first.token) as second:
        await first.send("message", "m1", text="你好")
        heard = await second.hear("message", author="customer")

    assert (heard["data"]["text"], heard["data"]["client_id"]) == ("你好", "m1")


async def test_the_customer_is_told_who_has_the_conversation(site):
    async with site.tab() as tab:
        conversation_id = UUID(tab.welcome["data"]["conversation_id"])
        await site.conversations.hand_off(conversation_id, HandOffReason.asked, intent=None, summary="", seq=0)
        queued = await tab.hear("mode")
        await site.conversations.accept(conversation_id, "li", "小李")
        taken = await tab.hear("mode")
        await site.conversations.say_as_agent(conversation_id, "li", "您好，我是小李", external_id="x")
        said = await tab.hear("message", author="agent")

    assert (queued["data"]["mode"], queued["data"]["queue_position"]) == ("queued", 1)
    assert (taken["data"]["mode"], taken["data"]["agent_name"]) == ("human", "小李")
    assert said["data"]["author_name"] == "小李"


async def test_whoever_waits_is_told_when_they_move_up(site):
    async with site.tab() as first, site.tab() as second:
        for tab in (first, second):
            conversation_id = UUID(tab.welcome["data"]["conversation_id"])
            await site.conversations.hand_off(conversation_id, HandOffReason.asked, intent=None, summary="", seq=0)
        await second.hear("mode", queue_position=2)
        await site.conversations.accept(UUID(first.welcome["data"]["conversation_id"]), "li", "小李")
        await second.hear("mode", queue_position=1)


async def test_the_bot_is_silent_while_a_person_has_it(site):
    async with site.tab() as tab:
        conversation_id = UUID(tab.welcome["data"]["conversation_id"])
        await site.conversations.hand_off(conversation_id, HandOffReason.asked, intent=None, summary="", seq=0)
        await tab.send("message", "m1", text="有人吗")
        await tab.hear("ack")
        await site.conversations.accept(conversation_id, "li", "小李")
        await tab.hear("mode", mode="human")

    assert site.engine.heard == []


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        ("not json", "bad_frame"),
        ("[]", "bad_frame"),
        ('{"type": "message", "id": "x", "data": {"text": "\\ud83d"}}', "bad_frame"),
        ('{"type": "launch"}', "bad_frame"),
        ('{"type": "message", "id": "x", "data": {"text": ""}}', "empty"),
        ('{"type": "message", "id": "x", "data": {"text": "\\u0000\\u001b"}}', "empty"),
        (json.dumps({"type": "message", "id": "x", "data": {"text": "长" * 2001}}), "too_long"),
        (json.dumps({"type": "message", "id": "x", "data": {"text": "长" * 50_000}}), "too_long"),
    ],
)
async def test_a_bad_frame_is_refused_with_a_sentence_and_the_talk_goes_on(site, frame, code):
    async with site.tab() as tab:
        await tab.socket.send(frame)
        error = await tab.hear("error")
        await tab.send("message", "m1", text="还在吗")
        await tab.hear("message", author="bot", text="还在吗")

    assert error["data"]["code"] == code
    assert any("\u4e00" <= sign <= "\u9fff" for sign in error["data"]["message"])


@pytest.mark.parametrize("text", ["😀😀😀", "<img src=x onerror=alert(1)>", "'; DROP TABLE messages; --"])
async def test_hostile_words_are_only_words(site, text):
    async with site.tab() as tab:
        await tab.send("message", "m1", text=text)
        heard = await tab.hear("message", author="customer")

    assert heard["data"]["text"] == text


async def test_a_huge_frame_ends_that_connection_and_no_other(site):
    async with site.tab() as calm, site.tab() as hostile:
        await hostile.socket.send("x" * 10_000_000)
        with pytest.raises(ConnectionClosed) as closed:
            await hostile.hear("never")
        await calm.send("message", "m1", text="在吗")
        await calm.hear("message", author="bot", text="**在的**，请讲。")

    assert closed.value.rcvd.code == 1009


async def test_writing_too_fast_is_slowed_down_with_the_time_to_wait(site):
    async with site.tab() as tab:
        for number in range(7):
            await tab.send("message", f"m{number}", text="快")
        error = await tab.hear("error")

    assert error["data"]["code"] == "rate"
    assert error["data"]["retry_after"] > 0


async def test_a_wrong_token_is_turned_away(site):
    async with connect(site.base.replace("http", "ws") + "/web/ws") as socket:
        await socket.send(json.dumps({"type": "hello", "data": {"token": "nonsense"}}))
        with pytest.raises(ConnectionClosed) as closed:
            await socket.recv()

    assert closed.value.rcvd.code == 4401


async def test_a_page_from_elsewhere_is_turned_away(site):
    with pytest.raises(InvalidStatus):
        async with connect(site.base.replace("http", "ws") + "/web/ws", origin="https://evil.example"):
            pass
    with pytest.raises(httpx.HTTPStatusError):
        await site.token(Origin="https://evil.example")
    assert await site.token(Origin="https://shop.example")


async def test_older_messages_are_handed_out_to_their_owner_only(site):
    async with site.tab() as tab:
        await tab.send("message", "m1", text="在吗")
        await tab.hear("message", author="bot", text="**在的**，请讲。")
        async with httpx.AsyncClient(base_url=site.base) as client:
            own = await client.get("/web/history", headers={"Authorization": f"Bearer {tab.token}"})
            foreign = await client.get("/web/history", headers={"Authorization": "Bearer x"})

    assert [frame["data"]["author"] for frame in own.json()] == ["bot", "customer", "bot"]
    assert foreign.status_code == 401


# -- row "Web chat" of the simulators: what a bad line does


async def test_a_line_that_drops_between_message_and_acknowledgement_costs_nothing(site):
    async with site.tab() as tab:
        await tab.send("message", "m1", text="一")
        await tab.hear("ack")
        token = tab.token
        tab.socket.transport.abort()
    async with site.tab(token) as back:
        await back.send("message", "m1", text="一")
        ack = await back.hear("ack")
        await back.hear("message", author="bot", text="一") if not _heard(back, "一") else None

    assert ack["data"]["duplicate"]
    assert site.engine.heard == ["一"]


async def test_a_line_that_drops_in_the_middle_of_the_answers_is_taken_up_where_it_broke(site):
    async with site.tab() as tab:
        await tab.send("message", "m1", text="一")
        await tab.hear("message", author="customer")
        seen, token = tab.heard[-1]["seq"], tab.token
        tab.socket.transport.abort()
    async with site.tab(token, last_seq=seen) as back:
        await back.hear("message", author="bot", text="一")

    assert [frame["seq"] for frame in back.heard if frame["type"] == "message"] == [seen + 1]


async def test_the_same_message_from_two_tabs_at_once_is_stored_once(site):
    async with site.tab() as first, site.tab(first.token) as second:
        await asyncio.gather(*(tab.send("message", "m1", text="在吗") for tab in (first, second)))
        acks = [await tab.hear("ack") for tab in (first, second)]
        await first.hear("message", author="bot", text="**在的**，请讲。")

    assert len({ack["seq"] for ack in acks}) == 1
    assert sorted(ack["data"]["duplicate"] for ack in acks) == [False, True]
    assert site.engine.heard == ["在吗"]


async def test_reports_of_reading_only_move_forward_and_never_beyond_the_log(site):
    async with site.tab() as tab:
        await tab.send("message", "m1", text="在吗")
        answer = await tab.hear("message", author="bot", text="**在的**，请讲。")
        conversation_id = UUID(tab.welcome["data"]["conversation_id"])
        read = []
        for up_to in (2, 1, 10_000, 0):
            await tab.send("read", up_to_seq=up_to)
            await tab.send("ping", str(up_to))
            await tab.hear("pong")
            read.append((await ReadReceipts(site.database).of([conversation_id]))[conversation_id])

    assert read == [2, 2, answer["seq"], answer["seq"]]


async def test_a_flood_of_small_frames_is_passed_over_and_messages_still_get_through(site):
    async with site.tab() as tab:
        for number in range(300):
            await tab.send("read", up_to_seq=number)
        await tab.send("ping", "p")
        await tab.send("message", "m1", text="在吗")
        await tab.hear("ack")

    assert "pong" not in [frame["type"] for frame in tab.heard]


def _heard(tab, text):
    return any(frame["data"].get("text") == text and frame["data"]["author"] == "bot" for frame in tab.heard)
