"""Canned responses: found, filled, changed, taken out and in."""

from collections.abc import Callable
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, File, Query, Response, UploadFile

from bot.desk.tools import canned_files
from bot.desk.tools.canned import CannedDraft
from bot.desk.tools.schemas import (
    CannedChange,
    CannedRestore,
    CannedVersionView,
    CannedView,
    FilledView,
    ImportedView,
)
from bot.desk.tools.services import DeskTools
from bot.desk.tools.words import refused, tool_words
from bot.staff.model import Actor

_BIGGEST = 4 * 1024 * 1024
_TYPES = {
    "yml": "application/yaml",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def add_canned(router: APIRouter, tools: DeskTools, actor_of: Callable[..., Any]) -> None:
    who = Annotated[Actor, Depends(actor_of)]

    @router.get("/canned")
    async def search(
        actor: who,
        q: Annotated[str, Query(max_length=100)] = "",
        folder: Annotated[str | None, Query(max_length=80)] = None,
        limit: Annotated[int, Query(ge=1, le=200)] = 20,
    ) -> list[CannedView]:
        """By words, shortcut, pinyin or its first letters (``ysjf``); what the person uses most comes first."""
        return [
            CannedView.model_validate(one) for one in await tools.canned.search(actor, q, folder=folder, limit=limit)
        ]

    @router.get("/canned/folders")
    async def folders(actor: who) -> list[str]:
        """Every folder with something in it."""
        return await tools.canned.folders(actor)

    @router.get("/canned/variables")
    async def variables(actor: who) -> dict[str, str]:
        """What each name in braces stands for."""
        await tools.canned.folders(actor)
        return tool_words().variables

    @router.get("/canned/export.{kind}", response_class=Response)
    async def export(actor: who, kind: Literal["yml", "xlsx"]) -> Response:
        """All that the person has, as a file that can be taken in again."""
        found = await tools.canned.everything(actor)
        content = canned_files.write_yaml(found) if kind == "yml" else canned_files.write_sheet(found)
        headers = {"Content-Disposition": f'attachment; filename="canned.{kind}"'}
        return Response(content, media_type=_TYPES[kind], headers=headers)

    @router.post("/canned/import")
    async def take_in(actor: who, file: Annotated[UploadFile, File()]) -> ImportedView:
        """A YAML file or an .xlsx sheet; what has the same scope, owner and title is changed, the rest added."""
        content = await file.read(_BIGGEST + 1)
        if len(content) > _BIGGEST:
            raise refused("file", problem=">4 MB")
        read = canned_files.read_sheet if content[:2] == b"PK" else canned_files.read_yaml
        return ImportedView.model_validate(await canned_files.take_in(tools.canned, actor, read(content)))

    @router.post("/canned", status_code=201)
    async def add(body: CannedDraft, actor: who) -> CannedView:
        """A new one; shared and team ones by supervisors and administrators."""
        return CannedView.model_validate(await tools.canned.add(actor, body))

    @router.put("/canned/{response_id}")
    async def change(response_id: UUID, body: CannedChange, actor: who) -> CannedView:
        return CannedView.model_validate(
            await tools.canned.change(actor, response_id, body.draft, version=body.version)
        )

    @router.delete("/canned/{response_id}", status_code=204)
    async def remove(response_id: UUID, actor: who) -> None:
        await tools.canned.remove(actor, response_id)

    @router.get("/canned/{response_id}/versions")
    async def versions(response_id: UUID, actor: who) -> list[CannedVersionView]:
        """Who wrote what when, newest first."""
        return [CannedVersionView.model_validate(one) for one in await tools.canned.versions(actor, response_id)]

    @router.post("/canned/{response_id}/restore")
    async def restore(response_id: UUID, body: CannedRestore, actor: who) -> CannedView:
        return CannedView.model_validate(await tools.canned.restore(actor, response_id, body.to, version=body.version))

    @router.post("/conversations/{conversation_id}/canned/{response_id}")
    async def filled(conversation_id: UUID, response_id: UUID, actor: who) -> FilledView:
        """As it would be said here; counts as a use."""
        found = await tools.filling.filled(tools.canned, actor, response_id, conversation_id)
        return FilledView.model_validate(found)
