"""The rules and forms in the real Rasa: every form opened, asked in between, left by 转人工 and by 算了.

Messages are buttons (``/intent{...}``), so no classifier is needed and the model trains in seconds.
"""

import asyncio
import json
import os
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from itertools import count
from pathlib import Path

import pytest
import uvicorn
from fastapi import FastAPI

from actions import Services, build_actions
from actions.registry import FORMS
from actions.webhook import make_executor, make_router
from bot.channels import IncomingMessage, MessageKind
from bot.clock import system_clock
from bot.dialogue.engine import RasaEngine
from bot.settings import PROJECT, Settings
from bot.waybills.source import InMemoryWaybillSource
from tests.builders import make_waybill
from tests.fakes import FakeAnswer, FakeFaq
from tests.ports import free_port

pytestmark = [
    pytest.mark.rasa,
    pytest.mark.skipif(not Settings().rasa_python.exists(), reason="Rasa's interpreter is not installed"),
]
RASA = (str(Settings().rasa_python), "-m", "rasa")
ENVIRONMENT = os.environ | {
    "PYTHONPATH": str(PROJECT),
    "RASA_TELEMETRY_ENABLED": "false",
    "BOT_RASA_TOKEN": "secret",
    "OMP_NUM_THREADS": "1",
}
DATA = ("nlu_data/intents", "nlu_data/rules.yml", "nlu_data/stories.yml")
CONFIG = """
recipe: default.v1
assistant_id: rules
language: zh
pipeline: []
policies:
  - name: RulePolicy
"""
NO = "YD2026000000011"
Say = Callable[[str], Awaitable[list[str]]]


@pytest.fixture(scope="module")
def ports() -> tuple[int, int]:
    """A free port for Rasa and one for the actions."""
    return free_port(), free_port()


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("rules")
    (folder / "config.yml").write_text(CONFIG, encoding="utf-8")
    what = ("--domain", "nlu_data/domain", "--stories", "nlu_data/rules.yml")
    command = (*RASA, "train", "core", "--config", str(folder / "config.yml"), *what)
    out = ("--out", str(folder), "--fixed-model-name", "rules")
    subprocess.run((*command, *out), cwd=PROJECT, env=ENVIRONMENT, check=True, capture_output=True)
    return folder / "rules.tar.gz"


@pytest.fixture(scope="module")
def rasa(model: Path, ports: tuple[int, int]) -> Iterator[str]:
    folder, (port, actions_port) = model.parent, ports
    actions = {
        "url": f"http://127.0.0.1:{actions_port}/rasa/actions",
        "headers": {"Authorization": "Bearer secret"},
    }
    (folder / "endpoints.yml").write_text(json.dumps({"action_endpoint": actions}), encoding="utf-8")
    (folder / "credentials.yml").write_text("bot.dialogue.components.channel.TurnInput:\n", encoding="utf-8")
    files = ("--endpoints", str(folder / "endpoints.yml"), "--credentials", str(folder / "credentials.yml"))
    where = ("--model", str(model), "--interface", "127.0.0.1", "--port", str(port))
    with (folder / "rasa.log").open("wb") as log:
        process = subprocess.Popen((*RASA, "run", *where, *files), cwd=PROJECT, env=ENVIRONMENT, stdout=log, stderr=log)
        yield f"http://127.0.0.1:{port}"
        process.terminate()
        process.wait()


@pytest.fixture
async def say(
    rasa: str, ports: tuple[int, int], services: Services, waybills: InMemoryWaybillSource, faq: FakeFaq
) -> AsyncIterator[Say]:
    waybills.add(make_waybill(NO))
    faq.answers["claims.insured"] = FakeAnswer("按声明价值收取。")
    app = FastAPI()
    app.include_router(make_router(lambda _: make_executor(build_actions(services)), services, "secret"))
    server = uvicorn.Server(uvicorn.Config(app, port=ports[1], log_level="error", ws="none", lifespan="off"))
    serving = asyncio.create_task(server.serve())
    engine = RasaEngine(rasa, "secret", timeout_s=20, values={"carrier": "云递速运"})
    async with asyncio.timeout(120):
        while not await engine.is_ready():
            await asyncio.sleep(0.5)
    numbers = count()

    async def hear(message: str) -> list[str]:
        """One turn; the texts of all replies, whoever says them."""
        identity = f"m{next(numbers)}"
        incoming = IncomingMessage("web", "v", identity, MessageKind.postback, message, system_clock(), message)
        received = await services.conversations.receive(incoming)
        turn = await services.conversations.next_turn(received.conversation_id)
        assert turn is not None
        answer = await engine.respond(turn)
        await services.conversations.answer(turn, answer.replies)
        said = await services.conversations.messages_after(received.conversation_id, received.seq)
        if said and said[-1].author == "system":
            await services.conversations.leave_queue(received.conversation_id)
        return [view.text for view in said]

    yield hear
    await engine.close()
    server.should_exit = True
    await serving


async def test_every_form_answers_in_between_and_is_left_by_giving_up_or_for_a_person(say: Say) -> None:
    without_records = {"appeal", "urge_ticket", "cancel_order", "change_pickup_time", "urge_pickup"}
    for task in sorted({form.task for form in FORMS} - without_records):
        [asked] = await say(f"/{task}")
        answer, again = await say('/faq{"faq_topic": "claims.insured"}')
        assert answer == "按声明价值收取。"
        assert again[:4] == asked[:4] or "运单号" in asked, task
        [cancelled] = await say("/cancel_flow")
        assert "已经取消" in cancelled, task
        await say(f"/{task}")
        [notice] = await say("/request_human")
        assert "人工" in notice, task


async def test_a_parcel_is_asked_about_in_the_middle_of_an_order(say: Say) -> None:
    await say("/place_order")
    [tail] = await say(f'/query_waybill{{"waybill_no": "{NO}"}}')
    status, again = await say('/inform{"phone_tail": "1234"}')
    assert "后四位" in tail
    assert NO in status
    assert "取件地址" in again


async def test_a_change_is_confirmed_corrected_and_done(say: Say) -> None:
    facts = {"waybill_no": NO, "phone_tail": "1234", "address": "浙江省杭州市滨江区江南大道100号"}
    [confirm] = await say(f"/change_address{json.dumps(facts, ensure_ascii=False)}")
    [again] = await say('/inform{"phone": "13800138000"}')
    [done] = await say("/affirm")
    assert "您确认吗" in confirm
    assert "13800138000" in again
    assert "已登记" in done


async def test_the_same_turn_asked_twice_is_answered_the_same(say: Say, services: Services, rasa: str) -> None:
    await say("/place_order")
    incoming = IncomingMessage("web", "v", "again", MessageKind.text, "/inform", system_clock(), "/inform")
    received = await services.conversations.receive(incoming)
    turn = await services.conversations.next_turn(received.conversation_id)
    assert turn is not None
    engine = RasaEngine(rasa, "secret", timeout_s=20, values={})
    first, second = await engine.respond(turn), await engine.respond(turn)
    await engine.close()
    assert first.replies == second.replies != ()


def test_rasa_finds_nothing_wrong_with_the_data() -> None:
    command = (*RASA, "data", "validate", "--config", "config.yml", "--domain", "nlu_data/domain", "--data", *DATA)
    done = subprocess.run(command, cwd=PROJECT, env=ENVIRONMENT, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    assert "No story structure conflicts found" in done.stderr + done.stdout
