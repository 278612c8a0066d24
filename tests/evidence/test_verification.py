"""Tampering with the triggers out of the way, as somebody with full rights to the database could."""

import asyncio
import dataclasses
import json
from collections.abc import Awaitable, Callable
from contextlib import nullcontext

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from sqlalchemy import text
from typer.testing import CliRunner

from bot.errors import DataFileError, NotFoundError
from bot.evidence import verification
from bot.evidence.canonical import GENESIS
from bot.evidence.commands import make_evidence_app
from bot.evidence.model import Breach, Broken, EvidenceKind, Head, NewEvidence
from bot.evidence.sealing import first_broken, seal
from bot.evidence.tables import EvidenceItemRow
from bot.evidence.verification import read_heads
from bot.settings import get_settings
from tests.builders import NOW
from tests.evidence.builders import TICKET, agent_of, make_picture

Tamper = Callable[[str], Awaitable[None]]
HANGZHOU = agent_of("HZ001")


@pytest.fixture
def tamper(database) -> Tamper:
    async def tamper(*statements: str) -> None:
        async with database.transaction() as session:
            await session.execute(text("SET LOCAL session_replication_role = replica"))
            for statement in statements:
                await session.execute(text(statement))

    return tamper


@pytest.fixture
async def record(database, items, attachments, clock) -> str:
    """Five items, the second of them with a photo; the hash of the photo."""
    photo = await attachments.upload(make_picture(), "", "a.jpg", by=HANGZHOU)
    for number in range(1, 6):
        new = NewEvidence(EvidenceKind.photo, f"第 {number} 张", photo if number == 2 else None)
        if number != 2:
            new = NewEvidence(EvidenceKind.chat, f"第 {number} 条", snapshot={"n": number})
        async with database.transaction() as session:
            await items.add(session, TICKET, new, by=HANGZHOU, at=clock())
    return photo.sha256


async def test_an_untouched_record_is_whole(record, verifier):
    verified = await verifier.verify(TICKET)

    assert (verified.items, verified.broken) == (5, None)


@pytest.mark.parametrize(
    ("statements", "broken"),
    [
        (["UPDATE evidence_items SET text = '别的' WHERE seq = 3"], Broken(3, Breach.changed)),
        (["UPDATE evidence_items SET at = at + interval '1 microsecond' WHERE seq = 3"], Broken(3, Breach.changed)),
        (["UPDATE evidence_items SET unit = 'GZ001' WHERE seq = 1"], Broken(1, Breach.changed)),
        (["UPDATE evidence_items SET by = 'agent:x' WHERE seq = 5"], Broken(5, Breach.changed)),
        (["UPDATE evidence_items SET turn = 'x' WHERE seq = 4"], Broken(4, Breach.changed)),
        (["UPDATE evidence_items SET kind = 'nonsense' WHERE seq = 4"], Broken(4, Breach.changed)),
        (["""UPDATE evidence_items SET snapshot = '{"n": 3.5}' WHERE seq = 3"""], Broken(3, Breach.changed)),
        (["UPDATE evidence_items SET attachment = NULL WHERE seq = 2"], Broken(2, Breach.changed)),
        (["UPDATE evidence_items SET media_type = 'text/html' WHERE seq = 2"], Broken(2, Breach.changed)),
        (["DELETE FROM evidence_items WHERE seq = 1"], Broken(1, Breach.missing)),
        (["DELETE FROM evidence_items WHERE seq = 3"], Broken(3, Breach.missing)),
        (
            ["DELETE FROM evidence_items WHERE seq = 3", "UPDATE evidence_items SET seq = seq - 1 WHERE seq > 3"],
            Broken(3, Breach.unlinked),
        ),
        (
            [
                "UPDATE evidence_items SET seq = 99 WHERE seq = 3",
                "UPDATE evidence_items SET seq = 3 WHERE seq = 4",
                "UPDATE evidence_items SET seq = 4 WHERE seq = 99",
            ],
            Broken(3, Breach.unlinked),
        ),
        (["DELETE FROM evidence_items WHERE seq = 5"], Broken(5, Breach.truncated)),
        (["DELETE FROM evidence_items"], Broken(1, Breach.truncated)),
        (["DELETE FROM evidence_heads"], Broken(5, Breach.head_differs)),
        (["UPDATE evidence_heads SET hash = repeat('0', 64)"], Broken(5, Breach.head_differs)),
    ],
)
async def test_tampering_is_found_where_it_was_done(record, verifier, tamper, statements, broken):
    await tamper(*statements)

    assert (await verifier.verify(TICKET)).broken == broken
    assert [(found.ticket_no, found.broken) async for found in verifier.verify_all()] == [(TICKET, broken)]


async def test_a_file_that_was_swapped_is_found(record, verifier, store):
    store.contents[record] = make_picture(size=(10, 10))

    assert (await verifier.verify(TICKET)).broken == Broken(2, Breach.file_changed, record)


async def test_a_file_that_is_gone_is_found(record, verifier, store):
    del store.contents[record]

    assert (await verifier.verify(TICKET)).broken == Broken(2, Breach.file_missing, record)


async def test_what_is_broken_first_is_named(record, verifier, store, tamper):
    del store.contents[record]
    await tamper("UPDATE evidence_items SET text = '别的' WHERE seq = 4")

    assert (await verifier.verify(TICKET)).broken == Broken(2, Breach.file_missing, record)


async def test_items_cut_off_together_with_the_head_are_found_only_by_a_head_kept_elsewhere(
    database, record, verifier, tamper
):
    (kept,) = await read_heads(database)
    fourth = await hash_of(database, 4)
    await tamper("DELETE FROM evidence_items WHERE seq = 5", f"UPDATE evidence_heads SET items = 4, hash = '{fourth}'")

    assert (await verifier.verify(TICKET)).broken is None
    assert (await verifier.verify(TICKET, kept=kept)).broken == Broken(5, Breach.truncated)


async def test_a_record_removed_as_a_whole_is_missed_only_by_those_who_kept_its_head(
    database, record, verifier, tamper
):
    heads = {head.ticket_no: head for head in await read_heads(database)}
    await tamper("DELETE FROM evidence_items", "DELETE FROM evidence_heads")

    assert [found async for found in verifier.verify_all()] == []
    (found,) = [found async for found in verifier.verify_all(kept=heads)]
    assert found.broken == Broken(1, Breach.truncated)


async def test_a_record_that_grew_still_goes_through_a_head_kept_earlier(database, record, items, verifier, clock):
    (kept,) = await read_heads(database)
    async with database.transaction() as session:
        await items.add(session, TICKET, NewEvidence(EvidenceKind.statement, "又"), by=HANGZHOU, at=clock())

    assert (await verifier.verify(TICKET, kept=kept)).broken is None
    other = dataclasses.replace(kept, hash=GENESIS)
    assert (await verifier.verify(TICKET, kept=other)).broken == Broken(5, Breach.kept_head_differs)


async def test_every_ticket_is_checked_by_number(database, items, verifier, clock, tamper):
    for number in ("GD3", "GD1", "GD2"):
        async with database.transaction() as session:
            await items.add(session, number, NewEvidence(EvidenceKind.statement, "一"), by=HANGZHOU, at=clock())
    await tamper("UPDATE evidence_items SET text = '二' WHERE ticket_no = 'GD2'")

    found = [(verified.ticket_no, verified.broken) async for verified in verifier.verify_all()]

    assert found == [("GD1", None), ("GD2", Broken(1, Breach.changed)), ("GD3", None)]


async def hash_of(database, seq: int) -> str:
    async with database.transaction() as session:
        return str(await session.scalar(text("SELECT hash FROM evidence_items WHERE seq = :seq"), {"seq": seq}))


def make_rows(count: int) -> list[EvidenceItemRow]:
    rows: list[EvidenceItemRow] = []
    for seq in range(1, count + 1):
        previous = rows[-1].hash if rows else GENESIS
        row = EvidenceItemRow(
            ticket_no=TICKET, seq=seq, kind="chat", text=f"{seq}", attachment=None, media_type=None, file_name=None,
            snapshot={}, by="agent:a", unit=None, at=NOW, turn=None, previous_hash=previous,
        )  # fmt: skip
        row.hash = seal(row)
        rows.append(row)
    return rows


@given(st.permutations(range(6)), st.integers(0, 6))
def test_any_other_order_and_any_missing_item_is_found(order, kept):
    rows = make_rows(6)
    head = Head(TICKET, 6, rows[-1].hash)
    shuffled = [rows[place] for place in order[:kept]]
    assume(shuffled != rows)
    for seq, row in enumerate(shuffled, start=1):
        row.seq = seq

    assert first_broken(shuffled, head) is not None


async def test_an_item_added_while_a_record_is_read_is_no_breach(database, record, items, verifier, clock, monkeypatch):
    read_head = verification._head

    async def added_meanwhile(session, ticket_no):
        async with database.transaction() as another:
            await items.add(another, TICKET, NewEvidence(EvidenceKind.statement, "又"), by=HANGZHOU, at=clock())
        return await read_head(session, ticket_no)

    monkeypatch.setattr(verification, "_head", added_meanwhile)

    verified = await verifier.verify(TICKET)
    assert (verified.items, verified.broken) == (5, None)


@pytest.fixture
def command(postgres_url, monkeypatch, tmp_path):
    monkeypatch.setattr(get_settings(), "attachment_folder", tmp_path)
    app = make_evidence_app(lambda settings: nullcontext(postgres_url))

    async def run(*arguments: str):
        return await asyncio.to_thread(CliRunner().invoke, app, list(arguments))

    return run


async def test_the_command_names_what_is_broken_and_fails(command, database, items, clock, tamper, tmp_path):
    async with database.transaction() as session:
        await items.add(session, TICKET, NewEvidence(EvidenceKind.statement, "一"), by=HANGZHOU, at=clock())
    whole, printed = await command("verify"), await command("head")
    kept = tmp_path / "heads.jsonl"
    kept.write_text(printed.stdout, encoding="utf-8")
    await tamper("DELETE FROM evidence_items", "DELETE FROM evidence_heads")

    assert (whole.exit_code, whole.stdout) == (0, "tickets checked: 1, broken: 0\n")
    assert json.loads(printed.stdout)["items"] == 1
    gone = await command("verify", "--heads", str(kept))
    assert (gone.exit_code, gone.stdout.splitlines()[0]) == (1, f"{TICKET}: item 1: truncated")
    assert isinstance((await command("verify", TICKET)).exception, NotFoundError)


async def test_a_file_of_heads_that_is_none_is_refused(command, tmp_path):
    wrong = tmp_path / "heads.jsonl"
    wrong.write_text('{"ticket_no": "GD1"}\n', encoding="utf-8")

    assert isinstance((await command("verify", "--heads", str(wrong))).exception, DataFileError)
