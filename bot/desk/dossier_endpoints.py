"""``GET /api/v1/waybills/{waybill_no}``: a waybill with its whole history, for staff."""

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException

from bot.desk.dossier import Dossier, Dossiers
from bot.desk.words import desk_words
from bot.errors import NotFoundError
from bot.staff.model import Actor
from bot.waybills.numbers import normalise_waybill_no


def make_router(dossiers: Dossiers, actor_of: Callable[..., Any]) -> APIRouter:
    """The route, bound to its service."""
    router = APIRouter(prefix="/api/v1/waybills", tags=["waybills"])

    @router.get("/{waybill_no}")
    async def dossier(waybill_no: str, actor: Annotated[Actor, Depends(actor_of)]) -> Dossier:
        """How it stands and why, its tickets, and everything that happened to it, newest first.

        Names and phones are masked.  404 for a number nobody knows, and for one the caller has no part in.
        """
        try:
            return await dossiers.of(normalise_waybill_no(waybill_no), actor)
        except NotFoundError as error:
            raise HTTPException(404, desk_words().timeline["not_found"]) from error

    return router
