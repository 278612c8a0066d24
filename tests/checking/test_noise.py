from pathlib import Path

import numpy as np

from bot.checking.examples import Example
from bot.checking.noise import doubts
from tests.knowledge_base.builders import NgramEncoder

PRICE = ["寄到{}多少钱", "去{}运费多少", "到{}要几块钱", "发{}怎么收费", "{}的运费贵吗"]
WHERE = ["{}的件到哪了", "发{}的包裹在哪里", "去{}的快递走到哪", "到{}的件签收没", "{}的物流查一下"]
PLACES = ["上海", "广州", "成都", "西安", "武汉", "杭州", "南京", "长沙"]


def test_a_sentence_under_the_wrong_intent_is_doubted(tmp_path: Path) -> None:
    texts = [(form.format(place), "query_price") for form in PRICE for place in PLACES]
    texts += [(form.format(place), "query_waybill") for form in WHERE for place in PLACES]
    examples = [Example(text, intent, f"x.yml:{line}") for line, (text, intent) in enumerate(texts, start=1)]
    examples.append(Example("寄到青岛多少钱", "query_waybill", "x.yml:99"))

    found = doubts(examples, NgramEncoder(), tmp_path)

    assert [(doubt.example.place, doubt.other) for doubt in found] == [("x.yml:99", "query_price")]
    assert np.all([doubt.given < 0.05 and doubt.sure > 0.8 for doubt in found])
