from datetime import datetime, timezone
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from knowledge_base.endpoints import make_router
from knowledge_base.store import FaqStore
from tests.knowledge_base.builders import QUESTIONS, make_content, make_factory, write_entries


@pytest.fixture
def client(tmp_path: Path) -> httpx.AsyncClient:
    write_entries(tmp_path / "faq.yml", *(make_content(topic) for topic in QUESTIONS))
    store = FaqStore(
        tmp_path,
        make_factory(),
        values={"website": "www.example.com"},
        clock=lambda: datetime(2026, 3, 4, tzinfo=timezone.utc),
    )
    app = FastAPI()
    app.include_router(make_router(store))
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test")


async def test_a_sure_question_is_answered(client: httpx.AsyncClient) -> None:
    response = await client.get("/api/v1/faq/search", params={"q": "充电宝能寄吗"})

    found = response.json()
    assert found["decision"] == "answer"
    assert found["candidates"][0]["topic"] == "sending.batteries"
    assert found["answer"]["text"] == "请看 www.example.com。"


async def test_a_declined_question_has_no_answer(client: httpx.AsyncClient) -> None:
    response = await client.get("/api/v1/faq/search", params={"q": "今天天气怎么样"})

    assert (response.json()["decision"], response.json()["answer"]) == ("decline", None)


@pytest.mark.parametrize(
    "params", [{}, {"q": ""}, {"q": "长" * 2001}, {"q": "运费", "k": 0}, {"q": "运费", "waybill": "lost"}]
)
async def test_a_question_must_be_there_and_of_bearable_length(
    client: httpx.AsyncClient, params: dict[str, str]
) -> None:
    response = await client.get("/api/v1/faq/search", params=params)

    assert response.status_code == 422
