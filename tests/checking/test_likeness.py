from bot.checking.examples import Example
from bot.checking.likeness import duplicates, near_duplicates


def example(text: str, intent: str = "query_waybill", line: int = 1) -> Example:
    return Example(text, intent, f"{intent}.yml:{line}")


def test_punctuation_width_and_traditional_characters_make_no_difference() -> None:
    twice = duplicates([example("我的快递到哪了"), example("我的快遞，到哪了？", "query_eta")])

    assert [(twins.second.intent, twins.is_across) for twins in twice] == [("query_eta", True)]


def test_signs_alone_are_told_apart() -> None:
    assert duplicates([example("？"), example("👍")]) == []


def test_sentences_that_differ_in_a_word_of_many_are_near() -> None:
    one = example("我的快递从广州发出来已经三天了怎么还没有到我家楼下的驿站")
    other = example("我的快递从广州发出来已经三天了怎么还没有到我家楼下的驿站啊", "query_eta")
    third = example("帮我看看这个包裹今天能不能送到公司前台", "query_eta")

    [near] = near_duplicates([one, third, other])

    assert (near.first, near.second, near.is_across) == (one, other, True)
    assert near.likeness > 0.9


def test_short_sentences_are_never_near() -> None:
    assert near_duplicates([example("到哪了呀"), example("到哪了呀", "query_eta")]) == []
