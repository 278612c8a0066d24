"""The way in: who may call, what is stored, and once."""

import json
from datetime import timedelta

import pytest
from sqlalchemy import select

from bot.conversations.model import ConversationDoor
from bot.customers.model import Customer
from bot.inbox.model import InboxLetter
from connectors.callback.accounts import phone_signature
from tests.connectors.web.site import picture

PHONE = "13912345678"


async def conversation_of(shop, contact="c1"):
    async with shop.database.transaction() as session:
        query = select(ConversationDoor.conversation_id).where(ConversationDoor.address == f"shop/{contact}")
        return await session.scalar(query)


async def test_a_message_is_stored_answered_and_the_answer_sent_back(shop):
    answer = await shop.say("在吗")
    await shop.run()

    assert (answer.status_code, answer.json()) == (202, {"accepted": True, "duplicate": False})
    assert shop.app.said() == ["在的，请讲。"]
    url, event, _, _ = shop.app.calls[0]
    assert (url, event["contact"], event["mode"]) == ("https://shop.example/chat", {"id": "c1"}, "bot")


async def test_the_same_id_again_is_the_same_message(shop):
    await shop.say("在吗")
    again = await shop.say("在吗")
    await shop.run()
    late = await shop.say("在吗")
    await shop.run()

    assert again.json()["duplicate"]
    assert late.json()["duplicate"]
    assert shop.engine.heard == ["在吗"]


async def test_two_contacts_may_use_the_same_message_id(shop):
    await shop.say("在吗")
    await shop.say("在吗", contact="c2")
    await shop.run()
    assert [event["contact"]["id"] for event in shop.app.events()] in (["c1", "c2"], ["c2", "c1"])


async def test_it_is_stored_before_anybody_is_thanked(shop):
    await shop.say("在吗")
    async with shop.database.transaction() as session:
        letters = list(await session.scalars(select(InboxLetter)))
    assert [(letter.channel, letter.lane) for letter in letters] == [("callback", "shop/c1")]


@pytest.mark.parametrize("token", ["", "wrong", "cb_" + "x" * 43])
async def test_a_wrong_token_is_refused(shop, token):
    async with shop.client(token) as client:
        answer = await client.post("/messages", json={"contact": {"id": "c1"}, "message": {"id": "1", "text": "x"}})
        history = await client.get("/contacts/c1/messages")
    assert (answer.status_code, history.status_code) == (401, 401)


async def test_the_token_of_one_account_does_not_open_another(shop):
    other = await shop.accounts.add("other", "https://other.example/", by="test")
    async with shop.client(other.token) as client:
        answer = await client.get("/contacts/c1")
    assert answer.status_code == 401


async def test_a_signed_request_needs_no_token(shop):
    body = json.dumps({"contact": {"id": "c1"}, "message": {"id": "m1", "text": "在吗"}}).encode()
    assert (await shop.signed("/messages", body)).status_code == 202


async def test_a_forged_old_or_foreign_signature_is_refused(shop):
    body = json.dumps({"contact": {"id": "c1"}, "message": {"id": "m1", "text": "在吗"}}).encode()
    old, early = shop.clock() - timedelta(minutes=6), shop.clock() + timedelta(minutes=6)
    answers = [
        await shop.signed("/messages", body, secret="whsec_another"),
        await shop.signed("/messages", body, at=old),
        await shop.signed("/messages", body, at=early),
    ]
    async with shop.client("") as client:
        answers.append(await client.post("/messages", content=body, headers={"X-Kuaida-Signature": "t=1,v1=x"}))
    assert [answer.status_code for answer in answers] == [401] * 4


async def test_a_closed_account_is_a_stranger_and_new_keys_end_the_old(shop):
    await shop.accounts.close("shop", by="test")
    assert (await shop.say("在吗")).status_code == 401
    await shop.accounts.reopen("shop", by="test")
    assert (await shop.say("在吗")).status_code == 202
    old = shop.keys
    shop.keys = await shop.accounts.rotate("shop", by="test")
    async with shop.client(old.token) as client:
        assert (await client.get("/contacts/c1")).status_code == 401
    assert (await shop.say("还在吗", ref="m2")).status_code == 202


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"not json",
        b"[]",
        b'{"contact": {"id": "c1"}}',
        b'{"contact": {"id": "../x"}, "message": {"id": "1", "text": "x"}}',
        b'{"contact": {"id": "c1"}, "message": {"id": "", "text": "x"}}',
        b'{"contact": {"id": "c1"}, "message": {"id": "1", "text": " "}}',
        b'{"contact": {"id": "c1"}, "message": {"id": "1", "text": "x", "colour": "red"}}',
        b'{"contact": {"id": "c1"}, "message": {"id": "1", "text": "\\ud800"}}',
    ],
)
async def test_what_makes_no_sense_is_refused_and_not_stored(shop, body):
    async with shop.client() as client:
        answer = await client.post("/messages", content=body)
    assert answer.status_code == 422
    async with shop.database.transaction() as session:
        assert (await session.scalars(select(InboxLetter))).all() == []


async def test_a_huge_body_is_refused(shop):
    async with shop.client() as client:
        assert (await client.post("/messages", content=b"x" * 70_000)).status_code == 413


async def test_pictures_are_uploaded_first_and_only_the_accounts_own_are_taken(shop):
    async with shop.client() as client:
        kept = (await client.post("/attachments", files={"file": ("破损.png", picture(), "image/png")})).json()
    await shop.say("破了", attachments=[kept["id"]])
    await shop.run()
    stored = (await shop.conversations.messages_after(await conversation_of(shop), 0))[0]
    foreign = await shop.say("破了", ref="m2", attachments=["0" * 64])

    assert kept["url"].startswith("https://chat.example.com/web/files/")
    assert ([file.id for file in stored.attachments], stored.kind) == ([kept["id"]], "image")
    assert foreign.status_code == 422


async def test_a_place_and_a_tapped_button_arrive_as_such(shop):
    await shop.say("", ref="m1", location={"latitude": 30.25, "longitude": 120.16, "name": "西湖"})
    await shop.say("转人工", ref="m2", type="postback", payload="/request_human")
    await shop.run()
    place, tapped, *_ = [
        message
        for message in await shop.conversations.messages_after(await conversation_of(shop), 0)
        if message.author == "customer"
    ]
    assert (place.kind, place.attachments[0].latitude) == ("location", 30.25)
    assert tapped.kind == "postback"


async def test_a_phone_counts_only_when_it_is_signed_and_the_account_may_vouch(shop):
    def body(**contact):
        return {"contact": {"id": "c1", "name": "王芳", **contact}, "message": {"id": "m1", "text": "在吗"}}

    unsigned = await shop.post("/messages", **body(phone=PHONE))
    right = phone_signature(shop.keys.account.secret, "c1", PHONE)
    may_not = await shop.post("/messages", **body(phone=PHONE, phone_hash=right))
    async with shop.database.transaction() as session:
        (await session.get_one(type(shop.keys.account), "shop")).vouches = True
    taken = await shop.post("/messages", **body(phone=PHONE, phone_hash=right))
    await shop.run()
    view = await shop.conversations.view(await conversation_of(shop))
    async with shop.database.transaction() as session:
        customer = await session.get_one(Customer, view.customer_id)

    assert (unsigned.status_code, may_not.status_code, taken.status_code) == (403, 403, 202)
    assert (customer.verified_phone, customer.name) == (PHONE, "王芳")


async def test_the_history_is_the_contacts_own_and_nobody_is_made_up(shop):
    await shop.say("在吗")
    await shop.run()
    async with shop.client() as client:
        history = (await client.get("/contacts/c1/messages")).json()
        newer = (await client.get("/contacts/c1/messages", params={"before": history[-1]["seq"], "limit": 1})).json()
        unknown = await client.get("/contacts/c9/messages")
        where = (await client.get("/contacts/c1")).json()

    assert [(one["author"], one["text"]) for one in history] == [("customer", "在吗"), ("bot", "在的，请讲。")]
    assert (history[0]["id"], newer) == ("m1", history[:1])
    assert unknown.status_code == 404
    assert (where["mode"], where["seq"]) == ("bot", 2)


async def test_who_opens_the_chat_is_greeted_once_for_the_same_visit(shop):
    for _ in range(2):
        answer = await shop.post("/contacts", contact={"id": "c1"}, id="visit-1")
    await shop.run()
    assert answer.json()["mode"] == "bot"
    assert len(shop.app.said()) == 1


async def test_who_merely_writes_is_not_greeted(shop):
    await shop.say("在吗")
    await shop.run()
    assert shop.app.said() == ["在的，请讲。"]


async def test_a_message_from_the_future_was_said_now(shop):
    said_at = [shop.clock() + timedelta(days=1), shop.clock() - timedelta(minutes=3)]
    for number, at in enumerate(said_at):
        message = {"id": f"m{number}", "text": "在吗"}
        await shop.post("/messages", contact={"id": "c1"}, message=message, at=at.isoformat())
    await shop.run()
    log = await shop.conversations.messages_after(await conversation_of(shop), 0)
    assert [one.created_at for one in log if one.author == "customer"] == [shop.clock(), said_at[1]]


async def test_the_phone_is_verified_before_the_message_is_answered(shop):
    seen = []

    class Watching:
        async def respond(self, turn):
            async with shop.database.transaction() as session:
                seen.append((await session.get_one(Customer, turn.customer_id)).verified_phone)
            return await shop.engine.respond(turn)

    shop.answering._engine = Watching()
    async with shop.database.transaction() as session:
        (await session.get_one(type(shop.keys.account), "shop")).vouches = True
    contact = {"id": "c1", "phone": PHONE, "phone_hash": phone_signature(shop.keys.account.secret, "c1", PHONE)}
    await shop.post("/messages", contact=contact, message={"id": "m1", "text": "我的快递"})
    await shop.run()

    assert seen == [PHONE]
