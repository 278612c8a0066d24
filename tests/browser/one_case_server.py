"""The whole application as a process, understanding by a script: ``... one_case_server DATABASE_URL PORT FOLDER``.

Everything else is what customers and the desk get: the actions of Rasa are called over their own endpoint, with their
own words, and what the script does not know is left to the stand-in, as if Rasa were away.
"""

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import uvicorn
from fastapi import FastAPI

from bot.app import create_app
from bot.channels import Reply
from bot.dialogue.engine import EngineAnswer, Turn
from bot.errors import EngineUnavailableError
from bot.settings import PROJECT, Settings
from bot.words import Words

TOKEN = "shared-with-the-engine"


@dataclass(frozen=True)
class Meant:
    """What a sentence means: its intent, and an action or plain words for an answer."""

    intent: str
    action: str = ""
    says: str = ""


SCRIPT = {
    "在吗": Meant("greet", says="在的，请讲。"),
    "包裹没送上门就放驿站了": Meant("report_not_to_door", says="很抱歉，请告诉我运单号。"),
    "/request_human": Meant("request_human", "action_hand_off"),
    "还是没有送上门，我要人工": Meant("report_not_to_door", "action_hand_off"),
    "我投诉的事怎么样了": Meant("query_ticket", "action_query_ticket"),
}


class UnderstoodEngine:
    """A `DialogueEngine` that understands a few sentences and runs the real actions for them."""

    def __init__(self) -> None:
        values = {"carrier": "云递速运", "hotline": "400-888-0000", "website": "www.example.com"}
        self._words = Words.load(Path(PROJECT, "nlu_data", "domain"), **values)
        self._heard: dict[UUID, list[dict[str, Any]]] = {}
        self.app: FastAPI | None = None

    async def respond(self, turn: Turn) -> EngineAnswer:
        meant = SCRIPT.get(turn.says)
        message = _message(turn, meant.intent if meant else "nlu_fallback")
        heard = self._heard.setdefault(turn.conversation_id, [])
        heard.append({"event": "user", "text": turn.says, "parse_data": message})
        if meant is None:
            raise EngineUnavailableError("not in the script")
        replies = await self._run(turn, meant) if meant.action else (Reply(text=meant.says),)
        return EngineAnswer(tuple(replies), {"intent": {"name": meant.intent, "confidence": 0.98}})

    async def _run(self, turn: Turn, meant: Meant) -> list[Reply]:
        assert self.app is not None
        transport = httpx.ASGITransport(app=self.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://rasa") as client:
            call, headers = _call(turn, meant, self._heard[turn.conversation_id]), {"Authorization": f"Bearer {TOKEN}"}
            answer = await client.post("/rasa/actions", json=call, headers=headers)
        said = answer.raise_for_status().json()["responses"]
        return [reply for one in said for reply in self._words.render(one["response"], **_values(one))]


def _values(said: dict[str, Any]) -> dict[str, str]:
    return {name: value for name, value in said.items() if isinstance(value, str)}


def _message(turn: Turn, intent: str) -> dict[str, Any]:
    """A message as Rasa has understood it."""
    metadata = {
        "turn": turn.id,
        "conversation_id": str(turn.conversation_id),
        "customer_id": str(turn.customer_id),
        "seq": turn.seq,
        "channel": turn.channel,
    }
    return {
        "text": turn.says,
        "intent": {"name": intent, "confidence": 0.98},
        "entities": [],
        "metadata": metadata,
    }


def _call(turn: Turn, meant: Meant, heard: list[dict[str, Any]]) -> dict[str, Any]:
    """A call of an action as Rasa writes it; ``heard``: what the customer said, oldest first."""
    tracker = {
        "sender_id": str(turn.conversation_id),
        "slots": _slots(heard),
        "latest_message": heard[-1]["parse_data"],
        "events": heard,
        "paused": False,
        "followup_action": None,
        "active_loop": {},
        "latest_action_name": "action_listen",
    }
    return {"next_action": meant.action, "sender_id": str(turn.conversation_id), "tracker": tracker}


def _slots(heard: list[dict[str, Any]]) -> dict[str, str]:
    """What the conversation is about, as its forms leave it behind."""
    messages = [one["parse_data"] for one in reversed(heard)]
    matter = next((one for one in messages if one["intent"]["name"].startswith("report_")), None)
    return {"last_task": matter["intent"]["name"], "matter": matter["text"]} if matter else {}


def make_settings(url: str, port: str, folder: str) -> Settings:
    return Settings(
        _env_file=None,
        database_url=url,
        data_dir=Path(folder),
        public_url=f"http://127.0.0.1:{port}",
        rasa_token=TOKEN,
        admin_password="the very first password",
    )


def make_app(settings: Settings) -> FastAPI:
    engine = UnderstoodEngine()
    app = create_app(settings, engine=engine)
    engine.app = app
    return app


if __name__ == "__main__":
    settings = make_settings(*sys.argv[1:4])
    uvicorn.run(make_app(settings), host="127.0.0.1", port=int(sys.argv[2]), log_level="warning")
