import shutil
from pathlib import Path

import pytest

from bot import training
from bot.content import Content, current_content
from bot.errors import SetupError
from bot.settings import Settings


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(cache_dir=tmp_path)


def test_what_is_not_trained_is_said_to_be_missing(settings: Settings) -> None:
    with pytest.raises(SetupError, match="run 'bot train'"):
        training.current_encoder(settings)
    with pytest.raises(SetupError, match="run 'bot train'"):
        training.current_model(settings)


def test_another_encoder_needs_another_rasa_model(settings: Settings) -> None:
    assert training._model_path(settings, Path("a")) != training._model_path(settings, Path("b"))


def test_an_encoder_tuned_on_older_sentences_serves_until_it_is_tuned_anew(settings: Settings) -> None:
    exact = training._encoder_path(settings)
    older = exact.with_name(exact.name.partition("-")[0] + "-0123456789abcdef")
    older.mkdir(parents=True)

    assert training.current_encoder(settings) == older
    assert training._encoder(settings, print, retune=False) == older

    exact.mkdir()
    assert training.current_encoder(settings) == exact


def test_an_encoder_of_other_code_does_not_serve(settings: Settings) -> None:
    training._encoder_path(settings).with_name("other000-0123456789abcdef").mkdir(parents=True)

    with pytest.raises(SetupError):
        training.current_encoder(settings)


@pytest.fixture
def made(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The encoders that something would have been made with."""
    asked: list[Path] = []

    def make(_: Settings, encoder: Path, report: object) -> Path:
        asked.append(encoder)
        return training._model_path(settings, encoder)

    monkeypatch.setattr(training, "_make_all", make)
    monkeypatch.setattr(training, "_quick_encoder", lambda settings, _: training._quick_path(settings))
    return asked


def test_a_first_start_is_made_with_the_quick_encoder(settings: Settings, made: list[Path]) -> None:
    trained = training.train_for_start(settings, print)

    assert made == [training._quick_path(settings)]
    assert not trained.is_tuned


def test_a_start_prefers_what_was_tuned_last_to_what_was_never_tuned(settings: Settings, made: list[Path]) -> None:
    exact = training._encoder_path(settings)
    older = exact.with_name(exact.name.partition("-")[0] + "-0123456789abcdef")
    for there in (training._quick_path(settings), older, exact):
        there.mkdir(parents=True)
        assert training.train_for_start(settings, print).is_tuned == (there == exact)

    assert made == [training._quick_path(settings), older, exact]


def test_a_start_waits_for_no_training_where_a_model_is_ready(settings: Settings, made: list[Path]) -> None:
    quick = training._quick_path(settings)
    for encoder in (quick, training._encoder_path(settings)):
        encoder.mkdir(parents=True)
    model = training._model_path(settings, quick)
    model.parent.mkdir(parents=True)
    model.touch()

    trained = training.train_for_start(settings, print)

    assert made == [quick]
    assert not trained.is_tuned


def test_evaluations_never_use_a_quick_encoder(settings: Settings) -> None:
    training._quick_path(settings).mkdir(parents=True)

    with pytest.raises(SetupError, match="run 'bot train'"):
        training.current_encoder(settings)


def test_every_topic_lends_the_same_few_questions_every_time() -> None:
    borrowed = training.borrowed_questions()

    assert borrowed == training.borrowed_questions()
    topics = [sentence.label for sentence in borrowed]
    assert max(topics.count(topic) for topic in set(topics)) <= training.FAQ_PER_TOPIC


def test_borrowed_questions_are_merged_with_what_trainers_wrote_and_never_twice(tmp_path: Path) -> None:
    merged = training._merged_data(tmp_path / "data", current_content())

    written = {sentence.text for sentence in training.intent_sentences(merged / "intents")}
    borrowed = [sentence.text for sentence in training.intent_sentences(merged)]
    assert borrowed
    assert not written & set(borrowed)


def test_a_failed_training_leaves_nothing_behind_and_says_why(settings: Settings, tmp_path: Path) -> None:
    broken = tmp_path / "python"
    broken.write_text("#!/bin/sh\necho 'no such component'\nexit 3\n", encoding="utf-8")
    broken.chmod(0o755)
    model = tmp_path / "models" / "key.tar.gz"

    with pytest.raises(SetupError, match="no such component"):
        training._train_rasa(settings.model_copy(update={"rasa_python": broken}), tmp_path, model, print)

    assert list(model.parent.iterdir()) == []


@pytest.fixture
def copied(tmp_path: Path) -> Content:
    """Another folder with the same content."""
    here, there = current_content(), Content(tmp_path / "tree")
    shutil.copytree(here.nlu, there.nlu)
    shutil.copytree(here.faq, there.faq)
    shutil.copy2(here.topics, there.topics)
    return there


def test_the_same_content_makes_the_same_model_wherever_it_lies(settings: Settings, copied: Content) -> None:
    elsewhere = settings.model_copy(update={"content_dir": copied.root})

    assert training._encoder_path(elsewhere) == training._encoder_path(settings)
    assert training._model_path(elsewhere, Path("e")) == training._model_path(settings, Path("e"))


@pytest.mark.parametrize("file", ["nlu_data/intents/greet.yml", "nlu_data/lexicon/words.txt"])
def test_other_content_makes_another_model(settings: Settings, copied: Content, file: str) -> None:
    path = copied.root / file
    path.write_text(path.read_text(encoding="utf-8") + "\n# changed\n", encoding="utf-8")
    elsewhere = settings.model_copy(update={"content_dir": copied.root})

    assert training._model_path(elsewhere, Path("e")) != training._model_path(settings, Path("e"))
