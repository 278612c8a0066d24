import pytest

from bot.dialogue.components.second_intent import Reading, SecondWish, clauses, second_wish


def reader(**confident: str):
    """Understands a text by the first of the words it holds."""

    async def understand(text: str) -> Reading:
        for intent, word in confident.items():
            if word in text:
                return Reading(intent, 0.9)
        return Reading("chitchat", 0.2)

    return understand


def test_a_sentence_without_a_break_has_no_clauses() -> None:
    assert clauses("我的快递到哪了") == []


def test_a_word_that_joins_two_wishes_breaks_without_a_comma() -> None:
    assert [clause.text for clause in clauses("我要投诉你们快递员顺便查下我的件")] == [
        "我要投诉你们快递员",
        "顺便查下我的件",
    ]


async def test_a_clause_of_another_kind_is_a_second_wish() -> None:
    found = await second_wish("收货地址要改一下，寄到郑州多少钱", reader(change_address="改", query_price="多少钱"))

    assert found == SecondWish("query_price", "寄到郑州多少钱")


async def test_the_story_of_the_first_wish_is_none() -> None:
    found = await second_wish("鸡蛋全都碎了，你们必须赔给我", reader(apply_claim="赔", report_damage="碎"))

    assert found is None


async def test_behind_a_joining_word_even_one_of_the_same_matter_is() -> None:
    found = await second_wish("你们必须赔给我，另外箱子里少了两件", reader(apply_claim="赔", report_missing_items="少"))

    assert found == SecondWish("report_missing_items", "另外箱子里少了两件")


@pytest.mark.parametrize("small_talk", ["greet", "thank", "chitchat", "out_of_scope", "inform"])
async def test_small_talk_is_no_wish(small_talk: str) -> None:
    found = await second_wish("收货地址要改一下，真是麻烦你啦", reader(change_address="改", **{small_talk: "麻烦"}))

    assert found is None
