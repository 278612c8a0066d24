import asyncio
import logging
from datetime import date, datetime, timedelta, timezone
from pathlib import Path

import pytest

from bot.errors import DataFileError, NotFoundError
from knowledge_base.store import FaqStore
from tests.knowledge_base.builders import QUESTIONS, NgramEncoder, make_content, make_factory, write_entries

NEW_YEAR_IN_CHINA = datetime(2026, 12, 31, 16, 30, tzinfo=timezone.utc)
VALUES = {"carrier": "云递速运", "hotline": "400-888-0000", "website": "www.example.com"}


class Clock:
    now = NEW_YEAR_IN_CHINA

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for topic in QUESTIONS:
        write_entries(tmp_path / "faq" / f"{topic}.yml", make_content(topic))
    return tmp_path / "faq"


def open_store(folder: Path, *, encoder: NgramEncoder | None = None, clock: Clock | None = None) -> FaqStore:
    factory = make_factory(encoder, cache=folder.parent / "cache")
    return FaqStore(folder, factory, values=VALUES, clock=clock or Clock())


def edit(folder: Path, topic: str, **fields: object) -> None:
    write_entries(folder / f"{topic}.yml", make_content(topic, **fields))


def test_an_answer_comes_with_its_button_and_related_questions(folder: Path) -> None:
    edit(
        folder,
        "price.how_charged",
        action={"title": "查运费", "intent": "query_price"},
        related=["sending.batteries"],
    )

    answer = open_store(folder).answer("price.how_charged", "web")

    assert answer.text == "请看 www.example.com。"
    assert answer.button == ("查运费", "query_price")
    assert answer.related == (("sending.batteries", "充电宝能寄吗"),)


def test_a_topic_without_an_entry_has_no_answer(folder: Path) -> None:
    with pytest.raises(NotFoundError):
        open_store(folder).answer("about.company", "web")


def test_an_entry_expires_at_midnight_in_china(folder: Path) -> None:
    clock = Clock()
    edit(folder, "service.holiday", valid_until=date(2027, 1, 1))
    store = open_store(folder, clock=clock)

    assert store.search("过年放假吗").candidates[0].topic == "service.holiday"
    clock.now += timedelta(days=1)
    assert "service.holiday" not in {candidate.topic for candidate in store.search("过年放假吗").candidates}
    with pytest.raises(NotFoundError):
        store.answer("service.holiday", "web")


def test_a_broken_folder_does_not_open(folder: Path) -> None:
    edit(folder, "service.holiday", related=["nothing.such"])

    with pytest.raises(DataFileError):
        open_store(folder)


def test_an_edit_is_served_after_a_reload(folder: Path) -> None:
    store = open_store(folder)
    edit(folder, "sending.batteries", question="无人机电池怎么寄", answer="请走陆运。")

    assert store.reload()

    assert store.search("无人机电池怎么寄").candidates[0].question == "无人机电池怎么寄"
    assert store.answer("sending.batteries", "web").text == "请走陆运。"


def test_without_an_edit_nothing_is_reloaded(folder: Path) -> None:
    store = open_store(folder)
    before = store.retriever

    assert not store.reload()
    assert store.retriever is before


def test_a_bad_edit_keeps_the_old_entries_and_is_logged_with_its_line(
    folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    store = open_store(folder)
    edit(folder, "sending.batteries", answer="见 {nowhere}")

    with caplog.at_level(logging.ERROR):
        assert not store.reload()

    assert store.answer("sending.batteries", "web").text == "请看 www.example.com。"
    assert "sending.batteries.yml:12: sending.batteries: unknown placeholder {nowhere}" in caplog.text


def test_a_mended_file_is_taken_over(folder: Path) -> None:
    store = open_store(folder)
    edit(folder, "sending.batteries", answer="见 {nowhere}")
    store.reload()
    edit(folder, "sending.batteries", answer="见 {website}")

    assert store.reload()
    assert store.answer("sending.batteries", "web").text == "见 www.example.com"


def test_only_new_sentences_are_encoded(folder: Path) -> None:
    encoder = NgramEncoder()
    store = open_store(folder, encoder=encoder)
    encoder.encoded.clear()
    edit(folder, "sending.batteries", question="无人机电池怎么寄")

    store.reload()

    assert encoder.encoded == ["无人机电池怎么寄"]


def test_a_restart_encodes_nothing_and_answers_the_same(folder: Path) -> None:
    before = open_store(folder).search("运费怎么算")
    encoder = NgramEncoder()

    store = open_store(folder, encoder=encoder)

    assert encoder.encoded == []
    assert store.search("运费怎么算") == before


async def test_edits_are_noticed_while_it_watches(folder: Path) -> None:
    store = open_store(folder)
    await store.start(every_s=0.01)

    edit(folder, "sending.batteries", answer="请走陆运。")
    async with asyncio.timeout(30):
        while store.answer("sending.batteries", "web").text != "请走陆运。":
            await asyncio.sleep(0.01)
    await store.stop()

    assert (await store.asearch("电池能寄吗")).candidates[0].topic == "sending.batteries"


def test_another_encoder_takes_over_with_the_entries_of_the_moment(folder: Path) -> None:
    store = open_store(folder)
    edit(folder, "sending.batteries", question="无人机电池怎么寄")
    store.reload()
    encoder = NgramEncoder()
    encoder.hash = "another"

    store.use(encoder)

    assert "无人机电池怎么寄" in encoder.encoded
    encoder.encoded.clear()
    assert store.search("无人机电池怎么寄").candidates[0].topic == "sending.batteries"
    assert encoder.encoded
