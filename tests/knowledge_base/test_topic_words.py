import numpy as np
import pytest

from knowledge_base.topic_words import TopicWords
from tests.knowledge_base.builders import QUESTIONS, UNANSWERABLE

TOPICS = list(QUESTIONS)


@pytest.fixture(scope="module")
def words() -> TopicWords:
    return TopicWords(QUESTIONS)


def test_the_topic_that_speaks_of_it_scores_best(words: TopicWords) -> None:
    assert TOPICS[int(words.scores("锂电池").topics.argmax())] == "sending.batteries"


def test_what_nobody_wrote_about_is_hardly_covered(words: TopicWords) -> None:
    asked = [words.scores(same[0]).coverage for same in QUESTIONS.values()]
    unasked = [words.scores(text).coverage for text in UNANSWERABLE]

    assert min(asked) > max(unasked)


@pytest.mark.parametrize("text", ["", "😀", "zzz"])
def test_strange_characters_speak_for_no_topic(words: TopicWords, text: str) -> None:
    assert np.ptp(words.scores(text).topics) < 0.01


def test_a_sentence_left_out_scores_as_if_it_had_never_been_written(words: TopicWords) -> None:
    topic = "sending.batteries"
    text, *rest = QUESTIONS[topic]
    column = TOPICS.index(topic)

    without = words.scores_without(text, column)
    never = TopicWords({**QUESTIONS, topic: rest}).scores(text)

    assert without.topics[column] < words.scores(text).topics[column]
    # Not the very same: how rare a character is was counted with the sentence.
    assert without.topics[column] == pytest.approx(never.topics[column], rel=0.15)


def test_an_edit_gives_what_counting_all_again_gives(words: TopicWords) -> None:
    edited = {**QUESTIONS, "service.holiday": ["端午节送货吗"]}

    updated, fresh = TopicWords(edited, words), TopicWords(edited)

    assert np.array_equal(updated.scores("端午节").topics, fresh.scores("端午节").topics)
