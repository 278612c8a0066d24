"""A customer who is not satisfied: the ticket is reopened once, after that it stays as it is."""

from dataclasses import replace

from sqlalchemy.ext.asyncio import AsyncSession

from bot.tickets.core import TicketCore
from bot.tickets.events import By
from bot.tickets.kinds import Outcome, TicketKind
from bot.tickets.model import Ticket
from bot.tickets.words import ticket_words


async def dissatisfied(core: TicketCore, session: AsyncSession, ticket: Ticket, words: str, by: By) -> bool:
    """Reopen where the table ``follow_up`` says so; returns whether it was.

    Where another ticket of the same case is open meanwhile, that one gets the contact instead.
    """
    facts = core.follow_up_facts(ticket, "dissatisfied")
    decision = core.around.rules().decide("follow_up", facts)
    can = ticket.kind == TicketKind.service and ticket.outcome in (Outcome.resolved, Outcome.settled)
    if not (decision.flag("reopens") and can and not ticket.reopened):
        return False
    text = ticket_words().texts["dissatisfied"].format(text=words)
    because = replace(by, turn=None, because=decision.because, facts=dict(facts), why=text)
    other = await core.store.open_case(session, ticket.case_key, ticket.category)
    if other is not None:
        other.append(text, because)
        await core.store.keep(session, other)
        return False
    core.reopen(ticket, because)
    return True
