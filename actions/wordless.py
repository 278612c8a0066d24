"""What is no words: a picture goes to the ticket it belongs to, a place leads to outlets; else words are asked for."""

from collections.abc import Sequence
from typing import Protocol

from sqlalchemy import select

from bot.channels import Attachment, MessageKind, Reply
from bot.clock import Clock
from bot.db import Database
from bot.dialogue.engine import DialogueEngine, EngineAnswer, Turn
from bot.errors import EvidenceClosedError, EvidenceRefusedError
from bot.evidence.model import Attachment as File
from bot.evidence.model import EvidenceKind, NewEvidence
from bot.evidence.service import EvidenceService
from bot.network.model import Outlet
from bot.staff.model import Actor
from bot.tickets.kinds import Flow
from bot.tickets.model import Ticket
from bot.tickets.store import OPEN
from bot.words import Words

_WORDY = {MessageKind.text, MessageKind.postback}
_SHOWS = {MessageKind.image, MessageKind.video, MessageKind.file}
_CUSTOMER = Actor("customer")
_TAKES_EVIDENCE = (Flow.evidence_chain.value, Flow.claim.value)


class Proofs(Protocol):
    """Where pictures that prove something go."""

    async def add(self, turn: Turn, files: Sequence[Attachment]) -> str | None:
        """The number of the ticket they were added to, once per turn; None when no ticket wants them."""
        ...


class Places(Protocol):
    """Outlets customers can walk into, nearest first; as `bot.network.service.NetworkService`."""

    async def outlets_around(self, latitude: float, longitude: float, *, limit: int = 3) -> list[Outlet]: ...

    async def outlets_near(self, region_text: str, *, limit: int = 3) -> list[Outlet]: ...


class WordlessEngine:
    """Answers what has no words in it; everything else goes on to the engine.

    A recording that its platform has recognised is words.
    """

    def __init__(self, inner: DialogueEngine, proofs: Proofs, places: Places, words: Words) -> None:
        self._inner = inner
        self._proofs = proofs
        self._places = places
        self._words = words

    async def respond(self, turn: Turn) -> EngineAnswer:
        kind = MessageKind(turn.kind)
        if kind is MessageKind.location:
            return EngineAnswer(tuple(await self._outlets(turn)))
        if kind in _WORDY and not turn.attachments:
            return await self._inner.respond(turn)
        added = await self._added(turn)
        if turn.says.strip():
            answer = await self._inner.respond(turn)
            return EngineAnswer((*added, *answer.replies), answer.understood)
        return EngineAnswer(tuple(added or self._words.render(f"utter_wordless_{_lacking(kind)}")))

    async def _added(self, turn: Turn) -> list[Reply]:
        files = [each for each in turn.attachments if each.kind in _SHOWS and each.id]
        ticket_no = await self._proofs.add(turn, files) if files else None
        return self._words.render("utter_picture_added", ticket_no=ticket_no) if ticket_no else []

    async def _outlets(self, turn: Turn) -> list[Reply]:
        where = next((each for each in turn.attachments if each.latitude is not None), None)
        label = turn.text.strip() or (where.name if where else "")
        place = label or self._words.render("utter_label_place_sent")[0].text
        found: list[Outlet] = []
        if where is not None and where.latitude is not None and where.longitude is not None:
            found = await self._places.outlets_around(where.latitude, where.longitude)
        if not found and label:
            found = await self._places.outlets_near(label)
        if not found:
            return self._words.render("utter_query_outlet_none", place=place)
        lines = "\n\n".join(self._line(outlet) for outlet in found)
        return self._words.render("utter_query_outlet_done", place=place, outlets=lines)

    def _line(self, outlet: Outlet) -> str:
        values = {"outlet": outlet.name, "address": outlet.address, "phone": outlet.phone}
        return self._words.render("utter_part_outlet", hours=outlet.opening_hours, **values)[0].text


class TicketProofs:
    """The port `Proofs`: the newest open ticket of the conversation that takes evidence."""

    def __init__(self, database: Database, items: EvidenceService, clock: Clock) -> None:
        self._database = database
        self._items = items
        self._clock = clock

    async def add(self, turn: Turn, files: Sequence[Attachment]) -> str | None:
        query = (
            select(Ticket.ticket_no)
            .where(Ticket.conversation_id == turn.conversation_id, Ticket.flow.in_(_TAKES_EVIDENCE), OPEN)
            .order_by(Ticket.ticket_no.desc())
        )
        async with self._database.transaction() as session:
            found = (await session.scalars(query)).all()
        for ticket_no in found:
            try:
                return await self._put(turn, ticket_no, files)
            except EvidenceClosedError:
                continue
            except EvidenceRefusedError:
                return None
        return None

    async def _put(self, turn: Turn, ticket_no: str, files: Sequence[Attachment]) -> str:
        now = self._clock()
        async with self._database.transaction() as session:
            for place, file in enumerate(files):
                kind = EvidenceKind.photo if file.kind is MessageKind.image else EvidenceKind.chat
                new = NewEvidence(kind, attachment=_file(file, turn, self._clock))
                mark = f"{turn.id}:attachment:{place}"
                await self._items.add(session, ticket_no, new, by=_CUSTOMER, at=now, turn=mark)
        return ticket_no


def _file(attachment: Attachment, turn: Turn, clock: Clock) -> File:
    return File(
        sha256=attachment.id,
        size=attachment.size,
        media_type=attachment.content_type,
        width=None,
        height=None,
        name=attachment.name or f"{turn.seq}",
        uploaded_by=_CUSTOMER.name,
        uploaded_at=clock(),
    )


def _lacking(kind: MessageKind) -> str:
    return kind.value if kind not in _WORDY else MessageKind.file.value
