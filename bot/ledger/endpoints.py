"""The ledger over HTTP: ``/api/v1/ledger``.  Reading only: entries come from rulings and rules."""

from collections.abc import Awaitable, Callable, Collection
from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Query, Response

from bot.ledger.export import statements_csv
from bot.ledger.schemas import StatementView, SummaryView
from bot.ledger.service import LedgerService
from bot.ledger.words import ledger_words
from bot.staff.model import Actor, Role

UnitsOf = Callable[[Actor], Awaitable[Collection[str]]]
Month = Annotated[str, Query(pattern=r"^\d{4}-(0[1-9]|1[0-2])$", description="YYYY-MM")]

_ALL = {Role.headquarters_agent, Role.headquarters_arbitrator, Role.supervisor, Role.admin}
_PROVINCE = {Role.provincial_agent, Role.provincial_arbitrator}


def make_router(service: LedgerService, actor_of: Callable[..., Any], units_of: UnitsOf) -> APIRouter:
    """The routes.

    Parameters
    ----------
    actor_of: a FastAPI dependency that says who asks (`Actor`) and refuses strangers.
    units_of: the codes of all units of the province a person judges in, the provincial centre among them.
    """
    router = APIRouter(prefix="/api/v1/ledger", tags=["ledger"])

    async def seen_by(actor: Annotated[Actor, Depends(actor_of)]) -> Collection[str] | None:
        return await visible_units(actor, units_of)

    seen = Annotated[Collection[str] | None, Depends(seen_by)]

    @router.get("/statements")
    async def summaries(month: Month, units: seen) -> list[SummaryView]:
        """The month of every unit one may see, without entries."""
        return [SummaryView.summary_of(each) for each in await service.statements(month, units=units)]

    @router.get("/statements/{unit}")
    async def statement(unit: str, month: Month, units: seen) -> StatementView:
        _refuse_unless_seen(unit, units)
        return StatementView.of(await service.statement(unit, month))

    @router.get("/statements.csv", response_class=Response)
    async def export(month: Month, units: seen, unit: str | None = None) -> Response:
        """The same as a file: of one unit, or of all one may see."""
        if unit is not None:
            _refuse_unless_seen(unit, units)
            units = [unit]
        content = statements_csv(await service.statements(month, units=units))
        name = f"ledger-{month}.csv"
        return Response(
            content,
            media_type="text/csv; charset=utf-8",
            headers={"Content-Disposition": f'attachment; filename="{name}"'},
        )

    return router


async def visible_units(actor: Actor, units_of: UnitsOf) -> Collection[str] | None:
    """The units whose account this person may see; None means all.  Raises a 403 for roles with no part in it."""
    if actor.role in _ALL:
        return None
    if actor.role in _PROVINCE:
        return await units_of(actor)
    if actor.role is Role.outlet_agent:
        return [actor.unit] if actor.unit else []
    raise HTTPException(403, ledger_words().refused)


def _refuse_unless_seen(unit: str, units: Collection[str] | None) -> None:
    """Somebody else's account is as good as unknown."""
    if units is not None and unit not in units:
        raise HTTPException(404, ledger_words().unknown_unit)
