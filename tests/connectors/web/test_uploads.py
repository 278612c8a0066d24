"""Pictures and files: uploaded first, then named in a message; nobody sends or opens what is another's."""

import io
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import httpx
import pytest
from PIL import Image

from connectors.web.files import Asked, FileLinks
from tests.connectors.web.site import Site, now, picture, running

PDF = b"%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF"


async def test_a_picture_reaches_the_conversation_and_can_be_seen_by_its_signed_address(site):
    async with site.tab() as tab:
        kept = await site.upload(tab.token, picture())
        await tab.send("message", "m1", text="外箱破了", attachments=[kept["id"]])
        frame = await tab.hear("message", author="customer")
        shown = frame["data"]["attachments"][0]
        async with site.client() as client:
            whole, small = await client.get(shown["url"]), await client.get(shown["thumb"])

    assert (frame["data"]["text"], shown["kind"], shown["name"]) == ("外箱破了", "image", "破损.png")
    assert Image.open(io.BytesIO(whole.content)).size == (640, 400)
    assert max(Image.open(io.BytesIO(small.content)).size) == 480
    assert whole.headers["x-content-type-options"] == "nosniff"


async def test_a_picture_needs_no_words(site):
    async with site.tab() as tab:
        kept = await site.upload(tab.token, picture())
        await tab.send("message", "m1", text="", attachments=[kept["id"]])
        ack = await tab.hear("ack")
        conversation_id = UUID(tab.welcome["data"]["conversation_id"])
        stored = await site.conversations.messages_after(conversation_id, ack["seq"] - 1)

    assert (stored[0].kind, stored[0].attachments[0].id) == ("image", kept["id"])


async def test_the_place_a_photo_was_taken_at_does_not_leave_the_phone(site):
    photo, exif = io.BytesIO(), Image.Exif()
    exif[0x010E] = "浦东新区世纪大道1号"
    Image.new("RGB", (64, 64), "red").save(photo, "JPEG", exif=exif)
    kept = await site.upload(await site.token(), photo.getvalue(), "照片.jpg", "image/jpeg")

    assert "世纪大道".encode() not in await site.attachments.content(kept["id"])


@pytest.mark.parametrize(
    ("content", "name", "declared", "status"),
    [
        (b"<svg onload=alert(1)>", "x.svg", "image/svg+xml", 415),
        (b"<html><script>alert(1)</script>", "x.png", "image/png", 415),
        (b"MZ\x90\x00" + b"\x00" * 200, "setup.exe", "application/octet-stream", 415),
        (PDF, "x.png", "image/png", 415),
        (b"", "x.png", "image/png", 415),
        (picture()[:100], "x.png", "image/png", 415),
    ],
)
async def test_what_a_file_is_is_told_by_what_it_holds(site, content, name, declared, status):
    async with site.client(await site.token()) as client:
        answer = await client.post("/web/uploads", files={"file": (name, content, declared)})

    assert answer.status_code == status
    assert any("\u4e00" <= sign <= "\u9fff" for sign in answer.json()["detail"])


async def test_a_file_over_the_limit_is_refused_before_it_has_all_come(database, words):
    small = Site(database, words, upload_bytes=1024 * 1024)
    async with running(small) as site, site.client(await site.token()) as client:
        answer = await client.post("/web/uploads", files={"file": ("x.png", b"\x89PNG" + b"0" * 1_500_000, "")})

    assert answer.status_code == 413
    assert "1 MB" in answer.json()["detail"]


async def test_uploads_need_a_token_and_an_allowed_origin(site):
    async with site.client("nonsense") as stranger, site.client(await site.token()) as client:
        files = {"file": ("x.png", picture(), "image/png")}
        assert (await stranger.post("/web/uploads", files=files)).status_code == 401
        evil = await client.post("/web/uploads", files=files, headers={"Origin": "https://evil.example"})
        shop = await client.post("/web/uploads", files=files, headers={"Origin": "https://shop.example"})

    assert evil.status_code == 403
    assert (shop.status_code, shop.headers["access-control-allow-origin"]) == (201, "https://shop.example")


async def test_too_many_uploads_have_to_wait(database, words):
    content = picture(size=(8, 8))
    async with running(Site(database, words, uploads_per_minute=6)) as site, site.client(await site.token()) as client:
        answers = [await client.post("/web/uploads", files={"file": ("x.png", content)}) for _ in range(10)]

    assert [answer.status_code for answer in answers] == [201] * 9 + [429]
    assert int(answers[-1].headers["retry-after"]) > 0


async def test_the_id_of_anothers_upload_opens_nothing(site):
    theirs = await site.upload(await site.token(), picture())
    async with site.tab() as tab:
        await tab.send("message", "m1", text="看", attachments=[theirs["id"]])
        error = await tab.hear("error")
        await tab.send("message", "m2", text="看", attachments=["0" * 64])
        unknown = await tab.hear("error")

    assert error["data"]["code"] == unknown["data"]["code"] == "no_such_file"
    assert error["data"]["message"] == unknown["data"]["message"]


@pytest.mark.parametrize("ids", [["../../etc/passwd"], ["x" * 64], [7], "abc"])
async def test_ids_that_none_could_have_are_a_bad_frame(site, ids):
    async with site.tab() as tab:
        await tab.send("message", "m1", text="看", attachments=ids)
        error = await tab.hear("error")

    assert error["data"]["code"] == "bad_frame"


async def test_more_than_nine_files_are_refused(site):
    async with site.tab() as tab:
        await tab.send("message", "m1", text="看", attachments=["0" * 64] * 10)
        error = await tab.hear("error")

    assert error["data"]["code"] == "too_many"


@pytest.mark.parametrize("changed", ["t", "e", "s", "w"])
async def test_an_address_that_was_tampered_with_opens_nothing(site, changed):
    kept = await site.upload(await site.token(), picture())
    query = {name: values[0] for name, values in parse_qs(urlsplit(kept["url"]).query).items()}
    query[changed] = {"t": "text/html", "e": "99999999999", "s": "0" * 40, "w": "1"}[changed]
    async with site.client() as client:
        answer = await client.get(httpx.URL(urlsplit(kept["url"]).path, params=query))

    assert answer.status_code == 404


def test_an_address_ends_after_some_hours():
    links, at = FileLinks("secret"), now()
    query = parse_qs(urlsplit(links.url("a" * 64, "image/png", "x.png", at=at)).query)
    asked = Asked("a" * 64, "image/png", int(query["e"][0]), small=False)
    links.check(asked, query["s"][0], at=at + timedelta(hours=11))

    with pytest.raises(Exception, match="expired"):
        links.check(asked, query["s"][0], at=at + timedelta(hours=14))
