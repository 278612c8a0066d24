"""The adapter to Rasa, with Rasa's side played by a function."""

import asyncio
import json
from uuid import uuid4

import httpx
import pytest

from bot.channels import Button
from bot.dialogue.engine import RasaEngine, Turn
from bot.errors import EngineUnavailableError

ANSWER = {
    "messages": [{"text": "您好，{carrier}为您服务", "buttons": [{"title": "查件", "payload": "/query_waybill"}]}]
}


class Rasa:
    """Answers what it is told to, and remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[httpx.Request] = []
        self.status = 200
        self.delay_s = 0.0

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        await asyncio.sleep(self.delay_s)
        return httpx.Response(self.status, json=ANSWER)


@pytest.fixture
def rasa() -> Rasa:
    return Rasa()


@pytest.fixture
def moments() -> list[float]:
    """The present moment of the engine's clock."""
    return [0.0]


@pytest.fixture
async def engine(rasa, moments):
    engine = RasaEngine(
        "http://rasa",
        "secret",
        timeout_s=0.05,
        values={"carrier": "云递速运"},
        monotonic=lambda: moments[0],
        transport=httpx.MockTransport(rasa),
    )
    yield engine
    await engine.close()


def _turn(**changes) -> Turn:
    values = {"channel": "web", "seq": 3, "kind": "text", "text": "你好", "payload": "", **changes}
    return Turn(conversation_id=uuid4(), customer_id=uuid4(), **values)


async def test_an_answer_comes_with_its_buttons_and_the_carriers_name(engine):
    answer = await engine.respond(_turn())

    assert answer.replies[0].text == "您好，云递速运为您服务"
    assert answer.replies[0].buttons == (Button(title="查件", payload="/query_waybill"),)


async def test_rasa_is_told_the_turn_and_the_shared_secret(engine, rasa):
    turn = _turn()
    await engine.respond(turn)

    (request,) = rasa.asked
    assert json.loads(request.content)["metadata"]["turn"] == turn.id
    assert request.headers["authorization"] == "Bearer secret"


async def test_a_tapped_button_says_what_it_means(engine, rasa):
    await engine.respond(_turn(kind="postback", text="查件", payload="/query_waybill"))

    assert json.loads(rasa.asked[0].content)["message"] == "/query_waybill"


async def test_a_slow_rasa_is_unavailable(engine, rasa):
    rasa.delay_s = 1

    with pytest.raises(EngineUnavailableError):
        await engine.respond(_turn())


async def test_after_a_failure_rasa_is_left_alone_for_a_moment_and_then_asked_again(engine, rasa, moments):
    rasa.status = 500
    for _ in range(2):
        with pytest.raises(EngineUnavailableError):
            await engine.respond(_turn())
    assert len(rasa.asked) == 1

    rasa.status = 200
    moments[0] = 4.0

    assert (await engine.respond(_turn())).replies
