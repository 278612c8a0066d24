"""Misses are found in what is stored anyway, each once, from where the last search stopped."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from bot.channels import Reply
from bot.conversations.model import HandOffReason
from bot.conversations.mood import Mood, Sentiment, Urgency
from bot.conversations.ratings import Rating
from bot.desk.tools.tables import AnswerSuggestion
from bot.network.tables import OutletRow
from bot.studio.misses.kinds import MissCause
from bot.studio.misses.tables import Miss, MissRead
from tests.studio.misses.builders import (
    BATTERIES,
    LINA,
    URGE,
    MissSite,
    Talk,
    declined,
    not_understood,
    offer,
)

CALM = Mood(Sentiment.neutral, 0.9, Urgency.routine, 0.9)
ANGRY = Mood(Sentiment.angry, 0.9, Urgency.routine, 0.9)


async def every(site: MissSite) -> dict[str, Miss]:
    async with site.database.transaction() as session:
        return {miss.text: miss for miss in await session.scalars(select(Miss).order_by(Miss.id))}


async def causes(site: MissSite) -> dict[str, list[str]]:
    return {text: miss.causes for text, miss in (await every(site)).items()}


async def test_what_the_bot_did_not_understand_is_a_miss_and_what_it_did_is_none(site: MissSite) -> None:
    talk = site.talk()
    await talk.asks("我的东西到哪了", intent="query_waybill")
    await talk.asks("整一个那啥", not_understood())
    await talk.asks("你们股票多少钱", declined(), intent="faq")

    assert await site.settle() == 2
    assert await causes(site) == {"整一个那啥": ["unsure"], "你们股票多少钱": ["declined"]}


async def test_what_became_of_an_offer_is_kept_with_the_sentence(site: MissSite) -> None:
    chosen, refused, ignored = site.talk("a"), site.talk("b"), site.talk("c")
    await chosen.asks("包裹里有个宝", offer(URGE, BATTERIES))
    await chosen.asks("充电宝能寄吗", intent="faq", payload=BATTERIES.payload)
    await refused.asks("宝里有个包裹", offer(URGE, BATTERIES))
    await refused.asks("都不是", intent="dissatisfied", payload="/dissatisfied")
    await ignored.asks("宝和包裹在哪", offer(URGE))
    await ignored.asks("算了我自己看", intent="goodbye")
    await site.settle()
    found = await every(site)

    assert found["包裹里有个宝"].causes == ["offer_chosen", "unsure"]
    assert found["包裹里有个宝"].chosen == "topic:sending.batteries"
    assert found["包裹里有个宝"].offered == ["intent:urge_delivery", "topic:sending.batteries"]
    assert found["宝里有个包裹"].causes == ["offer_refused", "unsure"]
    assert found["宝和包裹在哪"].causes == ["unsure"]
    assert len(found) == 3


async def test_dissatisfaction_is_about_the_matter_before_it(site: MissSite) -> None:
    talk = site.talk()
    await talk.asks("运费怎么比上次贵", intent="query_price")
    await talk.asks("好的", intent="affirm")
    await talk.asks("你答非所问", intent="dissatisfied")
    await site.settle()

    assert await causes(site) == {"运费怎么比上次贵": ["dissatisfied"]}


async def test_who_was_calm_and_is_angry_after_the_answer_was_answered_badly(site: MissSite) -> None:
    talk, angry_before = site.talk("a"), site.talk("b")
    await talk.asks("能不能放门卫那", intent="delivery_preference", mood=CALM)
    await talk.asks("说了放门卫你听不懂吗", intent="delivery_preference", mood=ANGRY)
    await angry_before.asks("你们怎么回事", intent="complain", mood=ANGRY)
    await angry_before.asks("到底送不送", intent="urge_delivery", mood=ANGRY)
    await site.settle()

    assert await causes(site) == {"能不能放门卫那": ["upset"]}


async def test_handing_over_counts_where_the_bot_was_at_its_end(site: MissSite) -> None:
    weak, vip, asked, asked_after_miss = (site.talk(each) for each in "abcd")
    await weak.hand_off(HandOffReason.unsure, await weak.asks("那个弄一下", Reply(text="请稍等。")))
    await vip.hand_off(HandOffReason.vip, await vip.asks("查下单子", intent="query_waybill"))
    await asked.hand_off(HandOffReason.asked, await asked.asks("查快件", intent="query_waybill"))
    seq = await asked_after_miss.asks("整不明白了", not_understood())
    await asked_after_miss.hand_off(HandOffReason.asked, seq)
    await site.settle()

    assert await causes(site) == {"那个弄一下": ["handed_over"], "整不明白了": ["handed_over", "unsure"]}


async def test_an_agent_who_says_something_else_than_suggested_makes_a_miss(site: MissSite) -> None:
    for visitor, outcomes in (("a", ["ignored", "ignored"]), ("b", ["used", "ignored"]), ("c", ["edited"])):
        talk = site.talk(visitor)
        seq = await talk.says(f"可以代签么{visitor}")
        await _suggest(site, talk, seq, outcomes)
    await site.settle()

    assert await causes(site) == {"可以代签么a": ["answered_otherwise"], "可以代签么c": ["answered_otherwise"]}


async def test_a_low_rating_of_the_bot_is_found_whenever_it_comes(site: MissSite) -> None:
    talk = site.talk()
    seq = await talk.asks("怎么申请退运费", intent="apply_claim")
    assert await site.settle() == 0
    await _rate(site, talk, seq, score=2, about="bot")

    assert await site.settle() == 1
    assert await causes(site) == {"怎么申请退运费": ["low_rating"]}


async def test_a_low_rating_of_a_person_is_no_miss_of_the_bot(site: MissSite) -> None:
    talk = site.talk()
    seq = await talk.asks("怎么申请退运费", intent="apply_claim")
    await _rate(site, talk, seq, score=1, about="agent")

    assert await site.settle() == 0


async def test_nothing_is_found_twice_and_later_causes_are_added(site: MissSite) -> None:
    talk = site.talk()
    await talk.asks("那个弄一下", not_understood())
    assert [await site.settle(), await site.settle()] == [1, 0]

    await talk.asks("你答非所问", intent="dissatisfied")
    assert await site.settle() == 0
    assert await causes(site) == {"那个弄一下": ["dissatisfied", "unsure"]}


async def test_only_what_is_new_is_read_again(site: MissSite) -> None:
    quiet, busy = site.talk("a"), site.talk("b")
    await quiet.asks("没动静的", not_understood())
    await site.settle()
    await busy.asks("有动静的", not_understood())
    site.clock.advance(timedelta(minutes=1))

    collected = await site.misses.collect()
    assert (collected.read, collected.misses) == (1, 1)
    async with site.database.transaction() as session:
        assert len((await session.scalars(select(MissRead))).all()) == 2


async def test_what_was_only_just_said_is_left_for_the_next_run(site: MissSite) -> None:
    await site.talk().asks("刚刚说的", not_understood())

    assert (await site.misses.collect()).misses == 0
    assert await site.settle() == 1


async def test_a_long_history_is_worked_off_run_by_run(site: MissSite, monkeypatch) -> None:
    monkeypatch.setattr("bot.studio.misses.collecting._BATCH", 2)
    for number in range(5):
        await site.talk(f"v{number}").asks(f"没听懂第{'一二三四五'[number]}句", not_understood())
    site.clock.advance(timedelta(minutes=1))
    collector = site.misses._collector

    assert [(await collector.collect(batches=1)).misses for _ in range(4)] == [2, 2, 1, 0]


async def test_a_run_that_fails_is_done_again_and_finds_the_same(site: MissSite, monkeypatch) -> None:
    await site.talk().asks("那个弄一下", not_understood())
    site.clock.advance(timedelta(minutes=1))

    async def breaks(*_: object) -> None:
        raise RuntimeError("killed")

    with monkeypatch.context() as patch:
        patch.setattr("bot.studio.misses.collecting._move_on", breaks)
        with pytest.raises(RuntimeError):
            await site.misses.collect()
    assert await every(site) == {}
    assert (await site.misses.collect()).misses == 1


async def test_what_says_nothing_beside_a_number_is_no_miss(site: MissSite) -> None:
    await site.talk().asks("YD2026000000011", not_understood())

    assert await site.settle() == 0


async def test_a_miss_knows_its_cuts_and_nobody_can_be_recognised(site: MissSite) -> None:
    await _parcel(site)
    talk = site.talk(channel="web")
    text = "YD2026000000011到张伟手里没，电话13812345678"
    entities = [{"entity": "person_name", "start": text.index("张伟"), "end": text.index("张伟") + 2}]
    ranking = [{"name": "query_waybill", "confidence": 0.41, "id": 1}, {"name": "urge_delivery", "confidence": 0.3}]
    await talk.asks(text, not_understood(), intent="query_waybill", entities=entities, ranking=ranking)
    await site.conversations.remember_waybill(talk.id, "YD2026000000011")
    await site.settle()
    (miss,) = (await every(site)).values()

    assert miss.text == "〔运单号〕到〔姓名〕手里没，电话〔电话〕"
    assert (miss.channel, miss.intent, miss.confidence) == ("web", "query_waybill", 0.4)
    assert (miss.outlet, miss.region, miss.condition) == ("GZ001", "广东省", "at_risk")
    assert miss.ranking[0] == {"name": "query_waybill", "confidence": 0.41}


async def _suggest(site: MissSite, talk: Talk, seq: int, outcomes: list[str]) -> None:
    async with site.database.transaction() as session:
        for rank, outcome in enumerate(outcomes, start=1):
            session.add(
                AnswerSuggestion(
                    conversation_id=talk.id,
                    seq=seq,
                    topic=f"topic.{rank}",
                    text="本人签收",
                    rank=rank,
                    confidence=0.8,
                    shown_to=LINA.username,
                    shown_at=site.clock(),
                    outcome=outcome,
                )
            )


async def _rate(site: MissSite, talk: Talk, seq: int, *, score: int, about: str) -> None:
    async with site.database.transaction() as session:
        now = site.clock()
        rating = Rating(conversation_id=talk.id, seq=seq, about=about, score=score, reasons=[], comment="")
        rating.offered_at = rating.answered_at = now
        session.add(rating)


async def _parcel(site: MissSite) -> None:
    from bot.waybills.tables import StateRow

    now = site.clock()
    outlet = OutletRow(code="GZ001", name="广州天河网点", tier="outlet", province="广东省", city="广州市")
    outlet.district, outlet.address, outlet.phone, outlet.opening_hours = "天河区", "体育西路2号", "020-1", "全天"
    async with site.database.transaction() as session:
        session.add(outlet)
        state = StateRow(waybill_no="YD2026000000011", shipped_at=now, holding_outlet="GZ001", condition="at_risk")
        values = {"product": "standard", "zone": "far", "origin_outlet": "HZ001", "destination_outlet": "GZ001"}
        values |= {"declared_status": "in_transit", "status": "in_transit", "leg": "last_mile", "because": []}
        values |= {"promised_at": now, "leg_since": now, "last_at": now, "told": {}, "open_tickets": 0, "version": 1}
        values |= {"failed_attempts": 0, "loops": 0, "rules": ""}
        flags = ("skipped_out_for_delivery", "station_without_consent", "refused_then_delivered", "heading_away")
        for name, value in (values | dict.fromkeys(flags, False)).items():
            setattr(state, name, value)
        session.add(state)


def test_every_cause_has_a_word() -> None:
    from bot.studio.misses.words import miss_words

    assert set(miss_words().causes) == set(MissCause)
