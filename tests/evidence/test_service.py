import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import delete, text, update
from sqlalchemy.exc import IntegrityError

from bot.errors import (
    AttachmentDamagedError,
    AttachmentNotFoundError,
    AttachmentRefusedError,
    EvidenceRefusedError,
    NotFoundError,
)
from bot.evidence import service
from bot.evidence.canonical import GENESIS
from bot.evidence.model import EvidenceKind, NewEvidence
from bot.evidence.sealing import grouped
from bot.evidence.tables import AttachmentRow, EvidenceHeadRow, EvidenceItemRow
from bot.evidence.words import evidence_words
from bot.outbox.kinds import published
from bot.staff.model import BOT
from tests.evidence.builders import TICKET, agent_of, make_picture

HANGZHOU = agent_of("HZ001")


@pytest.fixture
def add(database, items, clock):
    async def add(words: str = "外包装完好", *, kind=EvidenceKind.statement, ticket_no=TICKET, by=HANGZHOU, **more):
        turn = more.pop("turn", None)
        async with database.transaction() as session:
            new = NewEvidence(kind, words, **more)
            return await items.add(session, ticket_no, new, by=by, at=clock(), turn=turn)

    return add


async def test_items_count_from_one_and_each_carries_the_hash_of_the_one_before(add, items):
    first, second = await add("一"), await add("二")

    assert [item.seq for item in await items.of_ticket(TICKET)] == [1, 2]
    assert first.previous_hash == GENESIS
    assert second.previous_hash == first.hash != second.hash


async def test_each_ticket_has_its_own_record(add, items):
    await add(ticket_no="GD1")

    assert (await add(ticket_no="GD2")).seq == 1


async def test_an_item_says_who_handed_it_in_when_and_for_which_unit(add, clock):
    item = await add()

    assert (item.by, item.unit, item.at) == ("agent:hz001", "HZ001", clock())


async def test_a_document_reads_back_as_it_was(add, items):
    await add(snapshot={"轨迹": [1, None, {"b": True, "a": "x"}]}, kind=EvidenceKind.chat)

    assert (await items.item(TICKET, 1)).snapshot == {"轨迹": [1, None, {"b": True, "a": "x"}]}


async def test_the_same_turn_adds_once(add, items):
    first = await add("一", turn="t:1")

    assert await add("又一次", turn="t:1") == first
    assert len(await items.of_ticket(TICKET)) == 1


async def test_a_turn_counts_for_its_ticket_only(add):
    await add(turn="t:1", ticket_no="GD1")

    assert (await add(turn="t:1", ticket_no="GD2")).ticket_no == "GD2"


async def test_other_systems_hear_of_it_without_its_words(add, told):
    item = await add("收件人电话13900001234")

    (heard,) = told.of("evidence.added")
    assert heard == {
        "ticket_no": TICKET,
        "item": "1",
        "kind": "statement",
        "unit": "HZ001",
        "by": "agent:hz001",
        "hash": grouped(item.hash),
    }


def test_no_hash_is_taken_for_a_phone_number():
    unlucky = f"{'ab' * 10}13900001234{'ab' * 16}c"

    told = published("evidence.added", {"ticket_no": TICKET, "hash": grouped(unlucky)})

    assert told["hash"].replace("-", "") == unlucky
    assert len(unlucky) == 64


@pytest.mark.parametrize(
    ("new", "reason"),
    [
        (NewEvidence(EvidenceKind.statement), "nothing"),
        (NewEvidence(EvidenceKind.photo, "照片在我手机里"), "needs_file"),
        (NewEvidence(EvidenceKind.statement, "a\x00b"), "text"),
        (NewEvidence(EvidenceKind.statement, "\ud83d"), "text"),
    ],
)
async def test_what_is_no_evidence_is_refused(database, items, clock, new, reason):
    async with database.transaction() as session:
        with pytest.raises(EvidenceRefusedError, match=evidence_words().refusal(reason)):
            await items.add(session, TICKET, new, by=HANGZHOU, at=clock())


async def test_a_document_with_fractions_is_refused_and_nothing_is_left_behind(add, items):
    with pytest.raises(TypeError):
        await add(snapshot={"weight": 1.5})

    assert (await add()).seq == 1


async def test_people_cannot_flood_a_ticket_but_the_system_still_records(add, monkeypatch):
    monkeypatch.setattr(service, "MAX_ITEMS", 2)
    await add()
    await add()

    with pytest.raises(EvidenceRefusedError, match="2 条"):
        await add()
    assert (await add(kind=EvidenceKind.admission)).seq == 3
    assert (await add(kind=EvidenceKind.system, by=BOT)).seq == 4


async def test_twenty_who_add_at_once_make_one_unbroken_record(add, items, verifier):
    await asyncio.gather(*(add(f"第 {number} 人", by=agent_of(f"U{number:03}")) for number in range(20)))

    found = await items.of_ticket(TICKET)
    assert [item.seq for item in found] == list(range(1, 21))
    assert [item.previous_hash for item in found[1:]] == [item.hash for item in found[:-1]]
    assert len({item.by for item in found}) == 20
    assert (await verifier.verify(TICKET)).broken is None


async def test_twenty_repetitions_at_once_add_once(add, items):
    added = await asyncio.gather(*(add(turn="t:1") for _ in range(20)))

    assert {item.seq for item in added} == {1}
    assert len(await items.of_ticket(TICKET)) == 1


async def test_a_transaction_that_is_rolled_back_leaves_no_gap(database, items, clock, add):
    async with database.transaction() as session:
        await items.add(session, TICKET, NewEvidence(EvidenceKind.statement, "一"), by=HANGZHOU, at=clock())
        await session.rollback()

    assert (await add()).seq == 1


@pytest.mark.parametrize(
    "statement",
    [
        update(EvidenceItemRow).values(text="另一句"),
        delete(EvidenceItemRow),
        delete(EvidenceHeadRow),
        update(EvidenceHeadRow).values(items=EvidenceHeadRow.items - 1),
        update(EvidenceHeadRow).values(hash=GENESIS),
        update(AttachmentRow).values(original_name="x.jpg"),
        delete(AttachmentRow),
        text("UPDATE evidence_items SET seq = seq + 10"),
    ],
)
async def test_the_database_itself_refuses_to_change_or_remove_evidence(database, add, attachments, items, statement):
    await attachments.upload(make_picture(), "image/jpeg", "a.jpg", by=HANGZHOU)
    await add()

    with pytest.raises(IntegrityError, match="is refused"):
        async with database.transaction() as session:
            await session.execute(statement)

    assert [item.text for item in await items.of_ticket(TICKET)] == ["外包装完好"]


async def test_an_unknown_item_is_not_found(items):
    with pytest.raises(NotFoundError):
        await items.item(TICKET, 1)


async def test_an_upload_is_kept_under_the_hash_of_what_was_drawn_anew(attachments, store):
    kept = await attachments.upload(make_picture(), "image/jpeg", "../破损 1.JPEG", by=HANGZHOU)

    assert (kept.name, kept.media_type, kept.width, kept.height) == ("破损 1.jpg", "image/jpeg", 40, 30)
    assert list(store.contents) == [kept.sha256]
    assert await attachments.content(kept.sha256) == store.contents[kept.sha256]
    assert kept.size == len(store.contents[kept.sha256])


async def test_the_same_file_again_is_the_one_there_is(attachments, clock):
    first = await attachments.upload(make_picture(), "", "a.jpg", by=HANGZHOU)
    clock.advance(timedelta(hours=1))

    assert await attachments.upload(make_picture(), "", "b.jpg", by=HANGZHOU) == first


async def test_a_file_is_there_for_those_who_uploaded_it(attachments):
    kept = await attachments.upload(make_picture(), "", "a.jpg", by=HANGZHOU)

    with pytest.raises(AttachmentNotFoundError):
        await attachments.uploaded(kept.sha256, by=agent_of("GZ001"))
    own = await attachments.upload(make_picture(), "", "b.jpg", by=agent_of("GZ001"))
    assert (own.sha256, own.name) == (kept.sha256, "b.jpg")


async def test_a_refused_file_is_not_kept(attachments, store):
    with pytest.raises(AttachmentRefusedError):
        await attachments.upload(b"<script>", "image/jpeg", "a.jpg", by=HANGZHOU)

    assert store.contents == {}


async def test_a_swapped_file_is_never_shown(attachments, store):
    kept = await attachments.upload(make_picture(), "", "a.jpg", by=HANGZHOU)
    store.contents[kept.sha256] = make_picture(size=(10, 10))

    with pytest.raises(AttachmentDamagedError):
        await attachments.content(kept.sha256)
