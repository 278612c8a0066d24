"""After a ticket is closed the customer is asked how it went, and whatever they say about it is taken."""

from datetime import timedelta
from uuid import UUID

import pytest

from actions.follow_up import AskInConversation, FollowUpEngine
from bot.channels import Reply
from bot.dialogue.engine import EngineAnswer, Turn
from bot.tickets.adapters import OutletUnits
from bot.tickets.kinds import TicketKind
from bot.tickets.opening import Contact
from bot.tickets.ports import Surroundings
from bot.tickets.services import TicketServices
from bot.tickets.work import Request
from tests.tickets.builders import CHEN, GZ1, HZ1, WANG, WAYBILL, make_track, put_network
from tests.tickets.fakes import FakeTracks


class Engine:
    """Answers everything that comes through to it."""

    async def respond(self, turn):
        return EngineAnswer((Reply(text="engine"),))


class Asked:
    """A customer whose ticket was handled, reviewed and closed, and who was asked how it went."""

    def __init__(self, desk, conversations, view, number, engine):
        self.desk, self.conversations, self.view, self.number, self.engine = desk, conversations, view, number, engine

    async def say(self, text, payload="", seq=7):
        turn = Turn(self.view.id, self.view.customer_id, "web", seq, "text", text, payload)
        return (await self.engine.respond(turn)).replies[0].text

    async def question(self):
        said = await self.conversations.messages_after(self.view.id, 0)
        (question,) = [one for one in said if self.number in one.text]
        return question

    async def ticket(self):
        (ticket,) = await self.desk.tickets.of_customer(self.view.customer_id)
        return ticket


@pytest.fixture
async def asked(database, clock, services):
    await put_network(database)
    view = await services.conversations.open("web", "visitor-9")
    around = Surroundings(
        tracks=FakeTracks({WAYBILL: make_track(HZ1, GZ1)}),
        units=OutletUnits(),
        follow_ups=AskInConversation(services.conversations),
    )
    desk = TicketServices.build(database, clock, around)
    contact = Contact(view.customer_id, view.id, "turn-1", channel="web")
    reported = await desk.tickets.report(
        TicketKind.service, "not_to_door", "没送上门", waybill_no=WAYBILL, contact=contact
    )
    number = reported.ticket_no
    await desk.work.accept(number, Request(WANG))
    await desk.work.handle(number, Request(WANG), done="已重新派送")
    await desk.work.review_pass(number, Request(CHEN), words="属实")
    clock.advance(timedelta(days=2))
    await desk.clockwork.tick(clock())
    engine = FollowUpEngine(Engine(), desk.tickets, services.words, clock)
    return Asked(desk, services.conversations, view, number, engine)


async def test_the_question_has_two_buttons_that_know_the_ticket(asked):
    (question,) = [
        one for one in await asked.conversations.messages_after(asked.view.id, 0) if asked.number in one.text
    ]

    assert [button.title for button in question.buttons] == ["满意", "不满意"]
    assert question.buttons[0].payload == f"工单{asked.number}：满意"


@pytest.mark.parametrize("told", ["满意", "非常满意！", "解决了"])
async def test_a_word_is_enough_while_the_question_waits(asked, told):
    answer = await asked.say(told)

    assert "谢谢" in answer
    assert (await asked.ticket()).satisfied is True


async def test_who_is_dissatisfied_gets_the_ticket_reopened_with_higher_priority(asked):
    (question,) = [
        one for one in await asked.conversations.messages_after(asked.view.id, 0) if asked.number in one.text
    ]

    answer = await asked.say("不满意", question.buttons[1].payload)

    ticket = await asked.ticket()
    assert asked.number in answer
    assert (ticket.status, ticket.reopened, ticket.priority) == ("dispatched", 1, "high")


async def test_the_same_turn_twice_counts_once_and_a_second_verdict_is_politely_declined(asked):
    await asked.say("满意")
    await asked.say("满意")
    later = await asked.say("不满意", f"工单{asked.number}：不满意", seq=9)

    assert "已经收到" in later
    assert (await asked.ticket()).satisfied is True


@pytest.mark.parametrize("told", ["我的快递到哪了", "满意的话怎么评价", "转人工"])
async def test_everything_else_goes_on_to_the_engine(asked, told):
    assert await asked.say(told) == "engine"


async def test_without_a_question_the_same_words_are_for_the_engine(asked):
    asked.view = asked.view.model_copy(update={"id": UUID(int=77)})

    assert await asked.say("满意") == "engine"


async def test_a_button_of_somebody_elses_ticket_does_nothing(asked):
    asked.view = asked.view.model_copy(update={"customer_id": UUID(int=78)})
    await asked.say("满意", f"工单{asked.number}：满意")

    async with asked.desk.core.database.transaction() as session:
        assert (await asked.desk.core.store.find(session, asked.number)).satisfied is None


@pytest.mark.parametrize("says", ["工单：满意", "工单GD：不满意", "工单GD2600000001：还行"])
async def test_what_only_looks_like_a_verdict_is_for_the_engine(asked, says):
    assert await asked.say(says) == "engine"
