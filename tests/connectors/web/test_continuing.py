"""Going on with a conversation elsewhere, by a link or its QR code."""

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import func, select

from bot.channels import IncomingMessage, MessageKind
from connectors.web.continuing import CODE, ContinueLinks, forget_links
from connectors.web.qr import qr_rows
from connectors.web.tables import ContinueLink
from tests.connectors.web.site import now

# As the independent encoder segno 1.6.6 draws it (byte mode, level M).
KNOWN_TEXT = "https://chat.example.com/c"
KNOWN_ROWS = [
    "1111111010101100001111111",
    "1000001011101110101000001",
    "1011101011000101001011101",
    "1011101001111101101011101",
    "1011101010001110101011101",
    "1000001000110010001000001",
    "1111111010101010101111111",
    "0000000000001110000000000",
    "1001111110010011110010111",
    "1001010000100011000111110",
    "1111111011010001010101001",
    "0011010100101010111001111",
    "0011001001101010001100001",
    "1111100110001011100010010",
    "1101111100100011001011111",
    "1000100010011010011101101",
    "1011011011011101111110110",
    "0000000010100000100010110",
    "1111111011010010101010001",
    "1000001011110101100010000",
    "1011101010011011111110000",
    "1011101010111110011000011",
    "1011101000110100100011111",
    "1000001001010010001110111",
    "1111111011101001111001001",
]


async def make_link(site, token):
    async with site.client(token) as client:
        answer = await client.post("/web/links", json={})
    return answer.raise_for_status().json()


async def go_on(site, url, token=None):
    async with site.client() as client:
        return await client.post("/web/continue", json={"code": url.rpartition("/")[2], "token": token})


async def test_a_link_opens_the_conversation_in_another_browser(site):
    async with site.tab() as tab:
        await tab.send("message", "m1", text="在吗")
        await tab.hear("message", author="bot", text="**在的**，请讲。")
        link = await make_link(site, tab.token)
        session = (await go_on(site, link["url"])).json()
        async with site.tab(session["token"]) as phone:
            heard = await phone.hear("message", author="customer")
            await phone.send("message", "m2", text="我在手机上")
            await tab.hear("message", author="customer", text="我在手机上")

    assert heard["data"]["text"] == "在吗"
    assert session["conversation_id"] == tab.welcome["data"]["conversation_id"]
    assert session["token"] != tab.token


async def test_opening_the_page_of_a_link_uses_nothing_up(site):
    url = (await make_link(site, await site.token()))["url"]
    async with site.client() as client:
        pages = [await client.get(url) for _ in range(2)]
    assert [(page.status_code, page.headers["referrer-policy"]) for page in pages] == [(200, "no-referrer")] * 2
    assert (await go_on(site, url)).status_code == 200


async def test_a_link_is_for_one_browser_which_may_use_it_again(site):
    url = (await make_link(site, await site.token()))["url"]
    first = (await go_on(site, url)).json()
    again, stranger = await go_on(site, url, first["token"]), await go_on(site, url)

    assert again.json() == first
    assert stranger.status_code == 403
    assert "已在另一台设备上使用" in stranger.json()["detail"]


async def test_a_link_ends(database, clock, words, site):
    conversation = await site.conversations.open("web", "v1")
    links = ContinueLinks(database, "https://chat.example.com/", clock, good_for=timedelta(minutes=30))
    url = await links.link(conversation.id, clock())
    code = url.rpartition("/")[2]
    clock.advance(timedelta(minutes=31))

    assert url == f"https://chat.example.com/c/{code}"
    assert len(code) == 12
    with pytest.raises(Exception, match="expired"):
        await links.use(code, "v2")


@pytest.mark.parametrize(("code", "status"), [("AAAAAAAAAAAA", 404), ("short", 422), ("../../../etc", 422)])
async def test_a_guessed_link_opens_nothing(site, code, status):
    assert (await go_on(site, f"/c/{code}")).status_code == status


async def test_a_conversation_that_began_elsewhere_goes_on_in_the_web_chat(site):
    said = IncomingMessage("sms", "13900001234", "s1", MessageKind.text, "在吗", now())
    received = await site.conversations.receive(said)
    url = await site.channel.links.link(received.conversation_id, now())
    session = (await go_on(site, url)).json()
    async with site.tab(session["token"]) as tab:
        heard = await tab.hear("message", author="customer")
        await tab.send("message", "m1", text="网页上接着说")
        mine = await tab.hear("message", author="customer", text="网页上接着说")

    assert UUID(session["conversation_id"]) == received.conversation_id
    assert (heard["data"]["text"], mine["data"]["client_id"]) == ("在吗", "m1")


async def test_links_are_not_made_by_the_hundred(site):
    token = await site.token()
    async with site.client(token) as client:
        answers = [await client.post("/web/links", json={}) for _ in range(8)]
    assert [answer.status_code for answer in answers] == [201] * 6 + [429] * 2


def test_codes_have_no_letters_that_people_mix_up():
    assert not set("0O1lI") & set(CODE.partition("]")[0])


def test_a_qr_code_is_that_of_an_independent_encoder():
    assert qr_rows(KNOWN_TEXT) == KNOWN_ROWS


@pytest.mark.parametrize(("length", "size"), [(14, 21), (15, 25), (62, 33), (106, 41), (107, 45), (213, 57)])
def test_a_qr_code_is_as_large_as_its_text_needs(length, size):
    rows = qr_rows("x" * length)
    assert (len(rows), {len(row) for row in rows}) == (size, {size})


def test_a_text_too_long_for_a_qr_code_is_refused():
    with pytest.raises(ValueError, match="too long"):
        qr_rows("x" * 214)


async def test_links_are_forgotten_a_week_after_they_opened_anything(database, clock, site):
    conversation = await site.conversations.open("web", "v1")
    links = ContinueLinks(database, "https://chat.example.com", clock, good_for=timedelta(hours=1))
    await links.link(conversation.id, clock())

    left = []
    for passed in (timedelta(days=7), timedelta(days=7, hours=2)):
        await forget_links(database, clock() + passed)
        async with database.transaction() as session:
            left.append(await session.scalar(select(func.count()).select_from(ContinueLink)))

    assert left == [1, 0]
