from uuid import UUID

import pytest

from actions.wordless import TicketProofs, WordlessEngine
from bot.channels import Attachment, MessageKind
from bot.dialogue.engine import ScriptedEngine, Turn
from bot.evidence.service import EvidenceService
from bot.network.service import NetworkService
from bot.network.tables import OutletRow
from bot.outbox import emit
from bot.tickets.kinds import Flow, TicketStatus
from tests.tickets.builders import make_ticket

HERE = (23.1291, 113.3245)
PICTURE = Attachment(kind=MessageKind.image, id="a" * 64, name="破损.jpg", content_type="image/jpeg", size=9)


@pytest.fixture
def engine():
    return ScriptedEngine()


@pytest.fixture
def items(database):
    return EvidenceService(database, emit)


@pytest.fixture
def respond(database, clock, words, engine, items):
    wordless = WordlessEngine(engine, TicketProofs(database, items, clock), NetworkService(database), words)

    async def respond(kind: str, text: str = "", *attachments: Attachment, seq: int = 1) -> list[str]:
        turn = Turn(UUID(int=8), UUID(int=7), "wechat", seq, kind, text, "", attachments)
        return [reply.text for reply in (await wordless.respond(turn)).replies]

    return respond


@pytest.fixture
def put_ticket(database):
    async def put(status: TicketStatus = TicketStatus.dispatched, **changes) -> str:
        ticket = make_ticket(status, **{"category": "damage", "flow": Flow.evidence_chain, **changes})
        async with database.transaction() as session:
            session.add(ticket)
        return ticket.ticket_no

    return put


@pytest.fixture
async def outlets(database):
    async with database.transaction() as session:
        for n, (latitude, longitude) in enumerate([(23.2, 113.3), (23.13, 113.33), (39.9, 116.4)]):
            session.add(
                OutletRow(
                    code=f"O{n}",
                    name=f"网点{n}",
                    tier="outlet",
                    province="广东省",
                    city="广州市",
                    district="天河区",
                    address="某路1号",
                    phone="020-90000000",
                    opening_hours="8:00-20:00",
                    latitude=latitude,
                    longitude=longitude,
                )
            )


async def test_words_go_on_to_the_engine(respond, engine):
    assert await respond("text", "你好") == ["你好"]
    assert await respond("voice", "我的快递呢", Attachment(kind=MessageKind.voice, id="b" * 64)) == ["我的快递呢"]
    assert engine.heard == ["你好", "我的快递呢"]


@pytest.mark.parametrize("kind", ["image", "voice", "video", "file"])
async def test_what_is_no_words_is_asked_for_in_words(respond, engine, kind):
    (said,) = await respond(kind, "", Attachment(kind=kind, id="b" * 64))

    assert "文字" in said or "打字" in said
    assert engine.heard == []


async def test_a_picture_of_damage_becomes_evidence_of_the_ticket_once(respond, items, put_ticket):
    ticket_no = await put_ticket()
    for _ in range(2):
        (said,) = await respond("image", "", PICTURE)

    (item,) = await items.of_ticket(ticket_no)
    assert ticket_no in said
    assert (item.attachment, item.by, item.kind) == (PICTURE.id, "customer", "photo")


async def test_a_picture_with_words_is_taken_and_the_words_are_answered(respond, put_ticket, engine):
    await put_ticket()
    said = await respond("image", "就是这个", PICTURE)

    assert "凭证" in said[0]
    assert said[1:] == ["就是这个"]


@pytest.mark.parametrize(
    "changes", [{"flow": Flow.standard}, {"status": TicketStatus.closed}, {"conversation_id": UUID(int=99)}]
)
async def test_a_picture_that_no_ticket_wants_is_no_evidence(respond, items, put_ticket, changes):
    ticket_no = await put_ticket(**changes)
    (said,) = await respond("image", "", PICTURE)

    assert "文字" in said
    assert await items.of_ticket(ticket_no) == []


async def test_a_place_leads_to_the_outlets_around_it_nearest_first(respond, outlets):
    place = Attachment(kind=MessageKind.location, name="体育西路", latitude=HERE[0], longitude=HERE[1])
    (said,) = await respond("location", "天河区体育西路", place)

    assert said.index("网点1") < said.index("网点0")
    assert "网点2" not in said
    assert said.startswith("天河区体育西路")


async def test_a_place_far_from_everything_is_looked_up_by_its_name(respond, outlets):
    at_sea = Attachment(kind=MessageKind.location, latitude=20.0, longitude=120.0)
    (named,) = await respond("location", "广州市天河区", at_sea)
    (nowhere,) = await respond("location", "", at_sea, seq=2)

    assert "网点1" in named
    assert nowhere.startswith("您发来的位置附近暂时没有查到网点")
