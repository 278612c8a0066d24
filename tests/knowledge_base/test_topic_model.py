import numpy as np

from knowledge_base.topic_model import NO_TOPIC, Sample, TopicModel, thinned
from tests.knowledge_base.builders import QUESTIONS, UNANSWERABLE, NgramEncoder

SAMPLES = [Sample(text, topic) for topic, texts in QUESTIONS.items() for text in texts]
SAMPLES += [Sample(text, NO_TOPIC) for text in UNANSWERABLE]
VECTORS = NgramEncoder().encode([sample.text for sample in SAMPLES])


def best_topic(model: TopicModel, text: str) -> str:
    scores = model.scores(text, NgramEncoder().encode([text])[0])
    return model.columns[int(scores.argmax())]


def test_a_sentence_goes_to_the_topic_of_sentences_like_it() -> None:
    model = TopicModel.fit(SAMPLES, VECTORS).model

    assert best_topic(model, "电池可不可以寄") == "sending.batteries"
    assert best_topic(model, "国庆节送不送货") == "service.holiday"


def test_a_sentence_like_the_unanswerable_ones_goes_to_no_topic() -> None:
    model = TopicModel.fit(SAMPLES, VECTORS).model

    assert best_topic(model, "明天天气怎么样") == NO_TOPIC


def test_leaving_one_out_is_what_fitting_without_it_gives() -> None:
    left_out = TopicModel.fit(SAMPLES, VECTORS).leave_one_out()[4]
    rest = SAMPLES[:4] + SAMPLES[5:]

    without = TopicModel.fit(rest, np.delete(VECTORS, 4, axis=0)).model.scores(SAMPLES[4].text, VECTORS[4])

    # Not the very same: the weights of n-grams and the mean vector were taken over all sentences.
    assert np.allclose(left_out, without, atol=0.08)
    assert left_out.argmax() == without.argmax()


def test_a_model_is_the_same_from_its_parts() -> None:
    fitted = TopicModel.fit(SAMPLES, VECTORS).model

    restored = TopicModel(SAMPLES, VECTORS, fitted.duals)

    assert np.allclose(restored.scores("运费", VECTORS[0]), fitted.scores("运费", VECTORS[0]))


def test_too_many_samples_are_thinned_evenly_over_topics() -> None:
    few = thinned(SAMPLES, limit=12)

    assert [sum(sample.topic == topic for sample in few) for topic in QUESTIONS] == [3, 3, 3]
