"""Customers that the host site vouches for."""

from uuid import UUID

import pytest
from sqlalchemy import select

from bot.customers.model import Customer, Identity
from connectors.web.identity import signature
from tests.connectors.web.site import IDENTITY_SECRET, Site, running

PHONE = "13912345678"


def signed(user_id, *, phone=None, secret=IDENTITY_SECRET):
    identity = {"user_id": user_id, "hash": signature(secret, user_id)}
    if phone:
        identity |= {"phone": phone, "phone_hash": signature(secret, f"{user_id}:{phone}")}
    return identity


async def identify(site, token, identity):
    async with site.client(token) as client:
        return await client.post("/web/identity", json=identity)


async def customer_of(site, conversation_id):
    view = await site.conversations.view(UUID(str(conversation_id)))
    async with site.database.transaction() as session:
        return await session.get(Customer, view.customer_id)


def test_the_hash_is_what_any_site_can_compute():
    # Made with: printf %s 42 | openssl dgst -sha256 -hmac key
    assert signature("key", "42") == "f2991b7ce981d0b5adc5e6a0f31acaeb407bfc21354bbcc31a0c43eaffa83d65"


async def test_a_signed_account_is_noted_and_a_signed_phone_is_verified(site):
    token = await site.token()
    answer = await identify(site, token, signed("u-7", phone=PHONE))
    customer = await customer_of(site, answer.json()["conversation_id"])
    async with site.database.transaction() as session:
        found = await session.scalars(select(Identity).where(Identity.customer_id == customer.id))
        names = {(identity.channel, identity.external_id) for identity in found}

    assert customer.verified_phone == PHONE
    assert ("account", "u-7") in names


@pytest.mark.parametrize(
    "identity",
    [
        {"user_id": "u-7", "hash": "0" * 64},
        {"user_id": "u-7", "hash": ""},
        signed("u-7", secret="another"),
        {"user_id": "u-8", "hash": signature(IDENTITY_SECRET, "u-7")},
        signed("u-7") | {"phone": PHONE, "phone_hash": signature(IDENTITY_SECRET, PHONE)},
        signed("u-7") | {"phone": PHONE},
    ],
)
async def test_what_the_site_did_not_sign_is_not_believed(site, identity):
    token = await site.token()
    answer = await identify(site, token, identity)
    async with site.client(token) as client:
        conversation = (await client.post("/web/session", json={"token": token})).json()["conversation_id"]

    assert answer.status_code == 403
    assert (await customer_of(site, conversation)).verified_phone is None


async def test_without_a_secret_nobody_is_believed(database, words):
    async with running(Site(database, words, identity_secret=None)) as site:
        answer = await identify(site, await site.token(), signed("u-7", secret=""))

    assert answer.status_code == 403


async def test_a_new_browser_goes_on_with_the_accounts_conversation(site):
    async with site.tab() as tab:
        await tab.send("message", "m1", text="在吗")
        await tab.hear("message", author="bot", text="**在的**，请讲。")
        first = (await identify(site, tab.token, signed("u-7"))).json()["conversation_id"]
    other = await site.token()
    second = (await identify(site, other, signed("u-7"))).json()["conversation_id"]
    async with site.tab(other) as tab:
        heard = await tab.hear("message", author="customer")

    assert second == first
    assert heard["data"]["text"] == "在吗"


async def test_a_browser_that_has_said_something_keeps_its_conversation_and_both_are_one_customers(site):
    conversations = []
    for _ in range(2):
        async with site.tab() as tab:
            await tab.send("message", "m1", text="在吗")
            await tab.hear("ack")
            conversations.append((await identify(site, tab.token, signed("u-7"))).json()["conversation_id"])

    assert conversations[0] != conversations[1]
    assert (await customer_of(site, conversations[0])).id == (await customer_of(site, conversations[1])).id


async def test_saying_it_again_changes_nothing_and_another_account_needs_another_visitor(site):
    token = await site.token()
    answers = [await identify(site, token, signed(user)) for user in ("u-7", "u-7", "u-8")]

    assert [answer.status_code for answer in answers] == [200, 200, 409]
