"""查理赔进度: the customer's own claims."""

from actions.query_ticket import QueryTicket
from bot.tickets.model import Ticket


class QueryClaim(QueryTicket):
    action_name = "action_query_claim"
    task = "query_claim"

    def fits(self, ticket: Ticket) -> bool:
        return ticket.category == "claim"
