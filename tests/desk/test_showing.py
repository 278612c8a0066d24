"""What the desk shows of a customer: masked, in the characters that are read, and what was before."""

from datetime import timedelta

from bot.conversations.ratings import Given, RatingService
from bot.desk.schemas import ResolveRequest
from bot.desk.service import Person
from bot.desk.tools.kinds import PromiseKind, Script
from bot.desk.tools.scripts import Scripts
from bot.desk.tools.summing_up import ConfirmedPromise
from bot.desk.workplace import DeskServices, Workplace
from tests.conftest import FrozenClock
from tests.desk.builders import WAYBILL_NO, customer_says, make_waiting

PHONE = "13812341234"


async def test_no_list_log_or_card_shows_a_phone_that_was_written(
    desk: DeskServices, workplace: Workplace, lina: Person
) -> None:
    conversation_id = await make_waiting(desk, says=f"打{PHONE}", summary=f"客户要求人工\n电话：{PHONE}")
    glances = await workplace.waiting()
    await workplace.accept(lina, conversation_id)
    said = await workplace.say(lina, conversation_id, "您好", external_id="desk:22222222")
    messages = await workplace.newest(lina, conversation_id)
    context = await workplace.context(lina, conversation_id)
    for shown in (*glances, *messages, context, said):
        assert PHONE not in shown.model_dump_json()
    assert [one.text for one in messages if one.is_masked] == ["打138****1234"]


async def test_a_reply_address_is_nobodys_business(desk: DeskServices, workplace: Workplace, lina: Person) -> None:
    conversation_id = await make_waiting(desk, visitor="visitor-12345678")
    view = await workplace.accept(lina, conversation_id)
    context = await workplace.context(lina, conversation_id)
    assert "12345" not in view.reply_address + context.conversation.reply_address


async def test_customers_words_are_shown_in_the_characters_that_were_chosen(
    desk: DeskServices, workplace: Workplace, lina: Person
) -> None:
    assert desk.tools is not None
    conversation_id = await make_waiting(desk, says="請問快遞到哪裡了")
    before = await workplace.context(lina, conversation_id)
    assert before.suggested is not None
    assert before.suggested.answer_in is Script.traditional
    chosen = Scripts(Script.simplified, Script.traditional)
    await desk.tools.translation.choose(lina.actor, conversation_id, chosen)
    texts = [one.text for one in await workplace.newest(lina, conversation_id) if one.author == "customer"]
    assert texts == ["请问快递到哪里了"]
    assert (await workplace.context(lina, conversation_id)).suggested is None


async def test_what_was_settled_promised_and_thought_of_it_is_there_the_next_time(
    desk: DeskServices, workplace: Workplace, lina: Person, clock: FrozenClock
) -> None:
    first = await make_waiting(desk, waybill_no=WAYBILL_NO)
    await workplace.accept(lina, first)
    await workplace.say(lina, first, "您好", external_id="desk:33333333")
    due = clock() + timedelta(hours=2)
    promise = ConfirmedPromise(kind=PromiseKind.call_back, words="两小时内回电", due_at=due)
    done = ResolveRequest(wrap_up_code="report_stalled", text=f"已催，会打{PHONE}", promises=(promise,), then="ended")
    await workplace.resolve(lina, first, done)
    ratings = RatingService(desk.database, clock)
    offer = await ratings.offered(first)
    assert offer is not None
    await ratings.rate(first, offer.seq, Given(score=4))
    second = await make_waiting(desk, says="怎么还没回电", waybill_no=WAYBILL_NO)
    past = (await workplace.context(lina, second)).past
    assert second != first
    assert [(one.conversation_id, one.text) for one in past.contacts] == [(first, "已催，会打138****1234")]
    assert [(one.kind, one.state) for one in past.promises] == [("call_back", "open")]
    assert [one.score for one in past.ratings] == [4]


async def test_a_contact_that_ended_begins_another_conversation_and_one_given_back_does_not(
    desk: DeskServices, workplace: Workplace, lina: Person
) -> None:
    conversation_id = await make_waiting(desk)
    await workplace.accept(lina, conversation_id)
    await workplace.resolve(lina, conversation_id, ResolveRequest(wrap_up_code="other", text="已答复"))
    assert await customer_says(desk, "再问一句", nth=2) == conversation_id
    await make_waiting(desk, says="再转人工")
    await workplace.accept(lina, conversation_id)
    await workplace.resolve(lina, conversation_id, ResolveRequest(wrap_up_code="other", text="完了", then="ended"))
    assert await customer_says(desk, "又来了", nth=3) != conversation_id


async def test_colleagues_who_talk_may_be_mentioned(
    desk: DeskServices, workplace: Workplace, lina: Person, zhou: Person
) -> None:
    assert [(one.username, one.name) for one in await workplace.colleagues(lina)] == [("zhou", "周强")]
