"""One ticket: who may see it, what is offered and what refused, what a conflict does, reveals, rulings foreseen."""

from uuid import uuid4

import pytest
from sqlalchemy import select

from bot.desk.ticket_moves import APPEAL, COMPLAINT, PROVE
from bot.errors import AccessRefusedError, BotError, IllegalMoveError, NotFoundError, RefusedError
from bot.evidence.model import EvidenceKind, NewEvidence
from bot.staff.model import Actor, Role
from bot.staff.tables import AuditEntry
from bot.tickets.arbitration import Judgement
from bot.tickets.kinds import Move, RulingEffect, RulingFinding
from bot.tickets.work import Request
from tests.day.network import CHEN, FENG, GZ1, GZ2, HZ1, LINA, SUN, TANG, ZHAO, ZHENG, at
from tests.desk.builders import customer_says, make_waiting
from tests.desk.ticket_work.site import NUMBER, TicketSite
from tests.evidence.builders import make_picture

HE = Actor("agent:he", Role.trainer)
UPHELD = Judgement("投诉成立", finding=RulingFinding.upheld, liable_unit=GZ1)


async def offered(site: TicketSite, actor: Actor, number: str) -> set[str]:
    file = await site.tickets.files.of(actor, number)
    return {offer.name for offer in file.offers if not offer.refused}


async def refusals(site: TicketSite, actor: Actor, number: str) -> dict[str, str]:
    file = await site.tickets.files.of(actor, number)
    return {offer.name: offer.refused for offer in file.offers if offer.refused}


@pytest.mark.parametrize("actor", [at(GZ2), ZHAO, TANG, ZHENG, HE])
async def test_who_has_no_part_in_a_ticket_does_not_see_it(site: TicketSite, actor: Actor) -> None:
    number = (await site.open()).ticket_no
    with pytest.raises((NotFoundError, AccessRefusedError)):
        await site.tickets.files.of(actor, number)
    with pytest.raises((NotFoundError, AccessRefusedError)):
        await site.tickets.files.version(actor, number)
    with pytest.raises((NotFoundError, AccessRefusedError)):
        await site.tickets.files.reveal(actor, number, "想看看")


async def test_everybody_is_offered_what_is_theirs_to_do(site: TicketSite) -> None:
    number = (await site.open()).ticket_no
    assert {Move.accept, Move.handle, Move.admit, Move.pause} == await offered(site, at(GZ1), number)
    assert {Move.urge, Move.append, COMPLAINT} <= await offered(site, LINA, number)
    assert not {Move.handle, Move.redirect} & await offered(site, LINA, number)
    assert {Move.redirect, Move.escalate, Move.urge} <= await offered(site, CHEN, number)
    assert "处理中" in (await refusals(site, CHEN, number))[Move.review_pass]
    await site.service.tickets.work.handle(number, Request(at(GZ1)), done="已送")
    assert {Move.review_pass, Move.send_back} <= await offered(site, CHEN, number)


async def test_every_move_that_is_offered_is_not_refused_for_the_person(site: TicketSite) -> None:
    """What a form may be opened for, the service lets this person do, as far as role and state go."""
    said = {
        **{name: ["随便写写"] for name in ("done", "reason", "text", "answer", "words")},
        "unit": [GZ2],
        "to": ["agent:somebody"],
        "category": ["complaint"],
        "satisfied": ["true"],
    }
    for actor in (at(GZ1), LINA, CHEN, SUN):
        for name in await offered(site, actor, (await site.open()).ticket_no) - {Move.merge, Move.pause}:
            number = (await site.open()).ticket_no
            given = said | ({"to": ["urgent"]} if name == Move.raise_priority else {})
            await site.tickets.moves.make(actor, number, name, given, version=None, turn=str(uuid4()))
            async with site.database.transaction() as session:
                ticket = await site.service.tickets.core.store.take(session, number)
                if ticket.status != "closed":
                    ticket.category = f"gone-{number}"


async def test_a_move_on_what_somebody_changed_meanwhile_is_refused(site: TicketSite) -> None:
    ticket = await site.open()
    await site.service.tickets.work.urge(ticket.ticket_no, Request(CHEN))
    make = site.tickets.moves.make
    with pytest.raises(IllegalMoveError, match="刚被别人改动过"):
        await make(at(GZ1), ticket.ticket_no, Move.handle, {"done": ["已送"]}, version=ticket.version, turn="t1")


async def test_a_form_sent_twice_moves_once(site: TicketSite) -> None:
    number = (await site.open()).ticket_no
    for _ in range(2):
        await site.tickets.moves.make(CHEN, number, Move.urge, {"reason": ["快"]}, version=None, turn="same")
    assert (await site.tickets.files.of(CHEN, number)).ticket.urges == 1


@pytest.mark.parametrize(("name", "said"), [("handled", {}), ("dropped", {}), ("__class__", {"done": ["x"]})])
async def test_nonsense_is_refused_in_words(site: TicketSite, name: str, said: dict[str, list[str]]) -> None:
    number = (await site.open()).ticket_no
    with pytest.raises(RefusedError):
        await site.tickets.moves.make(at(GZ1), number, name, said, version=None, turn="t1")


async def test_a_reveal_needs_a_reason_and_is_kept(site: TicketSite) -> None:
    number = (await site.open()).ticket_no
    with pytest.raises(RefusedError):
        await site.tickets.files.reveal(at(GZ1), number, " ")
    shown = dict(await site.tickets.files.reveal(at(GZ1), number, "联系客户预约派送"))
    assert "幸福路88号" in shown["收件人"]
    async with site.database.transaction() as session:
        (kept,) = await session.scalars(select(AuditEntry).where(AuditEntry.what == "personal.revealed"))
    assert (kept.who, kept.about, kept.why) == ("gz001", number, "联系客户预约派送")
    await site.service.tickets.work.redirect(number, Request(CHEN), unit=GZ2, reason="换一家")
    with pytest.raises(BotError):
        await site.tickets.files.reveal(at(GZ1), number, "再看一眼")


async def test_what_a_ruling_will_cost_is_what_it_then_costs(site: TicketSite) -> None:
    number = (await site.open("complaint_attitude")).ticket_no
    benches = site.tickets.benches
    foreseen = await benches.consequences(await benches.of(ZHENG, number), UPHELD)
    await benches.rule(ZHENG, number, UPHELD, version=None, turn="ruling-1")
    entered = await site.service.ledger.of_ticket(number)
    assert sorted((one.unit, one.amount, one.rule) for one in foreseen) == sorted(
        (one.unit, one.amount, one.rule) for one in entered
    )
    assert len(entered) > 1
    await site.tickets.moves.make(at(GZ1), number, APPEAL, {"text": ["有录音"]}, version=None, turn="appeal-1")
    (appeal,) = [one for one in (await site.tickets.files.of(FENG, number)).related if one.kind == "appeal"]
    reversed_ = Judgement("录音属实", effect=RulingEffect.reversed)
    bench = await benches.of(FENG, appeal.ticket_no)
    foreseen = await benches.consequences(bench, reversed_)
    assert bench.may_rule
    assert not (await benches.of(ZHENG, appeal.ticket_no)).may_rule
    with pytest.raises(AccessRefusedError, match="您裁决过此案"):
        await benches.rule(ZHENG, appeal.ticket_no, reversed_, version=None, turn="ruling-2")
    await benches.rule(FENG, appeal.ticket_no, reversed_, version=None, turn="ruling-3")
    after = await site.service.ledger.of_ticket(number) + await site.service.ledger.of_ticket(appeal.ticket_no)
    new = [one for one in after if one.id not in {each.id for each in entered}]
    assert sorted((one.unit, one.amount) for one in foreseen) == sorted((one.unit, one.amount) for one in new)
    assert sum(one.amount for one in after if one.unit == GZ1) == 0


@pytest.mark.parametrize("actor", [LINA, at(GZ1), at(GZ2), TANG, HE])
async def test_the_workbench_is_for_arbitrators_and_their_leads(site: TicketSite, actor: Actor) -> None:
    number = (await site.open("complaint_attitude")).ticket_no
    with pytest.raises((AccessRefusedError, NotFoundError)):
        await site.tickets.benches.of(actor, number)


async def test_a_draft_from_a_conversation_knows_everything(site: TicketSite) -> None:
    conversation_id = await make_waiting(
        site.desk, says="没送上门就放驿站了，电话13812345678", intent="report_not_to_door", waybill_no=NUMBER
    )
    draft = await site.tickets.opening.draft(LINA, conversation_id)
    assert (draft.category, draft.waybill_no, draft.channel) == ("not_to_door", NUMBER, "web")
    assert "驿站" in draft.text
    assert "13812345678" not in draft.text
    await customer_says(site.desk, NUMBER, nth=2)
    await customer_says(site.desk, "0001", nth=3)
    still = await site.tickets.opening.draft(LINA, conversation_id)
    assert still.text == draft.text, "numbers that were asked for say nothing of the matter"
    opened, appended = await site.tickets.opening.open(
        LINA, draft, category="not_to_door", text=draft.text, waybill_no=NUMBER, turn="open-1"
    )
    assert (opened.owner_unit, opened.customer_id, appended) == (GZ1, draft.customer_id, False)
    again = await site.tickets.opening.draft(LINA, conversation_id)
    assert again.open_cases == {"not_to_door": opened.ticket_no}
    _, appended = await site.tickets.opening.open(
        LINA, again, category="not_to_door", text="又来问", waybill_no=NUMBER, turn="open-2"
    )
    assert appended
    excerpt = (await site.tickets.files.of(LINA, opened.ticket_no)).excerpt
    assert any("驿站" in one.text for one in excerpt)
    assert not any("13812345678" in one.text for one in excerpt)
    assert (await site.tickets.files.of(at(GZ1), opened.ticket_no)).excerpt == ()


@pytest.mark.parametrize("actor", [at(GZ1), TANG, HE])
async def test_who_opens_no_tickets_gets_no_draft(site: TicketSite, actor: Actor) -> None:
    conversation_id = await make_waiting(site.desk)
    with pytest.raises(AccessRefusedError):
        await site.tickets.opening.draft(actor, conversation_id)


async def test_the_node_that_holds_a_chain_proves_with_its_own_evidence(site: TicketSite) -> None:
    number = (await site.open("damage", "收到时外箱破损")).ticket_no
    sender = at(HZ1)
    assert PROVE in await offered(site, sender, number)
    with pytest.raises(RefusedError):
        await site.tickets.moves.make(sender, number, PROVE, {}, version=None, turn="prove-none")
    evidence = site.service.evidence
    photo = await evidence.attachments.upload(make_picture(), "image/jpeg", "出港.jpg", by=sender)
    async with site.database.transaction() as session:
        new = NewEvidence(EvidenceKind.photo, "", photo)
        await evidence.items.add(session, number, new, by=sender, at=site.clock(), turn="add-photo")
    said = {"evidence": [photo.sha256]}
    moved = await site.tickets.moves.make(sender, number, PROVE, said, version=None, turn="prove-one")
    assert moved is not None
    assert moved.owner_unit != HZ1
    file = await site.tickets.files.of(SUN, number)
    assert file.chain is not None
    assert file.chain.nodes[0].state == "proved"
