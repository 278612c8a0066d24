from collections.abc import AsyncIterator
from dataclasses import replace

import httpx
import pytest
from fastapi import FastAPI, Request

from bot.errors import ImportFileError
from bot.staff.model import Actor
from bot.studio.faq.endpoints import make_router
from bot.studio.faq.files import limits
from bot.studio.faq.service import FaqStudio
from tests.conftest import FrozenClock
from tests.studio.faq.builders import GAP, xlsx
from tests.studio.faq.conftest import AGENT, SUPERVISOR, TRAINER
from tests.studio.faq.fakes import FakeDrafts
from tests.studio.faq.test_service import HEAD, NEW_ROW, TOPIC

WHO = {"trainer": TRAINER, "supervisor": SUPERVISOR, "agent": AGENT}


async def actor_of(request: Request) -> Actor:
    return WHO[request.headers.get("who", "trainer")]


@pytest.fixture
async def api(studio: FaqStudio, clock: FrozenClock) -> AsyncIterator[httpx.AsyncClient]:
    app = FastAPI()
    app.include_router(make_router(studio, actor_of, clock))
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://test/api/v1/studio") as client:
        yield client


async def test_the_list_is_searched_and_paged(api: httpx.AsyncClient) -> None:
    first = (await api.get("/faq", params={"limit": 3})).json()
    rest = (await api.get("/faq", params={"after": first["after"]})).json()
    found = (await api.get("/faq", params={"q": "cdb"})).json()
    gaps = (await api.get("/faq", params={"state": "gap"})).json()

    assert [one["topic"] for one in (*first["items"], *rest["items"])][-1] == GAP
    assert [one["topic"] for one in found["items"]] == ["sending.batteries"]
    assert [(one["topic"], one["question"]) for one in gaps["items"]] == [(GAP, None)]


async def test_an_entry_is_read_changed_and_refused_when_it_is_stale(api: httpx.AsyncClient) -> None:
    entry = (await api.get(f"/faq/entries/{TOPIC}")).json()
    body = {"texts": entry["texts"] | {"answer": "新答案"}, "version": entry["version"], "why": "改"}

    saved = await api.put(f"/faq/entries/{TOPIC}", json=body)
    again = await api.put(f"/faq/entries/{TOPIC}", json=body)
    now = (await api.get(f"/faq/entries/{TOPIC}")).json()
    compared = (await api.get(f"/faq/entries/{TOPIC}/versions/c1")).json()

    assert (saved.status_code, again.status_code) == (200, 409)
    assert (now["version"], now["history"][0]["why"]) == (saved.json()["version"], "改")
    assert compared == [{"field": "answer", "before": "请看 {website}。", "after": "新答案"}]
    back = await api.post(f"/faq/entries/{TOPIC}/versions/c1/restore", json={"version": now["version"], "why": "恢复"})
    assert back.json()["version"] == entry["version"]


async def test_faults_are_sentences(api: httpx.AsyncClient) -> None:
    entry = (await api.get(f"/faq/entries/{TOPIC}")).json()
    texts = entry["texts"] | {"phrasings": "一"}

    refused = await api.put(f"/faq/entries/{TOPIC}", json={"texts": texts, "version": entry["version"], "why": "改"})
    checked = await api.post(f"/faq/entries/{TOPIC}/check", json={"texts": texts})

    assert (refused.status_code, refused.json()["detail"]) == (422, "其他问法：只有 1 个问法，至少要 8 个")
    assert checked.json()["faults"] == [{"field": "phrasings", "text": "只有 1 个问法，至少要 8 个"}]


async def test_a_question_is_tried_on_both_sides(api: httpx.AsyncClient) -> None:
    tried = (await api.get("/faq/try", params={"q": "春节送不送"}, headers={"who": "supervisor"})).json()

    assert tried["is_same"] is True
    assert tried["draft"]["candidates"][0]["topic"] == "service.holiday"


async def test_a_sheet_is_looked_at_before_it_is_taken_in(api: httpx.AsyncClient, drafts: FakeDrafts) -> None:
    files = {"file": ("faq.xlsx", xlsx(HEAD, NEW_ROW))}

    looked = (await api.post("/faq/imports", files=files)).json()
    assert (looked["counts"]["new"], looked["saved"], len(drafts.commits)) == (1, None, 1)
    done = (await api.post("/faq/imports", files=files, params={"dry_run": False, "why": "导入"})).json()

    assert (done["saved"], len(drafts.commits)) == ("c2", 2)


async def test_problems_of_a_sheet_are_told_by_row_and_column(api: httpx.AsyncClient) -> None:
    files = {"file": ("faq.xlsx", xlsx(HEAD, (TOPIC, "问", "一", "答")))}

    looked = (await api.post("/faq/imports", files=files)).json()
    refused = await api.post("/faq/imports", files=files, params={"dry_run": False, "why": "导入"})

    assert [(one["row"], one["column"]) for one in looked["problems"]] == [(2, "C 其他问法")]
    assert refused.status_code == 422


async def test_a_document_is_proposed_and_what_was_reviewed_is_saved(
    api: httpx.AsyncClient, drafts: FakeDrafts
) -> None:
    files = {"file": ("规定.md", "# 火星\n\n## 火星能不能到\n\n不能。\n".encode())}

    proposed = (await api.post("/faq/documents", files=files)).json()[0]
    ways = "\n".join(f"火星{number}能到吗" for number in "一二三四五六七八")
    entry = {"id": proposed["topic"], "covers": "火星", "question": proposed["question"], "phrasings": ways}
    bad = (await api.post("/faq/entries", json={"entries": [entry], "why": "文档"})).json()
    good = (await api.post("/faq/entries", json={"entries": [entry | {"answer": "不能。"}], "why": "文档"})).json()

    assert ([one["text"] for one in bad["problems"]], bad["saved"]) == (["没有填写"], None)
    assert (good["saved"], drafts.covers[proposed["topic"]]) == ("c2", "火星")


async def test_an_export_is_a_file_with_a_chinese_name(api: httpx.AsyncClient) -> None:
    sheet = await api.get("/faq/export")
    lines = await api.get("/faq/export", params={"format": "csv"})

    assert sheet.content[:2] == b"PK"
    assert "%E7%9F%A5%E8%AF%86%E5%BA%93-2026-03-04.xlsx" in sheet.headers["content-disposition"]
    assert lines.text.startswith("\ufeff主题编号,")


@pytest.mark.parametrize(
    ("who", "method", "path", "status"),
    [
        ("agent", "GET", "/faq", 403),
        ("agent", "GET", "/faq/export", 403),
        ("agent", "GET", "/faq/try?q=x", 403),
        ("supervisor", "GET", "/faq", 200),
        ("supervisor", "POST", "/faq/imports", 403),
        ("supervisor", "POST", "/faq/uploads", 403),
        ("supervisor", "POST", "/faq/documents", 403),
        ("trainer", "GET", "/faq/entries/no.such", 404),
        ("trainer", "GET", "/faq?after=nowhere.at_all", 422),
    ],
)
async def test_who_may_do_what(api: httpx.AsyncClient, who: str, method: str, path: str, status: int) -> None:
    files = {"file": ("a.csv", b"x")} if method == "POST" else None

    assert (await api.request(method, path, files=files, headers={"who": who})).status_code == status


async def test_an_upload_over_the_limit_is_refused_before_it_is_read(api: httpx.AsyncClient) -> None:
    answer = await api.post("/faq/imports", files={"file": ("a.csv", b"x" * (limits.MOST_BYTES + 100_000))})

    assert answer.status_code == 413


async def test_an_upload_is_taken_once_and_only_by_who_brought_it(api: httpx.AsyncClient, studio: FaqStudio) -> None:
    token = (await api.post("/faq/uploads", files={"file": ("规定.md", b"# a")})).json()["token"]
    other = replace(TRAINER, name="agent:tan")

    for actor, name in ((other, token), (TRAINER, "../../etc/passwd"), (TRAINER, "x" * 30)):
        with pytest.raises(ImportFileError, match="不在了"):
            studio.uploads.take(actor, name)
    assert studio.uploads.take(TRAINER, token) == ("规定.md", b"# a")
    with pytest.raises(ImportFileError, match="不在了"):
        studio.uploads.take(TRAINER, token)


async def test_a_file_of_another_kind_is_not_even_kept(api: httpx.AsyncClient) -> None:
    answer = await api.post("/faq/uploads", files={"file": ("virus.exe", b"x")})

    assert (answer.status_code, "不支持" in answer.json()["detail"]) == (422, True)
