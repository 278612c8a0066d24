"""All pages of tickets, to be added to the desk before it is mounted."""

from bot.desk.ticket_desk import TicketDesk
from bot.desk.ui.tickets.arbitration_page import add_arbitration_page
from bot.desk.ui.tickets.ledger_page import add_ledger_page
from bot.desk.ui.tickets.list_page import add_list_page
from bot.desk.ui.tickets.ticket_page import add_ticket_page


def add_ticket_pages(desk: TicketDesk) -> None:
    """``/desk/tickets``, ``/desk/tickets/NO``, ``/desk/arbitration/NO``, ``/desk/ledger``."""
    add_list_page(desk)
    add_ticket_page(desk)
    add_arbitration_page(desk)
    add_ledger_page(desk)
