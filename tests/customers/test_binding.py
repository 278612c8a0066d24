"""Binding a phone in the middle of a chat."""

from datetime import timedelta
from itertools import count
from uuid import UUID

import pytest

from actions.binding import AGAIN, BIND, CANCEL, BindingEngine
from bot.channels import Reply
from bot.conversations.service import ConversationService
from bot.customers.phone_codes import PhoneCodes
from bot.delivery.channels import Channels
from bot.delivery.service import DeliveryService
from bot.dialogue.engine import EngineAnswer, Turn
from bot.waybills.access import GuessLimit, WaybillAccess
from bot.waybills.service import WaybillService
from bot.waybills.source import InMemoryWaybillSource
from tests.builders import make_waybill
from tests.fakes import RecordingChannel

PHONE = "13900001234"
WAYBILL = make_waybill()


class Engine:
    """Says what a test wants; remembers what it heard."""

    def __init__(self):
        self.heard = []
        self.answer = EngineAnswer((Reply(text="engine"),))

    async def respond(self, turn):
        self.heard.append(turn.says)
        return self.answer


class Chat:
    """A customer on WeChat, below whose engine phones are bound."""

    def __init__(self, database, clock, words, customers):
        self.database, self.clock, self.customers = database, clock, customers
        self.deliveries = DeliveryService(
            database, clock, Channels(RecordingChannel("wechat"), RecordingChannel("sms"))
        )
        self.conversations = ConversationService(database, clock, words, self.deliveries)
        numbers = count(111111)
        codes = PhoneCodes(
            database, clock, customers, self.deliveries.enqueue, secret="s" * 40, make=lambda: str(next(numbers))
        )
        self.source = InMemoryWaybillSource([WAYBILL])
        self.waybills = WaybillService(self.source, WaybillAccess(database, clock, GuessLimit()), database, clock)
        self.inner = Engine()
        self.engine = BindingEngine(self.inner, database, clock, codes, self.waybills, self.conversations)
        self.seq = 0

    async def open(self, sender="openid-1"):
        self.view = await self.conversations.open("wechat", sender)
        return self

    def turn(self, text, payload="", seq=None):
        self.seq += 1
        return Turn(self.view.id, self.view.customer_id, "wechat", seq or self.seq, "text", text, payload)

    async def says(self, text, payload=""):
        answer = await self.engine.respond(self.turn(text, payload))
        return "\n".join(reply.text for reply in answer.replies)

    async def tapped(self, payload):
        return await self.says("按钮", payload)

    async def codes_sent(self):
        return [row.recipient for row in await self.deliveries.found() if row.notice_kind == "phone_code"]

    async def phone(self):
        return (await self.customers.get(self.view.customer_id)).verified_phone


@pytest.fixture
async def chat(database, clock, words, customers):
    return await Chat(database, clock, words, customers).open()


@pytest.mark.parametrize("wish", ["绑定手机号", "我要绑定手机", "怎么绑定手机号？", "帮我绑定一下我的手机号"])
async def test_who_wants_to_bind_is_asked_for_the_number_then_for_the_code(chat, wish):
    assert "手机号" in await chat.says(wish)
    assert "139****1234" in await chat.says(PHONE)
    assert "绑定成功" in await chat.says("111111")

    assert await chat.phone() == PHONE
    assert await chat.codes_sent() == ["+8613900001234"]
    assert chat.inner.heard == []


async def test_a_tapped_button_begins_it_and_the_parcels_are_there_afterwards(chat):
    await chat.tapped(BIND)
    await chat.says(f"我的号码是{PHONE}")
    answer = await chat.engine.respond(chat.turn("111111"))

    (reply,) = answer.replies
    assert reply.buttons[0].title == WAYBILL.waybill_no
    assert reply.buttons[0].payload == '/query_waybill{"waybill_no": "' + WAYBILL.waybill_no + '"}'
    assert await chat.waybills.party(chat.view.customer_id, WAYBILL.waybill_no) is not None


async def test_the_same_turn_asked_about_again_gets_the_same_answer_and_one_code(chat):
    await chat.tapped(BIND)
    turn = chat.turn(PHONE)
    first, again = await chat.engine.respond(turn), await chat.engine.respond(turn)
    code = chat.turn("111111")
    bound, once_more = await chat.engine.respond(code), await chat.engine.respond(code)

    assert (first, bound) == (again, once_more)
    assert len(await chat.codes_sent()) == 1


@pytest.mark.parametrize("refusal", ["算了", "不用了", "取消", "先不绑定了"])
async def test_who_would_rather_not_is_left_in_peace(chat, refusal):
    await chat.tapped(BIND)

    assert "不绑定" in await chat.says(refusal)
    assert await chat.says("你好") == "engine"


async def test_a_tapped_cancel_ends_it(chat):
    await chat.tapped(BIND)
    await chat.says(PHONE)
    assert "不绑定" in await chat.tapped(CANCEL)

    assert await chat.says("111111") == "engine"


@pytest.mark.parametrize(
    ("step", "wish"),
    [
        *((step, wish) for step in ((), (PHONE,)) for wish in ("转人工", "YD2026000000011", "寄充电宝可以吗")),
        ((), "1234"),
    ],
)
async def test_any_other_wish_leaves_it_at_once(chat, wish, step):
    await chat.tapped(BIND)
    for said in step:
        await chat.says(said)

    assert await chat.says(wish) == "engine"
    assert chat.inner.heard == [wish]
    assert await chat.says("111111") == "engine"


async def test_a_tapped_wish_leaves_it_too(chat):
    await chat.tapped(BIND)

    assert await chat.tapped("/request_human") == "engine"


async def test_a_wrong_code_may_be_tried_again_but_not_for_ever(chat):
    await chat.tapped(BIND)
    await chat.says(PHONE)

    assert "还可以试 4 次" in await chat.says("000000")
    for _ in range(3):
        await chat.says("000000")
    assert "作废" in await chat.says("000000")
    assert await chat.phone() is None


async def test_a_bad_number_is_asked_for_again_and_then_no_more(chat):
    await chat.tapped(BIND)

    assert "11 位" in await chat.says("139 0000")
    assert "11 位" in await chat.says("139 0000")
    assert await chat.says("139 0000") == "engine"


async def test_another_number_while_the_code_is_awaited_gets_its_own_code(chat):
    await chat.tapped(BIND)
    await chat.says(PHONE)
    await chat.says("13900005678")
    await chat.says("111112")

    assert await chat.phone() == "13900005678"


async def test_a_code_is_sent_again_after_a_minute(chat, clock):
    await chat.tapped(BIND)
    await chat.says(PHONE)
    assert "刚刚" in await chat.tapped(AGAIN)
    clock.advance(timedelta(minutes=1))
    await chat.says("没收到验证码")
    await chat.says("111112")

    assert await chat.phone() == PHONE


async def test_who_comes_back_after_a_while_is_not_still_asked(chat, clock):
    await chat.tapped(BIND)
    clock.advance(timedelta(minutes=11))

    assert await chat.says(PHONE) == "engine"


async def test_a_late_code_has_expired(chat, clock):
    await chat.tapped(BIND)
    await chat.says(PHONE)
    clock.advance(timedelta(minutes=6))

    assert "过期" in await chat.says("111111")


async def test_who_has_a_phone_may_bind_another(chat):
    await chat.tapped(BIND)
    await chat.says(PHONE)
    await chat.says("111111")

    assert "139****1234" in await chat.tapped(BIND)


# -- the offer -------------------------------------------------------------------------------------


def asked_for_tail():
    return EngineAnswer((Reply(text=f"请提供运单 {WAYBILL.waybill_no} 手机号的后四位。"),))


async def test_it_is_offered_where_a_proof_is_wanted_and_not_again_for_a_while(chat, clock):
    await chat.conversations.remember_waybill(chat.view.id, WAYBILL.waybill_no)
    chat.inner.answer = asked_for_tail()

    offered = await chat.engine.respond(chat.turn("到哪了"))
    assert [button.payload for button in offered.replies[-1].buttons] == [BIND]
    assert "绑定手机号" in offered.replies[-1].text

    assert await chat.engine.respond(chat.turn("到哪了")) == chat.inner.answer
    clock.advance(timedelta(hours=12))
    assert await chat.engine.respond(chat.turn("到哪了")) != chat.inner.answer


async def test_it_is_offered_to_who_asks_for_their_parcels_without_a_number(chat):
    chat.inner.answer = EngineAnswer((Reply(text="请提供运单号。"),), {"intent": "query_waybill"})

    assert "绑定手机号" in await chat.says("我的快递到哪了")


async def test_it_is_not_offered_to_a_party(chat):
    await chat.conversations.remember_waybill(chat.view.id, WAYBILL.waybill_no)
    await chat.waybills.prove(chat.view.customer_id, WAYBILL.waybill_no, "1234")
    chat.inner.answer = asked_for_tail()

    assert "绑定" not in await chat.says("到哪了")


async def test_it_is_not_offered_where_it_would_not_help(chat):
    assert await chat.says("你好") == "engine"


async def test_it_is_not_offered_to_who_has_bound_one(chat, database, clock):
    async with database.transaction() as session:
        await chat.customers.verified(session, chat.view.customer_id, "13911112222", clock())
    chat.inner.answer = EngineAnswer((Reply(text="请提供运单号。"),), {"intent": "query_waybill"})

    assert await chat.says("我的快递到哪了") == "请提供运单号。"


async def test_the_merged_customer_knows_the_parcels_of_both(chat, database, clock, words, customers):
    await chat.tapped(BIND)
    await chat.says(PHONE)
    await chat.says("111111")
    clock.advance(timedelta(minutes=2))
    other = await Chat(database, clock, words, customers).open("openid-2")
    await other.tapped(BIND)
    await other.says(PHONE)
    assert "绑定成功" in await other.says("111111")

    view = await other.conversations.view(other.view.id)
    assert view.customer_id == chat.view.customer_id
    assert isinstance(view.customer_id, UUID)
