"""What follows from the judgement of waybills: tickets that rules open or withdraw, and events for other systems."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from bot.outbox import NewEvent, emit_many
from bot.tickets.by_rule import RuleTickets
from bot.waybills.conditions import Changed, RuleCase


class Following:
    """The `bot.waybills.conditions.Consequences` of the platform."""

    def __init__(self, tickets: RuleTickets) -> None:
        self._tickets = tickets

    async def changed(self, session: AsyncSession, changes: Sequence[Changed], *, at: datetime) -> None:
        """Tell other systems; the outlet that holds a parcel is told by those who subscribed to ``waybill.at_risk``."""
        events = [NewEvent(f"waybill.{change.after}", change.waybill_no, _data(change), at) for change in changes]
        await emit_many(session, events)

    async def open_tickets(self, session: AsyncSession, cases: Sequence[RuleCase], *, at: datetime) -> list[str]:
        return await self._tickets.open_tickets(session, cases, at=at)

    async def close_tickets(self, session: AsyncSession, waybill_nos: Sequence[str], *, at: datetime) -> list[str]:
        return await self._tickets.close_tickets(session, waybill_nos, at=at)


def _data(change: Changed) -> dict[str, Any]:
    return {
        "waybill_no": change.waybill_no,
        "from_condition": change.before.value,
        "to_condition": change.after.value,
        "status": change.facts.get("status"),
        "leg": change.facts.get("leg"),
        "patterns": [rule.split("@")[0].removeprefix("risk.") for rule in change.because if rule.startswith("risk.")],
        "outlet": change.holding_outlet or None,
        "tells_outlet": change.tells_outlet,
        "because": list(change.because),
    }
