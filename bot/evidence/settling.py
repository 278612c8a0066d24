"""After a move: what has to be recorded, written and told, in the transaction of the move."""

from typing import Protocol

from sqlalchemy.ext.asyncio import AsyncSession

from bot.evidence.chain import Chain
from bot.evidence.chain_repository import put_chain
from bot.evidence.nodes import Ending, HandedOn
from bot.evidence.recording import ending_record
from bot.evidence.service import Emit, EvidenceService
from bot.staff.model import SYSTEM


class ChainListener(Protocol):
    """Whoever has to act on a move in the same transaction: the ticket goes to the next node, or closes."""

    async def moved(self, session: AsyncSession, chain: Chain, step: HandedOn) -> None: ...

    async def ended(self, session: AsyncSession, chain: Chain, ending: Ending) -> None: ...


class Settlement:
    """Puts the moves of a chain where they belong."""

    def __init__(self, items: EvidenceService, listener: ChainListener, emit: Emit) -> None:
        self._items = items
        self._listener = listener
        self._emit = emit

    async def settle(self, session: AsyncSession, chain: Chain) -> Chain:
        """Record an ending while the record is still open, write the chain, tell everybody."""
        events, chain.events = chain.events, []
        for event in events:
            if isinstance(event, Ending):
                record = ending_record(chain, event)
                await self._items.add(session, chain.ticket_no, record, by=SYSTEM, at=event.at)
        await put_chain(session, chain)
        for event in events:
            await self._tell(session, chain, event)
        return chain

    async def _tell(self, session: AsyncSession, chain: Chain, event: HandedOn | Ending) -> None:
        common = {"ticket_no": chain.ticket_no, "waybill_no": chain.waybill_no, "by": event.by}
        if isinstance(event, Ending):
            data = common | _ended(chain, event)
            await self._emit(session, "chain.ended", chain.ticket_no, data, at=event.at)
            await self._listener.ended(session, chain, event)
        else:
            data = common | _moved(event)
            await self._emit(session, "chain.moved", chain.ticket_no, data, at=event.at)
            await self._listener.moved(session, chain, event)


def _moved(step: HandedOn) -> dict[str, object]:
    return {
        "from_unit": step.proved.outlet_code,
        "to_unit": step.holder.outlet_code,
        "node": step.holder.position,
        "due_at": step.holder.window_ends_at,
    }


def _ended(chain: Chain, ending: Ending) -> dict[str, object]:
    node = chain.liable_node
    return {
        "liable": ending.liable_unit,
        "finding": ending.finding.value,
        "node": node.position if node else None,
        "because": ending.because,
    }
