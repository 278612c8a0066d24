"""Facts about places heard in a sentence, and which end of a route each is."""

import pytest

from actions.heard import Entity, Heard

HANGZHOU = "杭州市西湖区文三路100号"
CHENGDU = "成都市锦江区春熙路1号"


def make_heard(text: str, *names: str, kind: str = "address") -> Heard:
    entities = [Entity(kind, name, text.index(name), text.index(name) + len(name)) for name in names]
    return Heard(text=text, intent="place_order", confidence=1.0, ranking=(), entities=tuple(entities))


def ends(heard: Heard) -> list[tuple[str, str | None]]:
    return [(place.text, place.role) for place in heard.places]


@pytest.mark.parametrize(
    "sentence",
    [
        "我要寄快递，从{A}寄到{B}，电话13800138000，衣服，明天下午来取",
        "{A}寄{B}",
        "{A}发{B}",
        "{A}到{B}",
        "{A} → {B}",
        "从{A}发到{B}",
        "从{A}，{B}",
        "寄件地址{A}，收件地址{B}",
        "收件地址：{B}，寄件地址：{A}",
        "寄件人地址是{A}，收件人地址是{B}",
        "发货地{A}，目的地{B}",
        "上门取件地点在{A}，送到{B}",
    ],
)
@pytest.mark.parametrize(("origin", "destination"), [(HANGZHOU, CHENGDU), (f"浙江省{HANGZHOU}", f"四川省{CHENGDU}")])
def test_both_ends_of_a_route_are_heard_at_once(sentence: str, origin: str, destination: str) -> None:
    heard = make_heard(sentence.format(A=origin, B=destination), origin, destination)

    assert sorted(ends(heard)) == sorted([(origin, "origin"), (destination, "destination")])


def test_a_street_behind_its_city_is_not_taken_for_the_other_end() -> None:
    text = "从浙江杭州，西湖区文三路100号"
    street = Entity("address", "西湖区文三路100号", 6, len(text))
    city = Entity("region", "浙江杭州", 1, 5)
    heard = Heard(text=text, intent="place_order", confidence=1.0, ranking=(), entities=(city, street))

    assert ends(heard) == [("浙江杭州", "origin"), ("西湖区文三路100号", None)]


def test_a_place_alone_has_no_end_unless_its_words_say_so() -> None:
    assert ends(make_heard(CHENGDU, CHENGDU)) == [(CHENGDU, None)]
    assert ends(make_heard(f"改成{CHENGDU}", CHENGDU)) == [(CHENGDU, None)]
