import numpy as np

from knowledge_base.index import Vectors
from knowledge_base.topic_model import NO_TOPIC, Sample, TopicModel, thinned
from tests.knowledge_base.builders import QUESTIONS, UNANSWERABLE, NgramEncoder

SAMPLES = [Sample(text, topic) for topic, texts in QUESTIONS.items() for text in texts]
SAMPLES += [Sample(text, NO_TOPIC) for text in UNANSWERABLE]
VECTORS = NgramEncoder().encode([sample.text for sample in SAMPLES])


def scores_of(model: TopicModel, text: str) -> Vectors:
    return model.scores(model.centre.questions(NgramEncoder().encode([text])[0]))


def best_topic(model: TopicModel, text: str) -> str:
    return model.columns[int(scores_of(model, text).argmax())]


def test_a_sentence_goes_to_the_topic_of_sentences_like_it() -> None:
    model = TopicModel.fit(SAMPLES, VECTORS).model

    assert best_topic(model, "电池可不可以寄") == "sending.batteries"
    assert best_topic(model, "国庆节送不送货") == "service.holiday"


def test_a_sentence_like_the_unanswerable_ones_goes_to_no_topic() -> None:
    model = TopicModel.fit(SAMPLES, VECTORS).model

    assert best_topic(model, "明天天气怎么样") == NO_TOPIC


def test_leaving_one_out_is_what_fitting_without_it_gives() -> None:
    left_out = TopicModel.fit(SAMPLES, VECTORS).left_out([4])[0]
    rest = SAMPLES[:4] + SAMPLES[5:]

    without = scores_of(TopicModel.fit(rest, np.delete(VECTORS, 4, axis=0)).model, SAMPLES[4].text)

    # Not the very same: the mean vector was taken over all sentences.
    assert np.allclose(left_out, without, atol=0.08)
    assert left_out.argmax() == without.argmax()


def test_a_model_is_the_same_from_its_parts() -> None:
    fitted = TopicModel.fit(SAMPLES, VECTORS).model

    restored = TopicModel(SAMPLES, fitted.vectors, fitted.duals, fitted.centre)

    assert np.allclose(scores_of(restored, "运费"), scores_of(fitted, "运费"))


def test_new_sentences_are_taken_in_without_fitting_all_again() -> None:
    old, new = SAMPLES[:-5], SAMPLES
    updated = TopicModel.fit(old, VECTORS[:-5]).model.updated(new, VECTORS)
    fitted = TopicModel.fit(new, VECTORS).model

    agree = [best_topic(updated, sample.text) == best_topic(fitted, sample.text) for sample in SAMPLES]

    assert np.mean(agree) > 0.9
    assert all(best_topic(updated, sample.text) == NO_TOPIC for sample in SAMPLES[-5:])


def test_a_new_topic_is_known_after_an_update_and_a_removed_one_is_gone() -> None:
    few = [sample for sample in SAMPLES if sample.topic != "service.holiday"]
    rows = [row for row, sample in enumerate(SAMPLES) if sample.topic != "service.holiday"]
    model = TopicModel.fit(few, VECTORS[rows]).model

    grown = model.updated(SAMPLES, VECTORS)

    assert best_topic(grown, "过年放不放假") == "service.holiday"
    assert "service.holiday" not in grown.updated(few, VECTORS[rows]).columns


def test_too_many_samples_are_thinned_evenly_over_topics() -> None:
    few = thinned(SAMPLES, limit=len(SAMPLES) // 3)

    assert {sum(sample.topic == topic for sample in few) for topic in QUESTIONS} == {3}
    assert thinned(SAMPLES, limit=len(SAMPLES)) == SAMPLES
