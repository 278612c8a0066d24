from datetime import timedelta
from itertools import count

import pytest

from actions import build_actions
from actions.stand_in import StandIn
from bot.channels import IncomingMessage, MessageKind
from bot.conversations.model import ConversationState
from bot.dialogue.engine import Turn
from tests.actions.conftest import first_steps
from tests.builders import NOW, make_waybill
from tests.fakes import FakeAnswer, FakeCandidate, FakeRetrieval, LittleRasa

numbers = count(1)


@pytest.fixture
def ask(services, clock):
    """Say something while the engine is away; returns what the stand-in answers."""

    async def say(text: str, payload: str = "") -> list[str]:
        kind = MessageKind.postback if payload else MessageKind.text
        received = await services.conversations.receive(
            IncomingMessage("web", "visitor-1", f"m{next(numbers)}", kind, text, clock(), payload)
        )
        turn = await services.conversations.next_turn(received.conversation_id)
        answer = await StandIn(services).respond(turn)
        await services.conversations.answer(turn, answer.replies)
        return [reply.text for reply in answer.replies]

    return say


async def test_a_waybill_is_still_told_to_a_party(ask, waybills):
    waybills.add(make_waybill())

    (asked,) = await ask("查一下YD2026000000011")
    (told,) = await ask("1234")

    assert "YD2026000000011" in asked
    assert "广州天河网点" not in asked
    assert "广州天河网点" in told


async def test_a_late_parcel_is_traced_here_too_and_counted_once_for_each_question(ask, waybills, services):
    waybills.add(make_waybill(promised_at=NOW - timedelta(hours=30)))

    await ask("查一下YD2026000000011怎么还没到")
    (told,) = await ask("1234")
    (again,) = await ask("YD2026000000011到底到哪了")

    (ticket,) = await services.tickets.of_waybill("YD2026000000011")
    assert (ticket.category, ticket.contacts) == ("trace", 2)
    assert "1234" not in ticket.text
    assert f"已为您登记查件工单 {ticket.ticket_no}" in told
    assert f"查件工单 {ticket.ticket_no} 正在处理" in again


async def test_what_the_engine_traced_before_it_fell_silent_is_not_traced_twice(services, waybills, clock):
    waybills.add(make_waybill(promised_at=NOW - timedelta(hours=30)))
    view = await services.conversations.open("web", "visitor-1")
    await services.waybills.prove(view.customer_id, "YD2026000000011", "1234")
    chat = LittleRasa(
        build_actions(services),
        first_steps(),
        {"conversation_id": str(view.id), "customer_id": str(view.customer_id), "channel": "web"},
    )
    await chat.hear("YD2026000000011到哪了", "query_eta", waybill_no="YD2026000000011")

    turn = Turn(view.id, view.customer_id, "web", 1, "text", "YD2026000000011到哪了", "")
    await StandIn(services).respond(turn)

    (ticket,) = await services.tickets.of_waybill("YD2026000000011")
    assert ticket.contacts == 1


async def test_a_wrong_tail_tells_nothing(ask, waybills):
    waybills.add(make_waybill())
    await ask("YD2026000000011")

    (answer,) = await ask("0000")

    assert "广州" not in answer


async def test_too_many_wrong_tails_lead_to_a_person(ask, waybills, services):
    waybills.add(make_waybill())
    await ask("YD2026000000011")
    for tail in ("0000", "0001", "0002", "0003"):
        await ask(tail)

    assert [view.hand_off_reason for view in await services.conversations.waiting()] == ["locked"]


async def test_an_unknown_number_is_said_to_be_unknown(ask):
    (answer,) = await ask("YD2026000000099")

    assert "YD2026000000099" in answer


async def test_a_question_of_policy_is_still_answered(ask, faq):
    faq.found["怎么收费"] = FakeRetrieval("answer", [FakeCandidate("price.how_charged", "运费怎么算")])
    faq.answers["price.how_charged"] = FakeAnswer("按首重加续重")

    assert await ask("怎么收费") == ["按首重加续重"]


async def test_every_answer_of_the_stand_in_offers_a_person(ask, faq, waybills, services):
    waybills.add(make_waybill())
    faq.answers["price.how_charged"] = FakeAnswer("按首重加续重")
    await ask("YD2026000000011")
    await ask("1234")
    await ask("运费怎么算", '/faq{"faq_topic": "price.how_charged"}')

    view = await services.conversations.open("web", "visitor-1")
    answers = [m for m in await services.conversations.messages_after(view.id, 0) if m.author == "bot"][2:]
    assert [[button.payload for button in answer.buttons] for answer in answers] == [["/request_human"]] * 2


async def test_a_tapped_question_is_still_answered(ask, faq):
    faq.answers["price.how_charged"] = FakeAnswer("按首重加续重")

    assert await ask("运费怎么算", '/faq{"faq_topic": "price.how_charged"}') == ["按首重加续重"]


async def test_what_it_cannot_answer_offers_a_person(ask, services):
    received = await ask("帮我改地址")

    view = await services.conversations.open("web", "visitor-1")
    last = (await services.conversations.messages_after(view.id, 0))[-1]
    assert received
    assert "/request_human" in [button.payload for button in last.buttons]


@pytest.mark.parametrize(("text", "payload"), [("转人工", ""), ("我要找真人", ""), ("转人工", "/request_human")])
async def test_a_person_can_still_be_asked_for(ask, services, text, payload):
    await ask(text, payload)

    assert (await services.conversations.open("web", "visitor-1")).state == ConversationState.queued


async def test_a_life_comes_first_here_too(ask, services):
    assert await ask("我真的不想活了") == []

    view = await services.conversations.open("web", "visitor-1")
    helpline, _ = [each.text for each in await services.conversations.messages_after(view.id, 0)][-2:]
    assert "12356" in helpline
    assert view.state == ConversationState.queued
