"""What is somebody else's: conversations, tickets, disputes of other provinces, answers, filters, notes, files."""

from uuid import UUID

import httpx
import pytest
from sqlalchemy import update

from bot.desk.ticket_lists import Asked, TicketList
from bot.desk.tools.kinds import PromiseKind, TaskState
from bot.desk.tools.tables import DeskTask, ServicePromise
from bot.errors import BotError
from bot.staff.audit import Filter
from bot.staff.model import Role
from bot.tickets.model import Ticket
from tests.day.network import GD, GUANGDONG, GZ1, ZHEJIANG, ZJ
from tests.desk.builders import PASSWORD
from tests.desk.security.access import Rule, rules
from tests.desk.security.application import Address
from tests.desk.security.house import House
from tests.evidence.builders import make_picture

SECRET = "只有当事人才能看到的话"
EXPORT = "/api/v1/ledger/statements.csv"
UNKNOWN = "GD9900000001"
NOT_THEIRS = {403, 404, 409}
"""A move on somebody else's conversation may also read as one that is not possible."""


def about(name: str, *, reads: bool | None = None) -> list[Rule]:
    """The routes with this in their address."""
    found = [rule for rule in rules().values() if f"{{{name}}}" in rule.address.path]
    return [rule for rule in found if reads is None or reads == (rule.address.method == "GET")]


def the(rule: Rule) -> str:
    return str(rule.address)


async def get(house: House, caller: str, path: str) -> httpx.Response:
    return await house.ask(Address(path, "GET"), caller)


@pytest.fixture(scope="module")
async def wu(house: House) -> str:
    """An arbitrator of Zhejiang."""
    await house.agents.create("wu", "吴", PASSWORD, Role.provincial_arbitrator, unit=ZJ, province=ZHEJIANG)
    return "wu"


@pytest.fixture(scope="module")
async def dispute(house: House) -> str:
    """A complaint within Guangdong, for its own arbitrators."""
    number = (await house.site.open("complaint_delay", SECRET)).ticket_no
    values = {"across_provinces": False, "province": GUANGDONG, "tier": "provincial_center", "owner_unit": GD}
    async with house.site.database.transaction() as session:
        await session.execute(update(Ticket).where(Ticket.ticket_no == number).values(values))
    return number


# -- conversations -----------------------------------------------------------------------------------


@pytest.mark.parametrize("rule", about("conversation_id"), ids=the)
async def test_a_conversation_that_a_colleague_has_is_not_an_agents(house: House, rule: Rule) -> None:
    assert house.theirs is not None
    before = await house.site.desk.conversations.view(house.theirs)
    answer = await house.ask(rule.address, "lina", rule.body, at={"conversation_id": house.theirs})
    if rule.address.path.endswith("/presence/{tab}"):
        assert answer.status_code == 204, "who leaves was never there"
    else:
        assert answer.status_code in ({403, 404} if rule.address.method == "GET" else NOT_THEIRS), answer.text
    assert await house.site.desk.conversations.view(house.theirs) == before


async def test_the_desk_opens_no_conversation_of_a_colleague_by_its_address(house: House) -> None:
    assert house.theirs is not None
    own = await house.conversation("agent")
    await get(house, "agent", f"/desk/?c={own}")
    await get(house, "agent", f"/desk/?c={house.theirs}")
    looked = await house.agents.trail.entries(Filter(what="conversation.opened", who="lina"), limit=50)
    assert own in [one.conversation_id for one in looked]
    assert house.theirs not in [one.conversation_id for one in looked]


async def test_a_customer_of_a_colleague_is_unknown(house: House) -> None:
    for rule in about("customer_id", reads=True):
        assert (await house.ask(rule.address, "lina")).status_code == 404, rule.address


# -- tickets -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("rule", [one for one in about("ticket_no") if one.address.path.startswith("/api/")], ids=the)
async def test_a_ticket_of_another_outlet_is_unknown_and_of_another_province_refused(house: House, rule: Rule) -> None:
    await house.prepare(rule)
    asked, number = (rule.address, "gz002", rule.body), house.ticket_no
    found, none = await house.ask(*asked), await house.ask(*asked, at={"ticket_no": UNKNOWN})
    assert found.status_code in (403, 404)
    assert (found.status_code, found.text) == (none.status_code, none.text.replace(UNKNOWN, number))
    if rule.ticket != "damage":
        assert (await house.ask(rule.address, "zhao", rule.body)).status_code in (403, 404)


@pytest.mark.parametrize("page", ["tickets", "arbitration"])
@pytest.mark.parametrize("caller", ["gz002", "zhao", "wu", "he"])
async def test_a_page_says_nothing_of_what_is_none_of_somebodys_business(
    house: House, wu: str, dispute: str, page: str, caller: str
) -> None:
    answer = await get(house, caller, f"/desk/{page}/{dispute}")
    assert answer.status_code == 200
    assert SECRET not in answer.text
    assert SECRET in (await get(house, "tang", f"/desk/{page}/{dispute}")).text


async def test_a_province_rules_on_its_own_disputes_only(house: House, wu: str, dispute: str) -> None:
    for what in ("", "/ruling", "/accept"):
        method = "POST" if what else "GET"
        address = Address(f"/api/v1/tickets/{{ticket_no}}{what}", method)
        body, at = {"text": "不成立"} if what == "/ruling" else None, {"ticket_no": dispute}
        assert (await house.ask(address, wu, body, at=at)).status_code in (403, 404), what
        assert (await house.ask(address, "tang", body, at=at)).status_code not in (401, 403, 404), what


async def test_lists_hold_nothing_of_other_outlets(house: House, dispute: str) -> None:
    for caller in ("gz002", "zhao"):
        lines = (await get(house, caller, "/api/v1/tickets")).json()["tickets"]
        assert dispute not in [line["ticket_no"] for line in lines]
        assert SECRET not in (await get(house, caller, "/desk/tickets")).text


async def test_a_file_is_put_into_a_ticket_by_who_uploaded_it(house: House) -> None:
    files = {"file": ("theirs.jpg", make_picture(size=(41, 31)), "image/jpeg")}
    uploaded = await house.client.post("/api/v1/attachments", files=files, headers=await house.headers("gz002"))
    photo = uploaded.json()
    await house.prepare(about("ticket_no")[0])
    body = {"turn": "turn-0001", "kind": "photo", "attachment": photo["sha256"]}
    address = Address("/api/v1/tickets/{ticket_no}/evidence", "POST")
    assert (await house.ask(address, "gz001", body)).status_code in (403, 404, 409)


async def test_the_account_of_another_outlet_is_refused(house: House) -> None:
    for path in (f"/api/v1/ledger/statements/{GZ1}?month=2026-03", f"{EXPORT}?month=2026-03&unit={GZ1}"):
        assert (await get(house, "gz002", path)).status_code in (403, 404)
        assert (await get(house, "gz001", path)).status_code == 200


# -- one's own things --------------------------------------------------------------------------------


async def test_a_personal_canned_response_is_its_owners(house: House) -> None:
    draft = {"scope": "personal", "title": "我的", "text": SECRET}
    made = await house.ask(Address("/api/v1/desk/tools/canned", "POST"), "lina", draft)
    response_id = made.json()["id"]
    for rule in about("response_id"):
        answer = await house.ask(rule.address, "sun", rule.body, at={"response_id": response_id})
        assert answer.status_code in (403, 404), rule.address
    assert SECRET not in (await get(house, "sun", "/api/v1/desk/tools/canned?q=我的")).text
    assert SECRET not in (await get(house, "sun", "/api/v1/desk/tools/canned/export.yml")).text
    assert SECRET in (await get(house, "lina", "/api/v1/desk/tools/canned?q=我的")).text


async def test_a_kept_filter_is_neither_seen_nor_deleted_by_others(house: House) -> None:
    arranged = house.site.tickets.arrangements
    lina, sun = (await house.person("lina")).actor, (await house.person("sun")).actor
    boss = (await house.person("boss")).actor
    kept = await arranged.save(lina, "我的", TicketList.all, Asked())
    assert kept.id not in [one.id for one in await arranged.filters(sun)]
    for other in (sun, boss):
        with pytest.raises(BotError):
            await arranged.delete(other, kept.id)
    assert [one.id for one in await arranged.filters(lina)] == [kept.id]


async def test_nobody_marks_a_note_as_seen_for_another(house: House) -> None:
    conversation_id = await house.conversation("supervisor")
    note = Address("/api/v1/desk/tools/conversations/{conversation_id}/notes", "POST")
    at = {"conversation_id": conversation_id}
    made = (await house.ask(note, "zhou", {"text": f"@lina {SECRET}"}, at=at)).json()
    assert SECRET not in (await get(house, "sun", "/api/v1/desk/tools/notes")).text
    await house.ask(Address("/api/v1/desk/tools/notes/{note_id}/seen", "POST"), "sun", at={"note_id": made["id"]})
    assert SECRET in (await get(house, "lina", "/api/v1/desk/tools/notes")).text


async def test_nobody_ends_sessions_and_tokens_of_another_through_the_own_account(house: House) -> None:
    theirs = await house.agents.sessions.of_person("boss", asking=await house.session("boss"))
    tokens = await house.agents.tokens.of_person("boss")
    for kind, found in (("sessions", theirs), ("tokens", tokens)):
        assert found
        for one in found:
            path = f"/api/v1/account/{kind}/{one.id}"
            assert (await house.ask(Address(path, "DELETE"), "lina")).status_code == 404
    assert await house.agents.sessions.of_person("boss")
    assert await house.agents.tokens.of_person("boss")


async def test_a_promise_and_a_task_of_a_colleague_are_not_settled_by_another(house: House) -> None:
    promise, task = await _owed(house, "victim")
    for path, body in (
        ("promises/{promise_id}/settle", {"state": "withdrawn", "text": "不算了"}),
        ("tasks/{task_id}/give-back", {}),
        ("tasks/{task_id}/finish", {"text": "做完了"}),
    ):
        at = {"promise_id": promise, "task_id": task}
        answer = await house.ask(Address(f"/api/v1/desk/tools/{path}", "POST"), "lina", body, at=at)
        assert answer.status_code in (403, 404, 409), path


async def _owed(house: House, username: str) -> tuple[UUID, UUID]:
    """A promise that somebody made, and the task that came of it when it was broken."""
    assert house.theirs is not None
    now = house.site.clock()
    promise = ServicePromise(
        turn="t", place=0, conversation_id=house.theirs, kind=PromiseKind.deliver.value, words="明天送到",
        made_by=username, made_at=now, confirmed_at=now, due_at=now,
    )  # fmt: skip
    async with house.site.database.transaction() as session:
        session.add(promise)
        await session.flush()
        task = DeskTask(
            kind="promise_broken", title="补救", promise_id=promise.id, conversation_id=house.theirs, team=None,
            assignee=username, opened_at=now, due_at=now, state=TaskState.open.value,
        )  # fmt: skip
        session.add(task)
    return promise.id, task.id
