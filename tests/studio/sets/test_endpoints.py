from datetime import timedelta

import pytest
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient

from bot.channels import Reply
from bot.studio.sets.dialogue_service import Dialogues
from bot.studio.sets.endpoints import make_router
from bot.studio.sets.responses import Responses
from bot.studio.sets.stages import OneStage
from tests.studio.sets.builders import HE, LAN, LINA, MEI, ZHOU, heard, make_conversation, say
from tests.studio.sets.test_dialogues import PlayedStage, saw

LABEL = {"intents": ["query_waybill"], "topic": None, "entities": []}


class Web(AsyncClient):
    """The API, asked as whoever ``actor`` is."""

    actor = HE

    async def ask(self, method, path, *, status=200, **body):
        answer = await self.request(method, path, json=body or None)
        assert answer.status_code == status, answer.text
        return answer.json() if answer.content else None


@pytest.fixture
async def web(database, clock, sets, labelling):
    app = FastAPI()
    stages = OneStage("r1", PlayedStage(saw("query_waybill", Reply(text="好的").text)))

    async def actor_of() -> object:
        return web.actor

    dialogues = Dialogues(database, clock, Responses({}))
    app.include_router(make_router(sets, labelling, dialogues, stages, actor_of))
    async with Web(transport=ASGITransport(app), base_url="http://studio/api/v1/studio") as web:
        yield web


@pytest.fixture
async def talk(database, clock):
    talk = await make_conversation(database, clock())
    await say(database, talk, 1, "我的快递到哪了", clock(), understood=heard("query_waybill"))
    return talk


@pytest.mark.usefixtures("talk")
async def test_a_set_from_drawing_to_export(web, clock):
    days = {"since": str(clock().date() - timedelta(days=1)), "until": str(clock().date())}
    made = await web.ask("POST", "/sets", status=201, name="三月", size=5, **days)
    sets = f"/sets/{made['id']}"
    task = await web.ask("POST", f"{sets}/next")
    sentence = f"/sentences/{task['sentence_id']}"
    assert await web.ask("PUT", f"{sentence}/label", **LABEL) == {"state": "open"}
    web.actor = LAN
    told = await web.ask("PUT", f"{sentence}/label", **LABEL | {"intents": ["report_lost"]})
    assert told == {"state": "disputed"}
    web.actor = MEI
    [dispute] = await web.ask("GET", f"{sets}/disputes")
    assert [one["by"] for one in dispute["said"]] == ["he", "lan"]
    await web.ask("PUT", f"{sentence}/settlement", status=204, label=LABEL, how="third")
    web.actor = ZHOU

    assert (await web.ask("GET", f"{sets}/agreement"))["confused"] == [["query_waybill", "report_lost", 1]]
    assert (await web.ask("GET", f"{sets}/accuracy"))["share"] == 1
    assert set((await web.ask("GET", f"{sets}/export"))["files"]) == {
        *("nlu_三月.jsonl", "entities_三月.jsonl", "two_wishes_三月.jsonl")
    }
    assert (await web.ask("GET", "/sets"))[0]["states"] == {"settled": 1}


async def test_a_dialogue_from_a_conversation_to_a_run(web, talk):
    made = await web.ask("POST", "/dialogues/from-conversation", status=201, conversation_id=str(talk), name="查件")
    assert made["script"]["turns"][0]["expected"]["intent"] == "query_waybill"
    changed = await web.ask("PUT", f"/dialogues/{made['id']}", name="查件", script=made["script"], version=1)
    assert changed["version"] == 2
    await web.ask("PUT", f"/dialogues/{made['id']}", status=409, name="查件", script=made["script"], version=1)
    run = await web.ask("POST", "/dialogue-runs", status=201, release="r1")
    assert (run["passed"], run["total"]) == (1, 1)

    assert [one["version"] for one in await web.ask("GET", f"/dialogues/{made['id']}/versions")] == [2, 1]
    await web.ask("POST", "/dialogue-runs", status=409, release="r2")
    await web.ask("DELETE", f"/dialogues/{made['id']}", status=204)
    assert await web.ask("GET", "/dialogues") == []


async def test_what_a_role_may_not_do_is_403_and_what_is_not_there_404(web, talk):
    web.actor = LINA
    await web.ask("GET", "/sets", status=403)
    await web.ask("POST", "/dialogues/from-conversation", status=403, conversation_id=str(talk))
    web.actor = ZHOU
    await web.ask("POST", "/dialogue-runs", status=403, release="x")
    web.actor = HE
    await web.ask("GET", f"/sets/{talk}", status=404)
    await web.ask("PUT", f"/sentences/{talk}/label", status=404, **LABEL)
    await web.ask("PUT", f"/sentences/{talk}/label", status=422, **LABEL | {"intents": []})
