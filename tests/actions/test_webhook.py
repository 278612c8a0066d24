"""The wire between Rasa and the actions."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from actions import Services, build_actions
from actions.webhook import make_executor, make_router
from bot.channels import IncomingMessage, MessageKind

URL = "/rasa/actions"


@pytest.fixture
async def client(services: Services) -> AsyncIterator[httpx.AsyncClient]:
    app = FastAPI()
    app.include_router(make_router(lambda _: make_executor(build_actions(services)), services, "secret"))
    transport = httpx.ASGITransport(app=app)
    headers = {"Authorization": "Bearer secret"}
    async with httpx.AsyncClient(transport=transport, base_url="http://test", headers=headers) as client:
        yield client


@pytest.fixture
async def call(services: Services, clock: Any) -> dict[str, Any]:
    """What Rasa 3.6 sends for an action of an open turn, with the domain left out."""
    incoming = IncomingMessage("web", "v", "m1", MessageKind.text, "谢谢", clock())
    received = await services.conversations.receive(incoming)
    view = await services.conversations.view(received.conversation_id)
    metadata = {
        "turn": f"{view.id}:{received.seq}",
        "conversation_id": str(view.id),
        "customer_id": str(view.customer_id),
        "seq": received.seq,
        "channel": "web",
    }
    message = {"text": "谢谢", "intent": {"name": "thank", "confidence": 0.9}, "entities": [], "metadata": metadata}
    tracker = {"sender_id": str(view.id), "slots": {}, "latest_message": message, "events": [], "active_loop": {}}
    return {"next_action": "action_thank", "sender_id": str(view.id), "tracker": tracker, "version": "3.6.21"}


async def test_an_action_answers_with_events_and_responses(client: httpx.AsyncClient, call: dict[str, Any]) -> None:
    answer = (await client.post(URL, json=call)).json()
    assert [said["response"] for said in answer["responses"]] == ["utter_thank"]
    assert answer["events"][-1]["name"] == "action_listen"


async def test_an_unknown_action_is_not_found(client: httpx.AsyncClient, call: dict[str, Any]) -> None:
    response = await client.post(URL, json=call | {"next_action": "action_nonsense"})
    assert response.status_code == 404
    assert response.json()["action_name"] == "action_nonsense"


async def test_a_wrong_token_is_refused(client: httpx.AsyncClient, call: dict[str, Any]) -> None:
    for given in ("", "Bearer guess", "secret"):
        assert (await client.post(URL, json=call, headers={"Authorization": given})).status_code == 401


async def test_a_turn_that_has_been_answered_can_not_act(
    client: httpx.AsyncClient, call: dict[str, Any], services: Services
) -> None:
    turn = await services.conversations.next_turn(_conversation(call))
    assert turn is not None
    await services.conversations.answer(turn, [])
    assert (await client.post(URL, json=call)).status_code == 409


async def test_a_message_that_did_not_come_through_the_platform_can_not_act(
    client: httpx.AsyncClient, call: dict[str, Any]
) -> None:
    call["tracker"]["latest_message"]["metadata"] = {}
    assert (await client.post(URL, json=call)).status_code == 409


def _conversation(call: dict[str, Any]) -> Any:
    from uuid import UUID

    return UUID(call["sender_id"])
