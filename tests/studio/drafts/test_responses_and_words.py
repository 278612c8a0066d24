from dataclasses import replace

import pytest

from bot.channels import Button
from bot.errors import EntryNotFoundError, EntryRefusedError, StaleEntryError
from bot.studio.drafts.model import Variant
from tests.studio.drafts.builders import HE, LIN

RESPONSES = "nlu_data/domain/responses/answers.yml"


async def written(drafts, tmp_path, path):
    await drafts.tree(await drafts.head(), tmp_path / "out")
    return (tmp_path / "out" / path).read_text()


async def test_responses_are_listed_with_their_variables_and_found_by_name_and_wording(drafts):
    page = await drafts.responses()

    assert [(line.name, line.variants, line.variables) for line in page.items] == [
        ("utter_greet", 2, ("carrier",)),
        ("utter_status", 1, ("waybill_no", "status")),
        ("utter_label_query_price", 1, ()),
    ]
    assert [line.name for line in (await drafts.responses(q="STATUS")).items] == ["utter_status"]
    assert [line.name for line in (await drafts.responses(q="查运费")).items] == ["utter_label_query_price"]


async def test_a_response_says_which_variables_it_may_use(drafts):
    response = await drafts.response("utter_status")

    assert response.variables == ("waybill_no", "status", "carrier", "hotline", "website")
    with pytest.raises(EntryNotFoundError):
        await drafts.response("utter_gold")


async def test_a_saved_wording_is_the_only_thing_that_changes(drafts, tmp_path):
    response = await drafts.response("utter_greet")
    first, second = response.variants

    saved = await drafts.save_response(
        HE,
        "utter_greet",
        (replace(first, text="您好，{carrier}为您服务。"), second),
        version=response.version,
        why="更短",
    )

    text = await written(drafts, tmp_path, RESPONSES)
    assert '  - text: "您好，{carrier}为您服务。"\n    buttons: &suggestions\n' in text
    assert saved.history[0].told == ("说法“您好，我是{carrier}的客服。”改成“您好，{carrier}为您服务。”",)
    with pytest.raises(StaleEntryError):
        await drafts.save_response(LIN, "utter_greet", (first,), version=response.version, why="更短")


@pytest.mark.parametrize(
    ("variants", "sentence"),
    [
        ((), "至少要有一种说法"),
        ((Variant(" "),), "内容不能为空"),
        ((Variant("运单 {waybil_no}"),), r"\{waybil_no\} 不是这条回复可以用的变量"),
        ((Variant("运单 {waybill_no"),), "花括号没有成对"),
        ((Variant("运单 {0}"),), "花括号"),
        ((Variant("好", (Button(title="查", payload="/query_gold"),)),), "意图 query_gold 不存在"),
        ((Variant("好", (Button(title="查", payload="/query_price{x"),)),), "含义写得不对"),
        ((Variant("好", (Button(title="", payload="好"),)),), "按钮没有填"),
        ((Variant("好", (Button.model_construct(title="长" * 61, payload="好"),)),), "最多 60 个字"),
        ((Variant("好", (), '{"channel": "web"}'),), "其它设置"),
    ],
)
async def test_a_wrong_wording_is_refused(drafts, variants, sentence):
    response = await drafts.response("utter_status")

    with pytest.raises(EntryRefusedError, match=sentence):
        await drafts.save_response(HE, "utter_status", variants, version=response.version, why="试试")


async def test_a_button_may_say_words_or_an_intent_with_entities(drafts):
    response = await drafts.response("utter_status")
    buttons = (Button(title="查", payload='/query_price{"edit": "x"}'), Button(title="满意", payload="工单：满意"))
    wanted = (replace(response.variants[0], buttons=buttons),)

    saved = await drafts.save_response(HE, "utter_status", wanted, version=response.version, why="加按钮")

    assert saved.variants == wanted


async def test_shared_buttons_are_refused_in_words(drafts):
    response = await drafts.response("utter_greet")
    variants = (replace(response.variants[0], buttons=()), response.variants[1])

    with pytest.raises(EntryRefusedError, match="锚点"):
        await drafts.save_response(HE, "utter_greet", variants, version=response.version, why="去掉按钮")


async def test_a_preview_shows_each_channel_with_examples_for_the_variables(drafts):
    variant = Variant("运单 **{waybill_no}** {unknown}，见[官网](https://x.cn)", (Button(title="查件", payload="/x"),))

    web, wechat, wecom, sms = drafts.preview(variant)

    assert web.text == "运单 **YD2026112200012** 〔unknown〕，见[官网](https://x.cn)"
    assert "**" not in wechat.text + wecom.text + sms.text
    assert '<a href="https://x.cn">官网</a>' in wechat.text
    assert "官网 https://x.cn" in wecom.text
    assert "1. 查件" in sms.text
    assert (web.buttons, sms.buttons, sms.segments) == (("查件",), (), 1)


async def test_lists_of_words_have_titles_and_counts(drafts):
    found = {each.name: each for each in await drafts.word_lists()}

    assert (found["words.txt"].title, found["words.txt"].words) == ("分词词典", 3)
    assert (found["goods.yml:measures"].words, found["goods.yml:heads"].words) == (5, 2)
    assert found["aliases.yml:region"].has_meanings


async def test_words_are_added_to_their_list(drafts, tmp_path):
    await drafts.add_words(HE, "words.txt", [("取件码", None), ("-到成都", None)], why="切错了")
    await drafts.add_words(HE, "goods.yml:measures", [("提", None)], why="两提卫生纸")
    await drafts.add_words(HE, "aliases.yml:region", [("蓉", "成都")], why="常说")

    assert (await written(drafts, tmp_path, "nlu_data/lexicon/words.txt")).endswith("-到广州\n取件码\n-到成都\n")
    assert "  盒 袋 提\n" in await written(drafts, tmp_path, "nlu_data/lexicon/goods.yml")
    assert (await written(drafts, tmp_path, "nlu_data/lexicon/aliases.yml")).endswith("  京: 北京\n  蓉: 成都\n")
    assert [word.meaning for word in (await drafts.words("aliases.yml:region", q="成")).items] == ["成都"]
    assert {each.name for each in await drafts.word_lists() if each.changed} == {
        *("words.txt", "goods.yml:measures", "aliases.yml:region")
    }


async def test_a_word_is_changed_and_taken_away(drafts):
    word = (await drafts.words("aliases.yml:region")).items[0]
    await drafts.change_word(HE, word.id, "沪", "上海市", version=word.version, why="全称")
    changed = (await drafts.words("aliases.yml:region")).items[0]
    await drafts.remove_word(HE, changed.id, version=changed.version, why="不用了")

    assert [each.text for each in (await drafts.words("aliases.yml:region")).items] == ["京"]
    assert [each.told for each in await drafts.history(word.id)] == [
        ("删除“沪 → 上海市”",),
        ("“沪 → 上海”改成“沪 → 上海市”",),
    ]
    with pytest.raises(StaleEntryError):
        await drafts.remove_word(LIN, word.id, version=word.version, why="不用了")


@pytest.mark.parametrize(
    ("listed_in", "word", "sentence"),
    [
        ("words.txt", ("运单号", None), "已经在这张词表里"),
        ("words.txt", ("运单 编号", None), "不能有空格"),
        ("words.txt", ("运单#", None), "井号"),
        ("words.txt", ("", None), "内容不能为空"),
        ("goods.yml:heads", ("机(", None), "不是有效的写法"),
        ("aliases.yml:region", ("蓉", None), "请写“蓉”指什么"),
    ],
)
async def test_a_wrong_word_is_refused(drafts, listed_in, word, sentence):
    with pytest.raises(EntryRefusedError, match=sentence):
        await drafts.add_words(HE, listed_in, [word], why="试试")


async def test_only_lists_that_there_are_take_words(drafts):
    with pytest.raises(EntryNotFoundError, match="没有词表"):
        await drafts.add_words(HE, "gold.txt", [("金", None)], why="试试")
