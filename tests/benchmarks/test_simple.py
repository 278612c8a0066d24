import numpy as np

from benchmarks.understanding.simple import grams, nearest_by_bm25, ngram_regression, rankings
from knowledge_base.building.sentences import Sentence

TAUGHT = [
    Sentence("我的快递到哪里了", "query_waybill"),
    Sentence("查一下快递在哪", "query_waybill"),
    Sentence("我要投诉快递员", "complain"),
    Sentence("投诉你们的服务", "complain"),
]


def test_a_label_counts_by_its_best_sentence():
    scores = np.array([[0.1, 0.9, 0.5]])

    assert rankings(scores, ["a", "b", "a"]) == [["b", "a"]]


def test_grams_are_lower_case_and_one_to_three_long():
    assert grams("YDa") == ["y", "d", "a", "yd", "da", "yda"]


def test_bm25_finds_the_sentence_that_shares_most():
    assert [ranking[0] for ranking in nearest_by_bm25(TAUGHT, ["快递到哪了", "我想投诉"])] == [
        "query_waybill",
        "complain",
    ]


def test_regression_ranks_every_label():
    found = ngram_regression(TAUGHT, ["投诉"])

    assert found == [["complain", "query_waybill"]]
