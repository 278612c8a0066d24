"""What pages and answers say to the browser, and what uploads are served as."""

import re

import httpx
import pytest

from bot.channels import Attachment, IncomingMessage, MessageKind
from bot.errors import BotError
from bot.staff.model import Actor
from tests.desk.security.access import LET_IN, Rule, rules
from tests.desk.security.application import Address
from tests.desk.security.house import House
from tests.evidence.builders import make_picture

PAGES = [rule for rule in rules().values() if rule.address.is_page and not rule.address.path.endswith(".ico")]
HTML = b"<!doctype html><html><body><script>alert(1)</script></body></html>"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"><script>alert(1)</script></svg>'
DISGUISES = [
    ("page.html", "text/html", HTML),
    ("drawing.svg", "image/svg+xml", SVG),
    ("photo.jpg", "image/jpeg", HTML),
    ("photo.png", "image/png", SVG),
    ("list.pdf", "application/pdf", HTML),
    ("x.xhtml", "application/xhtml+xml", HTML),
]


def the(rule: Rule) -> str:
    return str(rule.address)


def directive(answer: httpx.Response, name: str) -> str:
    found = re.search(rf"(?:^|;)\s*{name} ([^;]*)", answer.headers.get("content-security-policy", ""))
    return found[1].strip() if found else ""


@pytest.mark.parametrize("rule", PAGES, ids=the)
async def test_no_page_stands_in_a_frame_or_a_cache(house: House, rule: Rule) -> None:
    await house.prepare(rule)
    caller = next((role for role, answer in rule.answers.items() if answer == LET_IN), "nobody")
    answer = await house.ask(rule.address, "supervisor" if caller == "agent" else caller)
    if answer.status_code == 303:
        assert not answer.content
    else:
        assert directive(answer, "frame-ancestors") == "'none'"
    assert answer.headers["x-frame-options"] == "DENY"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] in ("same-origin", "no-referrer")
    assert "no-store" in answer.headers["cache-control"]


@pytest.mark.parametrize("rule", [one for one in PAGES if one.answers], ids=the)
async def test_a_page_loads_and_calls_nothing_but_ourselves(house: House, rule: Rule) -> None:
    await house.prepare(rule)
    answer = await house.ask(rule.address, "supervisor")
    if answer.status_code == 303:
        return
    assert directive(answer, "default-src") == "'self'"
    assert directive(answer, "object-src") == "'none'"
    assert directive(answer, "base-uri") == "'self'"
    assert directive(answer, "form-action") == "'self'"
    for name in ("script-src", "connect-src", "img-src", "frame-src"):
        assert "http:" not in directive(answer, name).split()
        assert "https:" not in directive(answer, name).split()
        assert "*" not in directive(answer, name)


async def test_answers_with_personal_data_are_kept_nowhere_and_guessed_at_by_nobody(house: House) -> None:
    for rule in rules().values():
        if rule.address.method == "GET" and LET_IN in rule.answers.values() and "/api/" in rule.address.path:
            answer = await house.ask(rule.address, "supervisor")
            assert answer.headers["x-content-type-options"] == "nosniff", rule.address
            assert "no-store" in answer.headers["cache-control"], rule.address


async def test_what_the_pages_are_made_of_is_kept_by_the_browser(house: House) -> None:
    page = (await house.ask(Address("/desk/", "GET"), "agent")).text
    path = re.search(r'"(/desk/_nicegui/[^"]+\.js)"', page)
    assert path is not None
    answer = await house.client.get(path[1])
    assert "max-age" in answer.headers["cache-control"]
    assert "no-store" not in answer.headers["cache-control"]


@pytest.mark.parametrize(("name", "declared", "content"), DISGUISES, ids=[one[0] for one in DISGUISES])
async def test_a_page_that_comes_as_a_file_never_runs(house: House, name: str, declared: str, content: bytes) -> None:
    """Either it is not taken, or it is handed out as something that is saved, in a box without scripts."""
    attachments = house.site.service.evidence.attachments
    try:
        kept = await attachments.upload(content, declared, name, by=Actor("customer"))
    except BotError:
        return
    answer = await _served(house, kept.sha256, kept.media_type, kept.name)
    assert answer.status_code == 200
    assert answer.headers["content-disposition"].startswith("attachment")
    _is_harmless(answer)


async def test_a_picture_is_shown_in_a_box_without_scripts(house: House) -> None:
    attachments = house.site.service.evidence.attachments
    kept = await attachments.upload(make_picture(), "image/jpeg", "<b>破损</b>.jpg\r\nX: y", by=Actor("customer"))
    answer = await _served(house, kept.sha256, kept.media_type, kept.name)
    assert answer.headers["content-disposition"].startswith("inline")
    assert "<" not in answer.headers["content-disposition"]
    _is_harmless(answer)


async def test_what_a_message_says_its_file_is_counts_for_nothing(house: House) -> None:
    """A kept picture that a message calls a page is not served as one."""
    attachments = house.site.service.evidence.attachments
    kept = await attachments.upload(make_picture(), "image/jpeg", "x.jpg", by=Actor("customer"))
    answer = await _served(house, kept.sha256, "text/html", "x.html")
    assert answer.headers["content-disposition"].startswith("attachment")
    _is_harmless(answer)


def _is_harmless(answer: httpx.Response) -> None:
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in answer.headers["content-security-policy"]
    assert directive(answer, "default-src") == "'none'"


async def _served(house: House, sha256: str, media_type: str, name: str) -> httpx.Response:
    """As an agent gets what a customer sent."""
    conversation_id = await house.conversation("agent")
    view = await house.site.desk.conversations.view(conversation_id)
    sent = Attachment(kind=MessageKind.file, id=sha256, content_type=media_type, name=name)
    message = IncomingMessage(
        "web", view.reply_address, f"file-{sha256[:9]}-{name[:9]}", MessageKind.file, "", house.site.clock(),
        attachments=(sent,),
    )  # fmt: skip
    received = await house.site.desk.conversations.receive(message)
    address = Address("/api/v1/desk/conversations/{conversation_id}/messages/{seq}/attachments/{place}", "GET")
    at = {"conversation_id": conversation_id, "seq": received.seq, "place": 0}
    return await house.ask(address, "agent", at=at)
