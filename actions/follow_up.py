"""How it went: the customer is asked when a ticket is closed, and the answer is taken before anything else hears it."""

import re
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from actions.wording import Wording
from bot.channels import Reply
from bot.clock import Clock
from bot.conversations.service import ConversationService
from bot.dialogue.engine import DialogueEngine, EngineAnswer, Turn
from bot.errors import IllegalMoveError, NotFoundError
from bot.tickets.kinds import TicketStatus
from bot.tickets.opening import Contact
from bot.tickets.service import TicketService
from bot.words import Words

_TAPPED = re.compile(r"工单(GD\d+)：(不?)满意")
_SATISFIED = re.compile(r"(?:很|挺|非常|比较)?满意(?:了|的)?|解决了|已解决")
_DISSATISFIED = re.compile(r"(?:很|非常|一点都)?不满意|没(?:有)?解决|未解决")
_BY = "customer"


class AskInConversation:
    """The port `bot.tickets.ports.FollowUps`: asks where the customer wrote."""

    def __init__(self, conversations: ConversationService) -> None:
        self._conversations = conversations

    async def ask(self, session: AsyncSession, ticket_no: str, conversation_id: UUID, *, at: datetime) -> bool:
        return await self._conversations.tell(
            session, conversation_id, "utter_follow_up_ask", at=at, ticket_no=ticket_no
        )


@dataclass(frozen=True)
class _Verdict:
    ticket_no: str
    satisfied: bool


class FollowUpEngine:
    """Takes answers to follow-ups, by a tapped button or in so many words; everything else goes on to the engine."""

    def __init__(self, inner: DialogueEngine, tickets: TicketService, words: Words, clock: Clock) -> None:
        self._inner = inner
        self._tickets = tickets
        self._words = words
        self._clock = clock

    async def respond(self, turn: Turn) -> EngineAnswer:
        verdict = _tapped(turn.says) or await self._said(turn)
        if verdict is None:
            return await self._inner.respond(turn)
        return EngineAnswer(tuple(await self._take(turn, verdict)))

    async def _said(self, turn: Turn) -> _Verdict | None:
        """Words count only while a follow-up of this conversation waits for its answer."""
        words = turn.text.strip(" 。！!~～.") if not turn.payload else ""
        satisfied = bool(_SATISFIED.fullmatch(words))
        if not satisfied and not _DISSATISFIED.fullmatch(words):
            return None
        asked = await self._tickets.waiting_for_verdict(turn.conversation_id)
        return _Verdict(asked, satisfied) if asked else None

    async def _take(self, turn: Turn, verdict: _Verdict) -> list[Reply]:
        contact = Contact(turn.customer_id, turn.conversation_id, f"{turn.id}:follow_up", by=_BY)
        number = verdict.ticket_no
        try:
            ticket = await self._tickets.answer_follow_up(number, contact, satisfied=verdict.satisfied, words=turn.text)
        except (IllegalMoveError, NotFoundError):
            return self._words.render("utter_follow_up_over", ticket_no=number)
        if verdict.satisfied:
            return self._words.render("utter_follow_up_thanks")
        if ticket.status == TicketStatus.closed:
            return self._words.render("utter_follow_up_noted", ticket_no=number)
        due = Wording(self._words, self._clock()).moment(ticket.due_at)
        return self._words.render("utter_follow_up_reopened", ticket_no=number, due=due)


def _tapped(says: str) -> _Verdict | None:
    """What a tapped button says, or somebody types like it."""
    match = _TAPPED.fullmatch(says.strip())
    return _Verdict(match[1], not match[2]) if match else None
