"""Putting a matter on record: a ticket, or one more contact on the open one, said in words with its number."""

from actions.talk import Talk
from bot.tickets.model import TicketKind
from bot.tickets.service import Reported


def case_text(talk: Talk, task: str) -> str:
    """The customer's own words: what was described when asked, after the sentence that began the matter."""
    told = (talk.text_of("matter"), talk.text_of("description"))
    return "\n".join(dict.fromkeys(words for words in told if words)) or talk.wording.label(task)


async def report(
    talk: Talk,
    task: str,
    kind: TicketKind,
    category: str,
    *,
    waybill_no: str | None,
    parent_no: str | None = None,
    response: str | None = None,
    **values: str,
) -> None:
    """Open or append, tell the customer, write the summary.

    ``parent_no`` is the ticket that a complaint or an appeal is about.  ``response`` and ``values`` as in `say_ticket`.
    """
    reported = await talk.services.tickets.report(
        kind,
        category,
        case_text(talk, task),
        waybill_no=waybill_no,
        contact=talk.turn.contact(task),
        parent_no=parent_no,
    )
    say_ticket(talk, task, reported, waybill_no=waybill_no, response=response, **values)
    await talk.settled(task, talk.wording.ticket(reported), waybill_no=waybill_no)


def say_ticket(
    talk: Talk, task: str, reported: Reported, *, waybill_no: str | None, response: str | None = None, **values: str
) -> None:
    """Tell the customer of the ticket.

    ``response`` is said either way; left out, the answer says whether the ticket is new.
    """
    name = response or ("utter_report_appended" if reported.appended else f"utter_{task}_done")
    shown = talk.wording.shown(reported) | values
    talk.say(name, task=talk.wording.label(task), waybill_no=waybill_no or "", **shown)
