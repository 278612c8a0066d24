"""The desk's API: the same moves over HTTP, and nothing without a session."""

from uuid import uuid4

import httpx
import pytest

from bot.channels import Attachment, IncomingMessage, MessageKind
from bot.desk.cookie import COOKIE
from bot.desk.service import Person
from bot.desk.workplace import DeskServices, Workplace
from bot.staff.model import Actor, Role
from bot.staff.waits import FAILURES_ALLOWED
from tests.desk.builders import PASSWORD, customer_says, make_waiting
from tests.evidence.builders import make_picture


async def log_in(api: httpx.AsyncClient, username: str = "lina") -> None:
    answer = await api.post("/login", json={"username": username, "password": PASSWORD})
    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/me"),
        ("GET", "/queue"),
        ("POST", "/logout"),
        ("GET", f"/conversations/{uuid4()}"),
        ("POST", f"/conversations/{uuid4()}/accept"),
        ("GET", f"/conversations/{uuid4()}/messages"),
        ("POST", f"/conversations/{uuid4()}/messages"),
        ("POST", f"/conversations/{uuid4()}/resolve"),
    ],
)
async def test_nothing_is_done_without_a_session(api: httpx.AsyncClient, method: str, path: str) -> None:
    body = {"text": "x", "external_id": "desk:12345678", "wrap_up_code": "other"} if method == "POST" else None
    assert (await api.request(method, path, json=body)).status_code == 401


async def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(api: httpx.AsyncClient, lina: Person) -> None:
    answer = await api.post("/login", json={"username": "lina", "password": PASSWORD})
    cookie = answer.headers["set-cookie"].lower()
    assert cookie.startswith(f"{COOKIE}=")
    assert "httponly" in cookie
    assert "samesite=lax" in cookie


async def test_a_wrong_password_is_401_and_a_locked_account_429(api: httpx.AsyncClient, lina: Person) -> None:
    wrong = {"username": "lina", "password": "wrong password"}
    codes = {(await api.post("/login", json=wrong)).status_code for _ in range(FAILURES_ALLOWED)}
    assert codes == {401}
    right = await api.post("/login", json={"username": "lina", "password": PASSWORD})
    assert right.status_code == 429


async def test_a_conversation_goes_from_the_queue_to_a_person_and_back(
    api: httpx.AsyncClient, desk: DeskServices, lina: Person
) -> None:
    conversation_id = await make_waiting(desk)
    await log_in(api)
    assert [line["id"] for line in (await api.get("/queue")).json()["waiting"]] == [str(conversation_id)]
    at = f"/conversations/{conversation_id}"
    assert (await api.post(f"{at}/accept")).json()["agent_name"] == "李娜"
    said = await api.post(f"{at}/messages", json={"text": "您好", "external_id": "desk:0a0a0a0a"})
    assert said.status_code == 201
    await customer_says(desk, "谢谢", nth=2)
    log = (await api.get(f"{at}/messages", params={"after": said.json()["seq"] - 1})).json()["messages"]
    assert [(message["author"], message["text"]) for message in log] == [("agent", "您好"), ("customer", "谢谢")]
    done = await api.post(f"{at}/resolve", json={"wrap_up_code": "praise", "text": "已答复"})
    assert done.status_code == 204
    assert (await api.get("/queue")).json() == {"waiting": [], "mine": []}


async def test_a_colleague_who_was_faster_is_409(
    api: httpx.AsyncClient, workplace: Workplace, desk: DeskServices, lina: Person, zhou: Person
) -> None:
    conversation_id = await make_waiting(desk)
    await workplace.accept(zhou, conversation_id)
    await log_in(api)
    assert (await api.post(f"/conversations/{conversation_id}/accept")).status_code == 409
    assert (await api.get(f"/conversations/{conversation_id}")).status_code == 403


async def test_an_unknown_conversation_is_404(api: httpx.AsyncClient, lina: Person) -> None:
    await log_in(api)
    assert (await api.get(f"/conversations/{uuid4()}")).status_code == 404


@pytest.mark.parametrize(
    "body",
    [
        {"text": "", "external_id": "desk:12345678"},
        {"text": " \n ", "external_id": "desk:12345678"},
        {"text": "长" * 2001, "external_id": "desk:12345678"},
        {"text": "好", "external_id": "m-1"},
    ],
)
async def test_what_is_no_message_is_422(
    api: httpx.AsyncClient, desk: DeskServices, lina: Person, body: dict[str, str]
) -> None:
    conversation_id = await make_waiting(desk)
    await log_in(api)
    assert (await api.post(f"/conversations/{conversation_id}/messages", json=body)).status_code == 422


async def test_a_role_that_does_not_talk_gets_403(api: httpx.AsyncClient, desk: DeskServices) -> None:
    await desk.agents.create("tang", "训练师", PASSWORD, Role.trainer)
    await log_in(api, "tang")
    assert (await api.get("/queue")).status_code == 403
    assert (await api.get("/me")).json()["role"] == "trainer"


async def test_after_logging_out_the_cookie_is_worth_nothing(api: httpx.AsyncClient, lina: Person) -> None:
    await log_in(api)
    token = api.cookies[COOKIE]
    assert (await api.post("/logout")).status_code == 204
    api.cookies.set(COOKIE, token)
    assert (await api.get("/me")).status_code == 401


async def test_pictures_of_customers_are_shown_to_whoever_may_see_the_conversation(
    api: httpx.AsyncClient, desk: DeskServices, lina: Person
) -> None:
    conversation_id = await make_waiting(desk)
    assert desk.attachments is not None
    picture = await desk.attachments.upload(make_picture(), "image/jpeg", "破损.jpg", by=Actor("customer"))
    sent = Attachment(kind=MessageKind.image, id=picture.sha256, content_type=picture.media_type, name=picture.name)
    received = await desk.conversations.receive(
        IncomingMessage("web", "visitor-1", "p", MessageKind.image, "", desk.clock(), attachments=(sent,))
    )
    path = f"/conversations/{conversation_id}/messages/{received.seq}/attachments"
    assert (await api.get(f"{path}/0")).status_code == 401
    await log_in(api)

    shown = await api.get(f"{path}/0")
    assert (shown.status_code, shown.headers["content-type"]) == (200, "image/jpeg")
    assert shown.headers["content-disposition"].startswith("inline")
    assert [(await api.get(f"{path}/{place}")).status_code for place in (1, -1)] == [404, 404]


@pytest.mark.parametrize(
    ("body", "status"),
    [({"wrap_up_code": "other"}, 409), ({"wrap_up_code": "other", "text": " "}, 409), ({"text": "好"}, 422)],
)
async def test_nothing_is_resolved_without_a_summary(
    api: httpx.AsyncClient, desk: DeskServices, lina: Person, body: dict[str, str], status: int
) -> None:
    conversation_id = await make_waiting(desk)
    await log_in(api)
    await api.post(f"/conversations/{conversation_id}/accept")
    assert (await api.post(f"/conversations/{conversation_id}/resolve", json=body)).status_code == status
    assert (await desk.conversations.view(conversation_id)).agent == "lina"


async def test_messages_over_the_api_are_masked_too(api: httpx.AsyncClient, desk: DeskServices, lina: Person) -> None:
    conversation_id = await make_waiting(desk, says="我的电话是13812341234")
    await log_in(api)
    log = await api.get(f"/conversations/{conversation_id}/messages")
    assert "13812341234" not in log.text
    assert [one["is_masked"] for one in log.json()["messages"]].count(True) == 1


async def test_a_file_is_uploaded_then_sent_and_anything_else_is_refused_in_words(
    api: httpx.AsyncClient, desk: DeskServices, lina: Person
) -> None:
    conversation_id = await make_waiting(desk)
    await log_in(api)
    at = f"/conversations/{conversation_id}"
    await api.post(f"{at}/accept")
    refused = await api.post(f"{at}/files", files={"file": ("x.html", b"<script>", "text/html")})
    assert refused.status_code == 415
    assert refused.json()["detail"]
    file = (await api.post(f"{at}/files", files={"file": ("面单.jpg", make_picture(), "image/jpeg")})).json()
    body = {"external_id": "desk:0b0b0b0b", "attachments": [file["id"]]}
    said = await api.post(f"{at}/messages", json=body)
    assert (said.status_code, said.json()["attachments"][0]["name"]) == (201, "面单.jpg")


async def test_what_must_not_be_sent_is_409_with_the_reason(
    api: httpx.AsyncClient, desk: DeskServices, lina: Person
) -> None:
    conversation_id = await make_waiting(desk)
    await log_in(api)
    at = f"/conversations/{conversation_id}"
    await api.post(f"{at}/accept")
    body = {"text": "今天一定能到", "external_id": "desk:0c0c0c0c"}
    refused = await api.post(f"{at}/messages", json=body)
    assert refused.status_code == 409
    assert "一定能到" in refused.json()["detail"]
    assert (await api.post(f"{at}/messages", json=body | {"confirmed": True})).status_code == 201
