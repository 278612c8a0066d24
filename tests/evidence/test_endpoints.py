import asyncio
import io

import httpx
import pytest
from fastapi import FastAPI, Header, HTTPException
from PIL import Image

from bot.evidence.endpoints import make_router
from bot.evidence.words import evidence_words
from bot.staff.model import Actor, Role
from tests.evidence.builders import OUTLETS, REVIEWER, TICKET, agent_of, make_damaged_parcel, make_picture

PDF = b"%PDF-1.7\n%%EOF\n"
HUGE = 200_000
FIELD_ONLY = b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\nb\r\n--x--\r\n'
PEOPLE = {
    **{unit: agent_of(unit) for unit in OUTLETS},
    "call": Actor("agent:li", Role.agent),
    "centre": REVIEWER,
    "elsewhere": agent_of("SH001"),
}


async def actor_of(who: str = Header()) -> Actor:
    if who not in PEOPLE:
        raise HTTPException(401, "log in first")
    return PEOPLE[who]


async def may_see(actor: Actor, ticket_no: str) -> bool:
    return ticket_no == TICKET and actor.unit != "GZ001"


@pytest.fixture
async def client(services):
    app = FastAPI()
    app.include_router(make_router(services, actor_of, may_see))
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://test/api/v1") as client:
        yield client


class Desk:
    """Somebody at work."""

    def __init__(self, client: httpx.AsyncClient, who: str) -> None:
        self._client, self._headers, self._turns = client, {"who": who}, 0

    async def get(self, path: str) -> httpx.Response:
        return await self._client.get(path, headers=self._headers)

    async def post(self, path: str, **body) -> httpx.Response:
        self._turns += 1
        body.setdefault("turn", f"turn-{self._turns:04}")
        return await self._client.post(f"/tickets/{TICKET}/{path}", json=body, headers=self._headers)

    async def upload(self, content: bytes, name: str = "a.jpg", declared: str = "image/jpeg") -> httpx.Response:
        files = {"file": (name, content, declared)}
        return await self._client.post("/attachments", files=files, headers=self._headers)

    async def hand_in_photo(self, content: bytes | None = None, name: str = "a.jpg", declared: str = "image/jpeg"):
        taken = await self.upload(content or make_picture(), name, declared)
        return await self.post("evidence", kind="photo", attachment=taken.json()["sha256"])


@pytest.fixture
def hangzhou(client) -> Desk:
    return Desk(client, "HZ001")


@pytest.fixture
def transit(client) -> Desk:
    return Desk(client, "HZ900")


@pytest.fixture
async def chain(services, clock):
    async with services.database.transaction() as session:
        return await services.chains.open(session, TICKET, make_damaged_parcel(), at=clock())


async def test_a_node_uploads_hands_in_proves_and_the_next_one_holds(hangzhou, transit, chain):
    uploaded = await hangzhou.upload(make_picture(), "外包装.jpg")
    assert uploaded.status_code == 201
    assert uploaded.json()["name"] == "外包装.jpg"

    added = await hangzhou.post("evidence", kind="photo", text="出站前拍摄", attachment=uploaded.json()["sha256"])
    assert (added.status_code, added.json()["seq"]) == (201, 2)
    proved = await hangzhou.post("chain/prove", evidence=[2])
    assert (proved.status_code, proved.json()["holder"]) == (200, 1)

    admitted = await transit.post("chain/admit", text="搬运时摔落")
    assert admitted.json()["ending"]["liable_unit"] == "HZ900"
    assert admitted.json()["ending"]["because"] == ["liability.admitted@v0"]
    seen = (await hangzhou.get(f"/tickets/{TICKET}/chain")).json()
    assert [node["state"] for node in seen["nodes"]] == ["proved", "admitted", "waiting", "waiting"]


async def test_the_evidence_of_a_ticket_is_listed_with_its_hashes(hangzhou):
    await hangzhou.post("evidence", kind="statement", text="一")
    await hangzhou.post("evidence", kind="statement", text="二")

    first, second = (await hangzhou.get(f"/tickets/{TICKET}/evidence")).json()

    assert second["previous_hash"] == first["hash"]
    assert (first["by"], first["unit"], first["text"]) == ("agent:hz001", "HZ001", "一")


async def test_only_the_holder_answers(transit, chain):
    await transit.hand_in_photo()
    proved = await transit.post("chain/prove", evidence=[2])

    assert (proved.status_code, proved.json()["detail"]) == (
        403,
        evidence_words().refusal("not_holder", outlet="杭州西湖网点"),
    )
    assert (await transit.post("chain/admit")).status_code == 403


async def test_after_the_end_everything_is_refused_with_a_reason(hangzhou, chain):
    await hangzhou.post("chain/admit")

    refused = await hangzhou.post("evidence", kind="statement", text="再说一句")

    assert (refused.status_code, refused.json()["detail"]) == (409, evidence_words().refusal("ended"))


async def test_a_call_repeated_because_the_answer_was_lost_acts_once(hangzhou, chain):
    await hangzhou.hand_in_photo()
    added = [await hangzhou.post("evidence", kind="statement", text="一", turn="turn-lost") for _ in range(2)]
    proved = [await hangzhou.post("chain/prove", evidence=[2], turn="turn-lost") for _ in range(2)]

    assert added[0].json() == added[1].json()
    assert [answer.json()["holder"] for answer in proved] == [1, 1]


async def test_one_persons_turn_is_not_anothers(client, hangzhou):
    first = await hangzhou.post("evidence", kind="statement", text="一", turn="turn-same")
    second = await Desk(client, "call").post("evidence", kind="statement", text="二", turn="turn-same")

    assert (first.json()["seq"], second.json()["seq"]) == (1, 2)


PATHS = [
    ("GET", f"/tickets/{TICKET}/evidence"),
    ("POST", f"/tickets/{TICKET}/evidence"),
    ("GET", f"/tickets/{TICKET}/evidence/1/attachment"),
    ("GET", f"/tickets/{TICKET}/chain"),
    ("POST", f"/tickets/{TICKET}/chain/prove"),
    ("POST", f"/tickets/{TICKET}/chain/admit"),
    ("POST", f"/tickets/{TICKET}/chain/unproven"),
    ("POST", f"/tickets/{TICKET}/chain/withdraw"),
]
BODIES = {
    "evidence": {"kind": "statement", "text": "x"},
    "prove": {"evidence": [1]},
    "unproven": {"node": 0, "reason": "x"},
    "withdraw": {"reason": "x"},
}


@pytest.mark.parametrize(("method", "path"), PATHS)
async def test_a_ticket_one_may_not_see_is_as_good_as_unknown(client, hangzhou, chain, method, path):
    await hangzhou.hand_in_photo()
    body = {"turn": "turn-0001"} | BODIES.get(path.rsplit("/", 1)[-1], {})
    there = await client.request(method, path, json=body, headers={"who": "GZ001"})
    nowhere = await client.request(method, path.replace(TICKET, "GD1"), json=body, headers={"who": "HZ001"})

    assert (there.status_code, nowhere.status_code) == (404, 404)
    assert there.json() == nowhere.json() == {"detail": evidence_words().refusal("not_found")}


@pytest.mark.parametrize(("method", "path"), [*PATHS, ("POST", "/attachments")])
async def test_nobody_gets_in_without_being_somebody(client, method, path):
    assert (await client.request(method, path, headers={"who": "nobody"})).status_code == 401


async def test_a_reviewer_finds_evidence_unproven_and_the_chain_ends_with_that_node(client, hangzhou, chain):
    await hangzhou.hand_in_photo()
    await hangzhou.post("chain/prove", evidence=[2])
    centre = Desk(client, "centre")

    judged = [await centre.post("chain/unproven", node=0, reason="照片不是这票件", turn="turn-lost") for _ in range(2)]

    assert [answer.status_code for answer in judged] == [200, 200]
    ending = judged[0].json()["ending"]
    assert (ending["finding"], ending["liable_unit"], ending["because"]) == (
        "unproven",
        "HZ001",
        ["liability.unproven@v0"],
    )
    assert judged[1].json() == judged[0].json()
    said = (await hangzhou.get(f"/tickets/{TICKET}/evidence")).json()
    assert [item["text"] for item in said if item["by"] == REVIEWER.name] == ["照片不是这票件"]


async def test_the_customer_takes_the_matter_back_and_nobody_is_liable(client, chain):
    call = Desk(client, "call")

    taken = [await call.post("chain/withdraw", reason="客户找到了内件", turn="turn-lost") for _ in range(2)]

    assert [answer.status_code for answer in taken] == [200, 200]
    assert (taken[0].json()["ending"]["finding"], taken[0].json()["ending"]["liable"]) == ("withdrawn", "nobody")
    assert taken[1].json() == taken[0].json()


@pytest.mark.parametrize(
    ("who", "act", "body", "reason"),
    [
        ("HZ001", "chain/unproven", {"node": 0, "reason": "x"}, "reviewer"),
        ("HZ900", "chain/unproven", {"node": 0, "reason": "x"}, "reviewer"),
        ("elsewhere", "chain/unproven", {"node": 0, "reason": "x"}, "reviewer"),
        ("call", "chain/unproven", {"node": 0, "reason": "x"}, "reviewer"),
        ("HZ001", "chain/withdraw", {"reason": "x"}, "withdrawer"),
        ("HZ900", "chain/withdraw", {"reason": "x"}, "withdrawer"),
        ("elsewhere", "chain/withdraw", {"reason": "x"}, "withdrawer"),
    ],
)
async def test_no_outlet_ends_a_chain_for_another_or_for_itself(client, chain, who, act, body, reason):
    refused = await Desk(client, who).post(act, **body)

    assert (refused.status_code, refused.json()["detail"]) == (403, evidence_words().refusal(reason))
    assert (await Desk(client, "call").get(f"/tickets/{TICKET}/chain")).json()["ending"] is None


async def test_a_node_whose_turn_has_not_come_and_a_chain_that_has_ended_are_refused_with_a_reason(client, chain):
    centre = Desk(client, "centre")
    ahead = [await centre.post("chain/unproven", node=node, reason="x") for node in (1, 9)]
    await centre.post("chain/withdraw", reason="客户撤回")
    over = [await centre.post("chain/unproven", node=0, reason="x"), await centre.post("chain/withdraw", reason="x")]

    assert {(answer.status_code, answer.json()["detail"]) for answer in ahead} == {
        (409, evidence_words().refusal("ahead"))
    }
    assert {(answer.status_code, answer.json()["detail"]) for answer in over} == {
        (409, evidence_words().refusal("ended"))
    }


@pytest.mark.parametrize(
    ("act", "body"),
    [
        ("chain/unproven", {"node": -1, "reason": "x"}),
        ("chain/unproven", {"node": 0, "reason": "  "}),
        ("chain/unproven", {"node": 0}),
        ("chain/withdraw", {"reason": ""}),
        ("chain/withdraw", {}),
    ],
)
async def test_ending_a_chain_for_others_needs_a_reason(client, chain, act, body):
    assert (await Desk(client, "centre").post(act, **body)).status_code == 422


async def test_a_ticket_without_a_chain_has_none_to_show(hangzhou):
    assert (await hangzhou.get(f"/tickets/{TICKET}/chain")).status_code == 404


async def test_a_photo_is_shown_in_the_page_and_runs_nothing(hangzhou):
    await hangzhou.hand_in_photo(name="破损 'x'.jpg")

    shown = await hangzhou.get(f"/tickets/{TICKET}/evidence/1/attachment")

    assert shown.status_code == 200
    assert Image.open(io.BytesIO(shown.content)).size == (40, 30)
    assert shown.headers["content-type"] == "image/jpeg"
    assert shown.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in shown.headers["content-security-policy"]
    assert shown.headers["content-disposition"] == "inline; filename*=UTF-8''%E7%A0%B4%E6%8D%9F%20%27x%27.jpg"


async def test_what_is_no_picture_is_only_ever_downloaded(hangzhou):
    await hangzhou.hand_in_photo(PDF, "单据.pdf", "application/pdf")

    saved = await hangzhou.get(f"/tickets/{TICKET}/evidence/1/attachment")

    assert saved.content == PDF
    assert saved.headers["content-disposition"].startswith("attachment; ")


async def test_an_item_without_a_file_and_an_unknown_item_have_nothing_to_download(hangzhou):
    await hangzhou.post("evidence", kind="statement", text="一")

    for seq in (1, 2, 0):
        assert (await hangzhou.get(f"/tickets/{TICKET}/evidence/{seq}/attachment")).status_code == 404


async def test_knowing_the_hash_of_somebody_elses_file_opens_nothing(hangzhou, transit):
    sha256 = (await hangzhou.upload(make_picture())).json()["sha256"]

    stolen = await transit.post("evidence", kind="photo", attachment=sha256)

    assert stolen.status_code == 404


@pytest.mark.parametrize(
    ("content", "declared", "status", "reason"),
    [
        (b"<script>alert(1)</script>", "image/jpeg", 415, "type"),
        (PDF, "image/jpeg", 415, "other_type"),
        (make_picture()[:400], "image/jpeg", 415, "broken"),
        (b"", "image/jpeg", 415, "empty"),
    ],
)
async def test_a_file_that_is_refused_comes_back_with_a_sentence(hangzhou, content, declared, status, reason):
    refused = await hangzhou.upload(content, "a.jpg", declared)

    assert (refused.status_code, refused.json()["detail"]) == (status, evidence_words().refusal(reason))


async def test_a_file_over_the_limit_is_refused(hangzhou):
    assert (await hangzhou.upload(b"\xff\xd8\xff" + bytes(HUGE))).status_code == 413
    assert (await hangzhou.upload(b"\xff\xd8\xff" + bytes(HUGE * 10))).status_code == 413


async def test_a_body_without_a_length_is_read_no_further_than_the_limit(client):
    sent = 0

    async def endless():
        nonlocal sent
        yield b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.jpg"\r\n\r\n'
        while True:
            sent += 10_000
            yield bytes(10_000)

    headers = {"who": "HZ001", "content-type": "multipart/form-data; boundary=x"}
    answer = await asyncio.wait_for(client.post("/attachments", content=endless(), headers=headers), 10)

    assert (answer.status_code, answer.json()["detail"]) == (413, evidence_words().refusal("too_big", limit=0))
    assert sent < HUGE * 2


@pytest.mark.parametrize(
    ("body", "content_type", "reason"),
    [
        (b"{}", "application/json", "form"),
        (b"", "multipart/form-data", "form"),
        (b"garbage", "multipart/form-data; boundary=x", "form"),
        (FIELD_ONLY, "multipart/form-data; boundary=x", "no_file"),
    ],
)
async def test_a_body_that_is_no_form_with_a_file_is_refused(client, body, content_type, reason):
    answer = await client.post("/attachments", content=body, headers={"who": "HZ001", "content-type": content_type})

    assert (answer.status_code, answer.json()["detail"]) == (400, evidence_words().refusal(reason))


@pytest.mark.parametrize(
    "body",
    [
        {"kind": "admission", "text": "x"},
        {"kind": "system", "text": "x"},
        {"kind": "track", "text": "x"},
        {"kind": "statement", "text": "x" * 2001},
        {"kind": "statement", "text": "a\x00b"},
        {"kind": "photo", "attachment": "../../etc/passwd"},
        {"kind": "statement", "text": "x", "by": "agent:other"},
        {"kind": "statement", "text": "x", "turn": "short"},
    ],
)
async def test_what_no_person_may_hand_in_is_refused_at_the_door(hangzhou, body):
    assert (await hangzhou.post("evidence", **body)).status_code == 422


async def test_a_late_scan_is_shown_beside_the_chain(hangzhou, chain, source):
    track = make_damaged_parcel().track
    source.add(make_damaged_parcel(track=(*track, track[0].__class__(**{**vars(track[0]), "outlet_code": "XX001"}))))

    (late,) = (await hangzhou.get(f"/tickets/{TICKET}/chain")).json()["late_scans"]

    assert (late["outlet_code"], late["backdated"]) == ("XX001", True)
