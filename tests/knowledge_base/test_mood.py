"""A mood model over an encoder that needs no model: it learns what it is shown, and is the same from disk."""

from pathlib import Path

import numpy as np
import pytest
import yaml

from bot.conversations.mood import CALM, Sentiment, Urgency
from bot.errors import DataFileError
from knowledge_base.mood import MoodModel, TrainedMoodReader, as_felt
from knowledge_base.mood_build import MOOD_DATA, model_path
from knowledge_base.mood_sentences import read_sentiments, read_urgencies
from tests.knowledge_base.builders import NgramEncoder

SENTIMENTS = {
    "positive": ["谢谢师傅", "太好了谢谢", "点赞谢谢小哥", "表扬师傅", "真快谢谢"],
    "neutral": ["到哪了", "运费多少", "几点下班", "查一下单号", "寄到上海几天"],
    "negative": ["好失望", "无语好失望", "等好久真失望", "又丢了失望", "碎了好难过失望"],
    "angry": ["骗子！！！", "垃圾骗子", "滚！！！", "不要脸的骗子！！", "骗子公司滚"],
}
URGENCIES = {
    "routine": ["到哪了", "运费多少", "谢谢师傅", "寄到上海几天", "骗子"],
    "pressing": ["今天能到吗", "快点今天要", "急急急", "今天尽快", "快点快点"],
    "critical": ["救命药", "药断了救命", "护照今晚飞机", "准考证明天考试救命", "药快没了"],
}


def _write(folder: Path, sentiments: object = SENTIMENTS, urgencies: object = URGENCIES) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in (("sentiment", sentiments), ("urgency", urgencies)):
        text = yaml.safe_dump(content, allow_unicode=True)
        (folder / f"{name}.yml").write_text(text, encoding="utf-8")
    return folder


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return _write(tmp_path / "data")


def test_both_readings_come_with_their_probabilities(tmp_path: Path, data: Path) -> None:
    mood = TrainedMoodReader(NgramEncoder(), tmp_path, data=data).read("骗子！！！药断了救命")

    assert (mood.sentiment, mood.urgency) == (Sentiment.angry, Urgency.critical)
    assert 0.25 < mood.sentiment_confidence <= 1
    assert 1 / 3 < mood.urgency_confidence <= 1


def test_a_model_from_disk_reads_exactly_as_before(tmp_path: Path, data: Path) -> None:
    texts = ["谢谢", "失望", "滚", "今天能到吗", "没见过的话"]
    fitted = TrainedMoodReader(NgramEncoder(), tmp_path, data=data).read_all(texts)
    encoder = NgramEncoder()
    loaded = TrainedMoodReader(encoder, tmp_path, data=data)

    found = loaded.read_all(texts)

    assert [(mood.sentiment, mood.urgency) for mood in found] == [(mood.sentiment, mood.urgency) for mood in fitted]
    confidences = [[m.sentiment_confidence, m.urgency_confidence] for m in found]
    np.testing.assert_allclose(confidences, [[m.sentiment_confidence, m.urgency_confidence] for m in fitted], atol=1e-4)
    assert encoder.encoded == texts


def test_another_encoder_can_be_put_in_while_reading_goes_on(tmp_path: Path, data: Path) -> None:
    class Other(NgramEncoder):
        hash = "other"

    reader = TrainedMoodReader(NgramEncoder(), tmp_path, data=data)
    before, other = reader.read("骗子！！！"), Other()

    reader.use(other)

    assert reader.read("骗子！！！") == before
    assert other.encoded[-1] == "骗子!"
    assert model_path("other", tmp_path, data).exists()


def test_a_text_of_which_nothing_can_be_read_is_calm(tmp_path: Path, data: Path) -> None:
    assert TrainedMoodReader(NgramEncoder(), tmp_path, data=data).read("\u200b") == CALM


def test_another_sentence_or_another_encoder_makes_another_model(tmp_path: Path, data: Path) -> None:
    before = model_path("a", tmp_path, data)
    assert model_path("b", tmp_path, data) != before

    _write(data, SENTIMENTS | {"positive": [*SENTIMENTS["positive"], "棒"]})

    assert model_path("a", tmp_path, data) != before


def test_old_models_are_forgotten(tmp_path: Path) -> None:
    for nth in range(7):
        data = _write(tmp_path / "data", SENTIMENTS | {"positive": [*SENTIMENTS["positive"], f"棒{nth}"]})
        TrainedMoodReader(NgramEncoder(), tmp_path / "cache", data=data).prepare()

    assert len(list((tmp_path / "cache").glob("mood-*.npz"))) == 4


def test_shouting_stays_audible() -> None:
    assert as_felt("怎麼還不送！！！！！") == "^怎么还不送!!!$"
    assert as_felt("YD1234567890123急急急急急") == "^⑬急急急$"


@pytest.mark.parametrize(
    ("sentiments", "problem"),
    [
        (SENTIMENTS | {"sad": ["唉"]}, "the labels must be positive, neutral, negative, angry"),
        (SENTIMENTS | {"angry": ["到哪了"]}, "stands twice: 到哪了"),
        (SENTIMENTS | {"angry": "滚"}, "a list of sentences"),
    ],
)
def test_a_broken_file_says_what_is_wrong(tmp_path: Path, sentiments: object, problem: str) -> None:
    data = _write(tmp_path / "data", sentiments)

    with pytest.raises(DataFileError, match=problem):
        MoodModel.fit(lambda texts: NgramEncoder().encode(texts), data)


@pytest.mark.parametrize("sentences", [read_sentiments(), read_urgencies()], ids=["sentiment", "urgency"])
def test_every_mood_has_enough_examples(sentences) -> None:
    counts = {label: sentences.labels.count(label) for label in sentences.labels}

    assert {label: n for label, n in counts.items() if n < 350} == {}
    assert MOOD_DATA.exists()
