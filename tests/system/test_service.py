"""What a newcomer tries first, on the real thing: the trained model, the demo network, every process."""

import asyncio

import pytest

from tests.system.conftest import Customer

pytestmark = pytest.mark.rasa

FORMS = {
    "我要改地址": "YD8800000000011",
    "帮我把件拦截退回来": "YD8800000000011",
    "我要投诉快递员": "YD8800000000011",
    "我要寄个快递": "杭州市西湖区文三路100号",
}


async def test_a_waybill_is_told_only_after_the_right_phone_tail(customer):
    assert "后四位" in await customer.say("查一下YD8800000000033")
    assert "成都" not in await customer.say("0000")

    told = await customer.say("3344")

    assert "YD8800000000033" in told
    assert "4 天没有新的物流记录" in told


@pytest.mark.parametrize(
    ("question", "words"),
    [
        ("寄充电宝可以吗", "100Wh"),
        ("保价费怎么收", "保价"),
        ("怎么开发票", "发票"),
        ("快递柜里的件超时了要收费吗", "柜"),
    ],
)
async def test_questions_of_policy_are_answered_from_the_knowledge_base(customer, question, words):
    assert words in await customer.say(question)


async def test_customers_who_write_at_the_same_time_are_each_answered_their_own_question(running):
    questions = {"寄充电宝可以吗": "100Wh", "怎么开发票": "发票", "保价费怎么收": "保价", "转人工": "转接"}
    questions |= {f"查一下YD88000000000{number}": "后四位" for number in (11, 22, 33, 44)}
    customers = [await Customer.new(running.base) for _ in questions]
    answers = await asyncio.gather(*(c.say(question) for c, question in zip(customers, questions, strict=True)))
    for customer in customers:
        await customer.close()

    wrong = {question: a for (question, words), a in zip(questions.items(), answers, strict=True) if words not in a}
    assert not wrong


@pytest.mark.parametrize("opening", FORMS)
async def test_a_person_can_be_asked_for_in_the_middle_of_any_form(customer, opening):
    await customer.say(opening)
    await customer.say(FORMS[opening])

    assert "转接" in await customer.say("转人工")


async def test_a_form_goes_on_after_a_question_in_between(customer):
    await customer.say("我要改地址 YD8800000000011")
    asked = await customer.say("1024")

    between = await customer.say("改地址要收费吗")
    confirmed = await customer.say("改到北京市朝阳区建国路88号")

    assert "地址" in asked
    assert "地址" in between.splitlines()[-1]
    assert "建国路88号" in confirmed


async def test_a_change_is_made_after_it_was_confirmed(customer):
    await customer.say("我要改地址 YD8800000000011")
    await customer.say("1024")
    await customer.say("北京市海淀区中关村大街1号")

    assert "海淀区中关村大街1号" in await customer.tap("是，确认")


async def test_giving_up_ends_a_form(customer):
    await customer.say("我要寄个快递")

    assert "取消" in await customer.say("算了")
    assert "运单" in await customer.say("查快递")


async def test_killing_rasa_loses_nothing_and_the_stand_in_answers_meanwhile(running, customer):
    await customer.say("我要改地址 YD8800000000011")
    await customer.say("1024")

    running.child("rasa").kill()
    meanwhile = await customer.say("寄充电宝可以吗")
    await _engine_is_back(running.base)
    afterwards = await customer.say("北京市海淀区中关村大街1号")

    assert "100Wh" in meanwhile
    assert "海淀区中关村大街1号" in afterwards


async def test_killing_the_platform_loses_no_acknowledged_message_and_answers_none_twice(running):
    crowd = [await Customer.new(running.base) for _ in range(4)]
    for customer in crowd:
        await customer.say("查一下YD8800000000044")

    places = [await customer.send("4455") for customer in crowd]
    running.child("platform").kill()
    for customer in crowd:
        await customer.reconnect()
    answers = [await c.answers_to(seq, within_s=40) for c, seq in zip(crowd, places, strict=True)]

    for customer, place, answer in zip(crowd, places, answers, strict=True):
        assert "已签收" in answer
        assert len(customer._after(place)) == 1
        assert sorted(customer.log) == list(range(1, max(customer.log) + 1))
        await customer.close()


async def _engine_is_back(base: str) -> None:
    import httpx

    async with asyncio.timeout(60), httpx.AsyncClient(timeout=5) as client:
        while (await client.get(f"{base}/health")).json()["engine"] != "up":
            await asyncio.sleep(0.3)
    await asyncio.sleep(3.1)  # the engine is left alone for a moment after a failure
