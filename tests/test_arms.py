"""The releases that serve in one process: what each of them knows, and what becomes of it when another one leads."""

from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from actions.services import Services
from bot.arms import Arms, Known, Live
from bot.channels import Reply
from bot.content import Content
from bot.dialogue.engine import EngineAnswer, Turn
from bot.moods import LiveMoods
from bot.understanding import Lineup, Understanding
from bot.words import Words


class FakeStore:
    """A knowledge base that is only a name."""

    def __init__(self, name: str) -> None:
        self.name = name

    def frozen(self) -> "FakeStore":
        return FakeStore(self.name)

    def adopt(self, other: "FakeStore") -> None:
        self.name = other.name


class FakeReader:
    def __init__(self, name: str) -> None:
        self.name = name

    def prepare(self) -> None:
        pass


class PortEngine:
    """Answers with its port."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.is_closed = False

    async def respond(self, turn: Turn) -> EngineAnswer:
        return EngineAnswer((Reply(text=str(self.port)),))

    async def is_ready(self) -> bool:
        return not self.is_closed

    async def close(self) -> None:
        self.is_closed = True


def know(name: str) -> Known:
    words: Any = Words({"utter_greet": [{"text": name}]}, {})
    faq: Any = FakeStore(name)
    moods: Any = FakeReader(name)
    return Known(faq, words, moods)


def make_arm(release: str, port: int, encoder: str = "encoder") -> Understanding:
    return Understanding(
        encoder=Path(encoder), model=Path(f"{release}.tar.gz"), rasa_port=port, release=release, content=Path(release)
    )


OLD, NEW = make_arm("old", 5055), make_arm("new", 5056)
BOTH = Lineup(stable="old", arms=(OLD, NEW))


class Platform:
    """Begins with the release ``old``; what others know is named after their content."""

    def __init__(self) -> None:
        live = know("old")
        self.live = Live(Content(Path("files")), live.faq, live.words, LiveMoods(live.moods))
        nothing: Any = None
        self.services = Services(nothing, nothing, nothing, nothing, nothing, live.faq, live.words, nothing)
        self.engines: list[PortEngine] = []
        self.loaded: list[tuple[str, str]] = []
        self.arms = Arms(Lineup.alone(OLD), self.services, self.live, self._load, self._make, self._is_served)

    def faq_of(self, release: str) -> str:
        return self.arms.services(release).faq.name

    def said_by(self, release: str) -> str:
        return self.arms.services(release).words.render("utter_greet")[0].text

    async def port_of(self, release: str | None) -> str:
        turn = Turn(uuid4(), uuid4(), "web", 1, "text", "你好", "", release=release)
        return (await self.arms.engine.respond(turn)).replies[0].text

    def _load(self, encoder: Path, content: Content) -> Known:
        self.loaded.append((str(encoder), content.root.name))
        return know(content.root.name)

    def _make(self, port: int) -> PortEngine:
        self.engines.append(PortEngine(port))
        return self.engines[-1]

    async def _is_served(self, release: str) -> bool:
        return False


@pytest.fixture
def platform() -> Platform:
    return Platform()


async def test_each_release_has_its_own_engine_knowledge_and_words(platform: Platform) -> None:
    await platform.arms.take_over(BOTH)

    assert [await platform.port_of(release) for release in ("old", "new", None)] == ["5055", "5056", "5055"]
    assert (platform.faq_of("old"), platform.faq_of("new")) == ("old", "new")
    assert (platform.said_by("old"), platform.said_by("new")) == ("old", "new")
    assert platform.arms.executor("old") is not platform.arms.executor("new")
    assert platform.arms.executor("nobody") is platform.arms.executor("old")


async def test_another_stable_one_is_what_everybody_hears_and_the_former_keeps_what_it_knew(
    platform: Platform,
) -> None:
    await platform.arms.take_over(BOTH)

    await platform.arms.take_over(BOTH.led_by("new"))

    assert platform.live.faq.name == "new"
    assert platform.live.words.render("utter_greet")[0].text == "new"
    assert platform.live.moods.reader.name == "new"
    assert (platform.faq_of("old"), platform.said_by("old")) == ("old", "old")
    assert await platform.port_of(None) == "5056"


async def test_the_former_one_can_lead_again(platform: Platform) -> None:
    await platform.arms.take_over(BOTH)
    await platform.arms.take_over(BOTH.led_by("new"))

    await platform.arms.take_over(BOTH)

    assert platform.live.faq.name == "old"
    assert platform.faq_of("new") == "new"
    assert await platform.port_of(None) == "5055"


async def test_one_that_left_is_forgotten_and_its_engine_closed(platform: Platform) -> None:
    await platform.arms.take_over(BOTH)

    await platform.arms.take_over(Lineup.alone(OLD))

    assert platform.engines[1].is_closed
    assert platform.faq_of("new") == "old"
    assert await platform.port_of("new") == "5055"


async def test_another_process_of_the_same_release_loads_nothing_anew(platform: Platform) -> None:
    await platform.arms.take_over(Lineup.alone(make_arm("old", 5057)))

    assert await platform.port_of("old") == "5057"
    assert platform.loaded == []
    assert platform.engines[0].is_closed


async def test_another_encoder_of_the_stable_one_reads_the_files(platform: Platform) -> None:
    await platform.arms.take_over(Lineup.alone(make_arm("old", 5057, encoder="tuned")))

    assert platform.loaded == [("tuned", "files")]
