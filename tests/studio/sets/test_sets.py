import json
from datetime import date, timedelta
from random import Random

import pytest
from pydantic import ValidationError
from sqlalchemy import select

from bot.errors import AccessRefusedError, IllegalMoveError, NotFoundError, RefusedError
from bot.studio.sets.kinds import SentenceState, SettledBy
from bot.studio.sets.model import Settling, Wish
from bot.studio.sets.service import Sets
from bot.studio.sets.tables import SetSentence
from tests.studio.sets.builders import HE, LAN, LINA, MEI, ZHOU, heard, make_conversation, make_label, make_talk, say

TODAY = date(2026, 3, 4)


def make_wish(**changes):
    values = {"name": "三月", "since": TODAY - timedelta(days=6), "until": TODAY, "size": 10}
    return Wish(**values | changes)


async def sentences_of(database, set_id):
    async with database.transaction() as session:
        query = select(SetSentence).where(SetSentence.set_id == set_id).order_by(SetSentence.no)
        return (await session.scalars(query)).all()


async def make_set(sets, database, clock, *texts, **wish):
    conversation_id = await make_conversation(database, clock())
    for seq, text in enumerate(texts or ("我的快递到哪了", "催一下"), start=1):
        await say(database, conversation_id, seq, text, clock(), understood=heard("query_waybill"))
    return (await sets.make(HE, make_wish(**wish))).id


# -- drawing ---------------------------------------------------------------------------------------


async def test_channels_and_days_are_represented_as_often_as_they_are_written_on(sets, database, clock):
    counts = {("web", 0): 60, ("web", 1): 20, ("wechat:gh_1", 1): 20}
    await make_talk(database, clock() - timedelta(days=2), counts)
    made = await sets.make(HE, make_wish(size=20))
    drawn = [(one.channel, one.day.day) for one in await sentences_of(database, made.id)]

    assert made.total == 100
    assert len(drawn) == 20
    assert {key: drawn.count(key) for key in set(drawn)} == {("web", 2): 12, ("web", 3): 4, ("wechat", 3): 4}


async def test_every_message_is_drawn_as_often_as_any_other(database, clock):
    await make_talk(database, clock() - timedelta(days=1), {("web", 0): 12, ("sms", 0): 8})
    times = {}
    for seed in range(60):
        sets = Sets(database, clock, made_up=Random(seed))
        made = await sets.make(HE, make_wish(name=f"第{seed}次", size=5))
        for one in await sentences_of(database, made.id):
            times[one.text] = times.get(one.text, 0) + 1

    assert len(times) == 20
    # 60 draws at 1 in 4: fifteen each; beyond five standard deviations there would be a favourite.
    assert all(abs(n - 15) < 5 * (60 * 0.25 * 0.75) ** 0.5 for n in times.values())


async def test_what_the_bot_was_unsure_of_is_drawn_more_often_and_weighs_less(sets, database, clock):
    await make_talk(database, clock() - timedelta(days=1), {("web", 0): 200})
    made = await sets.make(HE, make_wish(size=40, evenly=True))
    drawn = await sentences_of(database, made.id)
    by_band = {band: [one.weight for one in drawn if one.band == band] for band in range(4)}

    assert {band: len(weights) for band, weights in by_band.items()} == {0: 10, 1: 10, 2: 10, 3: 10}
    assert {band: weights[0] for band, weights in by_band.items()} == {0: 8.0, 1: 6.0, 2: 4.0, 3: 2.0}
    assert sum(one.weight for one in drawn) == 200


async def test_what_says_the_same_is_labelled_once_and_stands_for_all(sets, database, clock):
    set_id = await make_set(sets, database, clock, "催一下", "催一下！", "催一下", "到哪了")
    drawn = {one.text[:3]: one.weight for one in await sentences_of(database, set_id)}

    assert drawn == {"催一下": 3.0, "到哪了": 1.0}


async def test_nobody_can_be_recognised_in_a_set(sets, database, clock):
    set_id = await make_set(sets, database, clock, "电话13812345678，运单YD2026081234567")
    [drawn] = await sentences_of(database, set_id)

    assert "13812345678" not in drawn.text
    assert "YD2026081234567" not in drawn.text


async def test_buttons_and_rehearsals_are_nothing_a_customer_typed(sets, database, clock):
    tapped = await make_conversation(database, clock())
    await say(database, tapped, 1, "查快递", clock(), payload="/query_waybill")
    rehearsed = await make_conversation(database, clock(), channel="studio")
    await say(database, rehearsed, 1, "到哪了", clock())

    with pytest.raises(RefusedError, match="没有打过字"):
        await sets.make(HE, make_wish())


async def test_a_name_is_given_once(sets, database, clock):
    await make_set(sets, database, clock)

    with pytest.raises(RefusedError, match="三月"):
        await sets.make(HE, make_wish())


async def test_days_in_the_wrong_order_are_refused():
    with pytest.raises(ValidationError):
        make_wish(since=TODAY, until=TODAY - timedelta(days=1))


@pytest.mark.parametrize("actor", [ZHOU, LINA])
async def test_only_trainers_draw(sets, actor):
    with pytest.raises(AccessRefusedError):
        await sets.make(actor, make_wish())


async def test_supervisors_look_and_agents_do_not(sets):
    assert await sets.all(ZHOU) == []
    with pytest.raises(AccessRefusedError):
        await sets.all(LINA)


# -- labelling -------------------------------------------------------------------------------------


async def test_two_who_say_the_same_agree(sets, labelling, database, clock):
    set_id = await make_set(sets, database, clock, "我的快递到哪了")
    task = await labelling.next(HE, set_id)
    assert await labelling.label(HE, task.sentence_id, make_label("query_waybill")) is SentenceState.open
    assert await labelling.next(HE, set_id) is None
    task = await labelling.next(LAN, set_id)

    assert await labelling.label(LAN, task.sentence_id, make_label("query_waybill")) is SentenceState.agreed
    assert (await sets.line(HE, set_id)).usable == 1


async def test_what_is_to_be_labelled_tells_nothing_of_what_others_think(sets, labelling, database, clock):
    set_id = await make_set(sets, database, clock, "我的快递到哪了")
    task = await labelling.next(HE, set_id)
    await labelling.label(HE, task.sentence_id, make_label("report_lost"))

    assert set((await labelling.next(LAN, set_id)).model_dump()) == {
        *("sentence_id", "set_id", "no", "text", "left", "label")
    }
    assert (await labelling.next(LAN, set_id)).label is None


async def test_a_sentence_that_one_label_is_owed_is_kept_for_who_has_it(sets, labelling, database, clock):
    set_id = await make_set(sets, database, clock, "我的快递到哪了")
    task = await labelling.next(HE, set_id)
    await labelling.label(HE, task.sentence_id, make_label())
    assert await labelling.next(LAN, set_id) is not None
    assert await labelling.next(MEI, set_id) is None
    clock.advance(timedelta(minutes=4))

    assert await labelling.next(MEI, set_id) is not None


async def test_a_third_label_is_refused(sets, labelling, database, clock):
    set_id = await make_set(sets, database, clock, "我的快递到哪了")
    task = await labelling.next(HE, set_id)
    for who in (HE, LAN):
        await labelling.label(who, task.sentence_id, make_label())

    with pytest.raises(IllegalMoveError, match="两个人"):
        await labelling.label(MEI, task.sentence_id, make_label())


async def test_one_may_think_better_of_it_until_the_other_has_spoken(sets, labelling, database, clock):
    set_id = await make_set(sets, database, clock, "我的快递到哪了")
    task = await labelling.next(HE, set_id)
    await labelling.label(HE, task.sentence_id, make_label("report_lost"))
    assert (await labelling.again(HE, task.sentence_id)).label == make_label("report_lost")
    await labelling.label(HE, task.sentence_id, make_label("query_waybill"))

    assert await labelling.label(LAN, task.sentence_id, make_label("query_waybill")) is SentenceState.agreed
    with pytest.raises(IllegalMoveError):
        await labelling.again(HE, task.sentence_id)


@pytest.mark.parametrize(
    ("label", "said"),
    [
        (make_label("nonsense"), "nonsense"),
        (make_label("faq", topic="price.nothing"), "price.nothing"),
        (make_label(entities=[(0, 99, "goods")]), "goods"),
        (make_label(entities=[(0, 2, "colour")]), "colour"),
        (make_label(entities=[(0, 3, "goods"), (2, 4, "goods")]), "重叠"),
    ],
)
async def test_only_what_is_there_can_be_said(sets, labelling, database, clock, label, said):
    set_id = await make_set(sets, database, clock, "我的快递到哪了")
    task = await labelling.next(HE, set_id)

    with pytest.raises(RefusedError, match=said):
        await labelling.label(HE, task.sentence_id, label)


async def disputed(sets, labelling, database, clock):
    set_id = await make_set(sets, database, clock, "我的快递到哪了")
    task = await labelling.next(HE, set_id)
    await labelling.label(HE, task.sentence_id, make_label("query_waybill"))
    assert await labelling.label(LAN, task.sentence_id, make_label("report_lost")) is SentenceState.disputed
    return set_id, task.sentence_id


async def test_a_third_person_settles_what_two_see_differently(sets, labelling, database, clock):
    set_id, sentence_id = await disputed(sets, labelling, database, clock)
    [dispute] = await labelling.disputes(MEI, set_id)
    assert [(one.by, one.label.intents) for one in dispute.said] == [
        ("he", ("query_waybill",)),
        ("lan", ("report_lost",)),
    ]
    await labelling.settle(MEI, sentence_id, Settling(label=make_label("report_lost"), how=SettledBy.third))

    assert await labelling.disputes(MEI, set_id) == []
    assert (await sets.line(MEI, set_id)).states == {SentenceState.settled: 1}


async def test_the_two_settle_by_talk_only_and_others_not_in_their_name(sets, labelling, database, clock):
    _, sentence_id = await disputed(sets, labelling, database, clock)
    settled = make_label("report_lost")
    with pytest.raises(IllegalMoveError):
        await labelling.settle(HE, sentence_id, Settling(label=settled, how=SettledBy.third))
    with pytest.raises(IllegalMoveError):
        await labelling.settle(MEI, sentence_id, Settling(label=settled, how=SettledBy.talk))
    await labelling.settle(HE, sentence_id, Settling(label=settled, how=SettledBy.talk))

    with pytest.raises(IllegalMoveError, match="没有分歧"):
        await labelling.settle(MEI, sentence_id, Settling(label=settled, how=SettledBy.third))


async def test_agreement_is_of_what_was_first_said(sets, labelling, database, clock):
    set_id, sentence_id = await disputed(sets, labelling, database, clock)
    await labelling.settle(MEI, sentence_id, Settling(label=make_label("report_lost"), how=SettledBy.third))
    found = await sets.agreement(ZHOU, set_id)

    assert (found.n, found.same) == (1, 0)
    assert found.confused == (("query_waybill", "report_lost", 1),)


async def test_a_sentence_that_is_dropped_measures_nothing(sets, labelling, database, clock):
    set_id = await make_set(sets, database, clock, "我的快递到哪了")
    task = await labelling.next(HE, set_id)
    await labelling.drop(HE, task.sentence_id, why="有人名")

    assert await labelling.next(LAN, set_id) is None
    assert (await sets.line(HE, set_id)).states == {SentenceState.dropped: 1}


# -- what it is for --------------------------------------------------------------------------------


async def test_a_set_is_exported_in_the_formats_of_the_evaluation(sets, labelling, database, clock):
    set_id = await make_set(sets, database, clock, "3公斤寄北京多少钱")
    task = await labelling.next(HE, set_id)
    label = make_label("faq", topic="price.how_charged", entities=[(0, 3, "weight"), (4, 6, "region")])
    for who in (HE, LAN):
        await labelling.label(who, task.sentence_id, label)
    files = (await sets.export(ZHOU, set_id)).files
    rows = {name: json.loads(lines) for name, lines in files.items()}

    text = "3公斤寄北京多少钱"
    assert rows == {
        "nlu_三月.jsonl": {"text": text, "intent": "faq", "alt": [], "weight": 1.0},
        "faq_三月.jsonl": {"text": text, "topic": "price.how_charged", "alt": [], "weight": 1.0},
        "entities_三月.jsonl": {
            "text": text,
            "entities": [{"type": "weight", "text": "3公斤"}, {"type": "region", "text": "北京"}],
            "weight": 1.0,
        },
        "two_wishes_三月.jsonl": {"text": text, "intents": ["faq"], "weight": 1.0},
    }


async def test_what_is_exported_is_read_by_the_evaluation(sets, labelling, database, clock, tmp_path):
    from bot.entity_evaluation import read_labelled_entities
    from bot.evaluation.intents import read_labelled

    set_id = await make_set(sets, database, clock, "寄北京")
    task = await labelling.next(HE, set_id)
    for who in (HE, LAN):
        await labelling.label(who, task.sentence_id, make_label("query_waybill", entities=[(1, 3, "region")]))
    for name, lines in (await sets.export(HE, set_id)).files.items():
        (tmp_path / name).write_text(lines, encoding="utf-8")

    assert read_labelled(tmp_path / "nlu_三月.jsonl", {"query_waybill"})[0].intent == "query_waybill"
    assert read_labelled_entities(tmp_path / "entities_三月.jsonl", {"region"})[0].entities[0].text == "北京"


async def test_a_set_knows_its_sentences_whatever_numbers_are_in_them(sets, database, clock):
    await make_set(sets, database, clock, "查一下YD2026081234567到哪了")

    assert await sets.contains(["查一下YD2026089999999到哪了？", "催一下"]) == {"查一下YD2026089999999到哪了？": "三月"}


async def test_a_set_that_is_removed_leaves_its_sentences_free(sets, database, clock):
    set_id = await make_set(sets, database, clock, "催一下")
    with pytest.raises(RefusedError):
        await sets.remove(HE, set_id, why=" ")
    await sets.remove(HE, set_id, why="时间范围选错了")

    assert await sets.contains(["催一下"]) == {}
    with pytest.raises(NotFoundError):
        await sets.line(HE, set_id)


async def test_what_the_bot_took_wrongly_is_told_with_its_share_of_all_messages(sets, labelling, database, clock):
    set_id = await make_set(sets, database, clock, "东西没了", "东西没了", "到哪了")
    for who in (HE, LAN):
        while (task := await labelling.next(who, set_id)) is not None:
            intent = "report_lost" if task.text == "东西没了" else "query_waybill"
            await labelling.label(who, task.sentence_id, make_label(intent))

    assert (await sets.accuracy(HE, set_id)).share == pytest.approx(1 / 3)
    assert await sets.confusions(set_id) == [("report_lost", "query_waybill", pytest.approx(2 / 3))]


async def labelled(sets, labelling, database, clock, *texts):
    set_id = await make_set(sets, database, clock, *texts, size=50)
    for who in (HE, LAN):
        while (task := await labelling.next(who, set_id)) is not None:
            await labelling.label(who, task.sentence_id, make_label("report_lost"))
    return set_id


async def test_figures_of_several_sets_are_those_of_each(sets, labelling, database, clock):
    one = await labelled(sets, labelling, database, clock, *(f"东西{word}没了" for word in "甲乙丙丁"))
    other = (await sets.make(HE, make_wish(name="四月", size=3))).id
    for who, intent in ((HE, "report_lost"), (LAN, "query_waybill")):
        while (task := await labelling.next(who, other)) is not None:
            await labelling.label(who, task.sentence_id, make_label(intent))

    found = await sets.figures(ZHOU, [one, other])

    for set_id in (one, other):
        assert found[set_id] == (await sets.agreement(ZHOU, set_id), await sets.accuracy(ZHOU, set_id))
    assert [found[set_id][0].same for set_id in (one, other)] == [1, 0]
    assert [found[set_id][0].n for set_id in (one, other)] == [4, 3]
    with pytest.raises(AccessRefusedError):
        await sets.figures(LINA, [one])


async def test_releases_are_measured_with_sets_that_have_enough_sentences(sets, labelling, database, clock):
    await labelled(sets, labelling, database, clock, *(f"东西{word}没了" for word in "甲乙丙丁戊己庚"))
    assert await sets.evaluation_sets() == []
    await sets.remove(HE, (await sets.all(HE))[0].id, why="太少")
    await labelled(sets, labelling, database, clock, *(f"东西{word}没了" for word in "甲乙丙丁戊己庚辛"))

    found = await sets.evaluation_sets()
    assert {(name, part, len(rows)) for name, part, rows in found} == {
        *(("三月", "nlu", 8), ("三月", "entities", 8), ("三月", "two", 8))
    }


async def test_what_people_decided_of_a_message_is_known_by_its_place(sets, labelling, database, clock):
    set_id = await labelled(sets, labelling, database, clock, "东西没了")
    [sentence] = await sentences_of(database, set_id)
    place = (str(sentence.conversation_id), sentence.seq)

    assert await sets.intents_of([place, (str(sentence.id), 7)]) == {place: "report_lost"}
    assert await sets.sentences() == {"三月": ["东西没了"]}


async def test_findings_tell_where_the_bot_and_the_people_are_at_odds(sets, labelling, database, clock):
    await labelled(sets, labelling, database, clock, "东西没了", "东西丢了")
    [found] = await sets.findings()

    assert (found.n, found.disputed, found.is_enough) == (2, 0, False)
    assert found.confused == (("report_lost", "query_waybill", 1.0, 2),)


async def test_whoever_must_not_train_with_a_set_is_told_when_one_comes_or_goes(sets, database, clock):
    told = []

    async def listen():
        told.append(await sets.sentences())

    sets.when_changed(listen)
    set_id = await make_set(sets, database, clock, "催一下")
    await sets.remove(HE, set_id, why="试试")

    assert told == [{"三月": ["催一下"]}, {}]
