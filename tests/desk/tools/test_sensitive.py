"""Sensitive words: found however they are written, harmless where they are harmless, published in versions."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.desk.tools.kinds import Script, Severity
from bot.desk.tools.lexicon import Category, Lexicon
from bot.desk.tools.scripts import Scripts
from bot.desk.tools.sensitive import shipped_categories
from bot.desk.tools.trie import Automaton
from bot.errors import AccessRefusedError, IllegalMoveError, NotFoundError, RefusedError
from tests.desk.tools.conftest import BOSS, LINA, ZHOU, write

SHIPPED = Lexicon(shipped_categories())


def category(**changed) -> Category:
    fields = {"id": "test", "title": "试", "severity": Severity.block, "reason": "不行。", "words": ["坏词"]}
    return Category.model_validate(fields | changed)


@given(st.lists(st.text(alphabet="abc", min_size=1, max_size=4), max_size=8), st.text(alphabet="abc", max_size=40))
def test_the_automaton_finds_exactly_what_looking_everywhere_finds(words, text):
    places = [(at, at + len(word)) for word in set(words) for at in range(len(text)) if text.startswith(word, at)]
    assert sorted(Automaton(words).find(text)) == sorted(places)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("我们一定赔您", "一定赔"),
        ("我们一 定*赔您", "一 定*赔"),
        ("一定賠", "一定賠"),
        ("一\u200b定赔", "一\u200b定赔"),
        ("你个ＳＢ", "ＳＢ"),
        ("加我v：abc", "加我v"),
        ("微信号：kd_12345", "微信号：kd_12345"),
        ("证件110101199003078515", "110101199003078515"),
    ],
)
def test_a_blocked_word_is_found_however_it_is_written(text, found):
    verdict = SHIPPED.check(text)
    assert verdict.severity is Severity.block
    assert found in [hit.text for hit in verdict.hits]
    assert all(text[hit.start : hit.end] == hit.text for hit in verdict.hits)


@pytest.mark.parametrize(
    "text",
    [
        "不一定赔，要按规则核定",
        "USB接口的数据线",
        "运单YD2603040000015预计明天送达",
        "单号773012345678901",
        "请不要把验证码告诉任何人",
        "最晚明天给您答复，最近的网点在文一路",
        "您好，您的快件在杭州转运中心",
    ],
)
def test_what_is_harmless_is_left_alone(text):
    assert SHIPPED.check(text).hits == ()


def test_the_gravest_hit_decides_and_reasons_name_the_words():
    verdict = SHIPPED.check("全国第一，一定赔，看 https://evil.example/a")
    assert verdict.severity is Severity.block
    assert {hit.category for hit in verdict.hits} == {"superlative", "promise_compensation", "link"}
    assert "一定赔" in verdict.reasons


def test_own_numbers_and_addresses_may_be_named():
    text = "请打13812341234，或看https://www.example.com/a"
    assert SHIPPED.check(text).severity is Severity.warn
    allowed = ["13812341234", "www.example.com/a"]
    assert [hit.category for hit in SHIPPED.check(text, allowed=allowed).hits] in ([], ["link"])


def test_a_message_is_checked_in_a_few_milliseconds():
    text = "您好，您的快件在转运中心，预计明天送达，请保持电话畅通。" * 4
    SHIPPED.check(text)
    began = time.perf_counter()
    for _ in range(20):
        SHIPPED.check(text)
    assert (time.perf_counter() - began) / 20 < 0.05


async def test_a_published_list_holds_for_the_next_message_and_the_old_ones_stay(tools):
    assert (await tools.sensitive.check("坏词")).severity is None
    published = await tools.sensitive.publish(BOSS, [category()], after=0, note="加一个")
    assert published.version == 1
    assert (await tools.sensitive.check("坏 词")).severity is Severity.block
    assert (await tools.sensitive.check("一定赔")).severity is None
    assert [(one.version, one.by) for one in await tools.sensitive.versions()] == [(1, "boss"), (0, "system")]
    assert (await tools.sensitive.edition(0)).categories == shipped_categories()


async def test_of_two_who_publish_from_the_same_version_one_is_refused(tools):
    await tools.sensitive.publish(BOSS, [category()], after=0)
    with pytest.raises(IllegalMoveError):
        await tools.sensitive.publish(BOSS, [category()], after=0)
    with pytest.raises(IllegalMoveError):
        await tools.sensitive.publish(BOSS, [category()], after=5)


async def test_an_agent_does_not_publish_and_a_version_that_is_not_there_is_not_found(tools):
    with pytest.raises(AccessRefusedError):
        await tools.sensitive.publish(LINA, [category()], after=0)
    with pytest.raises(NotFoundError):
        await tools.sensitive.edition(7)


@pytest.mark.parametrize("wrong", [{"patterns": ["("]}, {"words": ["！ *"], "unless": [" "]}])
async def test_a_list_that_makes_no_sense_is_refused(tools, wrong):
    with pytest.raises(RefusedError):
        await tools.sensitive.publish(BOSS, [category(**wrong)], after=0)


async def test_blocked_words_and_open_variables_are_refused_on_sending(held, pass_on):
    for text in ("一定赔您", "{运单号}在路上", "加我微信"):
        with pytest.raises(RefusedError):
            await pass_on(LINA, held, text, confirmed=True)


async def test_a_warning_is_sent_once_confirmed_and_a_reminder_at_once(held, pass_on):
    with pytest.raises(RefusedError, match="请确认"):
        await pass_on(LINA, held, "我们是全国第一")
    assert (await pass_on(LINA, held, "我们是全国第一", confirmed=True)).text == "我们是全国第一"
    assert (await pass_on(LINA, held, "这个我不知道")).text == "这个我不知道"


async def test_a_look_says_everything_at_once(tools, held):
    await tools.translation.choose(LINA, held, Scripts(answer_in=Script.traditional))
    prepared = await tools.outgoing.look(LINA, held, "{运单号}的快递，全国第一")
    assert prepared.text == "{運單號}的快遞，全國第一" or prepared.text.endswith("全國第一")
    assert prepared.missing == ("运单号",)
    assert not prepared.is_sendable
    assert prepared.needs_confirmation


async def test_the_check_is_for_who_may_see_the_conversation(tools, shop, held):
    await write(shop, "在吗")
    with pytest.raises(AccessRefusedError):
        await tools.outgoing.look(ZHOU, held, "您好")
