"""An outlet agent of another outlet can neither see nor touch a ticket, through whatever endpoint.

Every route of the router is listed here; one that is not fails the first test.
"""

from uuid import UUID, uuid4

import httpx
import pytest
from fastapi.routing import APIRoute

from bot.tickets.arbitration import Judgement
from bot.tickets.endpoints import make_router
from bot.tickets.kinds import RulingFinding
from bot.tickets.work import Request
from tests.tickets.api import BASE, actor_of, as_, client
from tests.tickets.builders import CHEN, GZ1, HE, LI, WANG, WAYBILL, ZHENG, make_contact

SUMMARY = {
    "conversation_id": str(UUID(int=1)),
    "customer_id": str(UUID(int=2)),
    "wrap_up_code": "x",
    "text": "x",
    "turn": "x",
}

# The body with which each route is called on a ticket of another outlet: the answer is 404, as if it were not there.
ON_A_TICKET: dict[tuple[str, str], dict[str, object] | None] = {
    ("GET", "/{ticket_no}"): None,
    ("POST", "/{ticket_no}/append"): {"text": "x"},
    ("POST", "/{ticket_no}/complaint"): {"text": "x"},
    ("POST", "/{ticket_no}/appeal"): {"text": "x"},
    ("POST", "/{ticket_no}/accept"): {},
    ("POST", "/{ticket_no}/handle"): {"done": "x"},
    ("POST", "/{ticket_no}/pause"): {"reason": "police"},
    ("POST", "/{ticket_no}/resume"): {},
    ("POST", "/{ticket_no}/admit"): {"words": "x"},
    ("POST", "/{ticket_no}/close"): {"answer": "x"},
    ("POST", "/{ticket_no}/follow-up"): {"satisfied": False},
    ("POST", "/{ticket_no}/reopen"): {"reason": "x"},
    ("POST", "/{ticket_no}/dispatch"): {"unit": "GZ002"},
    ("POST", "/{ticket_no}/assign"): {"to": "agent:li"},
    ("POST", "/{ticket_no}/review-pass"): {},
    ("POST", "/{ticket_no}/send-back"): {"reason": "x"},
    ("POST", "/{ticket_no}/priority"): {"to": "urgent"},
    ("POST", "/{ticket_no}/urge"): {},
    ("POST", "/{ticket_no}/escalate"): {"reason": "x"},
    ("POST", "/{ticket_no}/redirect"): {"unit": "GZ002", "reason": "x"},
    ("POST", "/{ticket_no}/merge"): {"into": "GD1"},
    ("POST", "/{ticket_no}/statement"): {"text": "x"},
    ("POST", "/{ticket_no}/ruling"): {"text": "x", "finding": "dismissed"},
}
# Routes that are about no ticket: what an outlet agent gets there.
ELSEWHERE: dict[tuple[str, str], tuple[dict[str, object] | None, int]] = {
    ("GET", ""): (None, 200),
    ("POST", ""): ({"category": "expedite", "text": "x"}, 403),
    ("GET", "/catalogue"): (None, 200),
    ("GET", "/summaries"): (None, 403),
    ("POST", "/summaries"): (SUMMARY, 403),
}
STATES = ["dispatched", "handled", "closed", "complaint", "ruled"]


def _routes() -> set[tuple[str, str]]:
    router = make_router(_NOTHING, actor_of)
    found = [route for route in router.routes if isinstance(route, APIRoute)]
    return {(method, route.path.removeprefix(BASE)) for route in found for method in route.methods}


class _Nothing:
    """Stands for services that nobody calls."""

    def __getattr__(self, name: str) -> "_Nothing":
        return self


_NOTHING = _Nothing()


def test_every_route_is_tried():
    assert _routes() == set(ON_A_TICKET) | set(ELSEWHERE)


@pytest.fixture
async def tickets(services, clock) -> dict[str, str]:
    """A ticket of Wang's outlet in every state in which something could be done with it."""

    async def report(category: str, waybill_no: str = WAYBILL) -> str:
        kind = services.core.catalogue().leaf(category).kind
        reported = await services.tickets.report(kind, category, "x", waybill_no=waybill_no, contact=make_contact())
        return reported.ticket_no

    numbers = {"dispatched": await report("not_to_door"), "complaint": await report("complaint")}
    numbers["handled"] = await report("no_call")
    await services.work.handle(numbers["handled"], Request(WANG), done="x")
    numbers["closed"] = await report("false_delivery")
    await services.work.handle(numbers["closed"], Request(WANG), done="x")
    await services.work.review_pass(numbers["closed"], Request(CHEN))
    numbers["ruled"] = await report("complaint_attitude")
    upheld = Judgement("x", finding=RulingFinding.upheld, liable_unit=GZ1)
    await services.arbitration.rule(numbers["ruled"], Request(ZHENG), upheld)
    return numbers


async def _call(api: httpx.AsyncClient, route: tuple[str, str], number: str, body: object) -> httpx.Response:
    method, path = route
    where = BASE + path.format(ticket_no=number)
    return await api.request(method, where, json=body, headers=as_(LI, str(uuid4())))


async def test_another_outlets_ticket_is_unknown_to_every_route_and_stays_as_it_was(services, tickets):
    before = await _everything(services, tickets)
    async with client(services) as api:
        for route, body in ON_A_TICKET.items():
            for state in STATES:
                answer = await _call(api, route, tickets[state], body)
                unknown = await _call(api, route, "GD0", body)
                assert (route, state, answer.status_code) == (route, state, _expected(route))
                assert answer.json()["detail"].replace(tickets[state], "GD0") == unknown.json()["detail"]

    assert await _everything(services, tickets) == before


def _expected(route: tuple[str, str]) -> int:
    """Making complaints is nothing an outlet does, whatever the ticket: that may be said."""
    return 403 if route == ("POST", "/{ticket_no}/complaint") else 404


@pytest.mark.parametrize("route", ELSEWHERE)
async def test_routes_that_are_about_no_ticket(services, tickets, route):
    body, status = ELSEWHERE[route]
    async with client(services) as api:
        answer = await api.request(route[0], BASE + route[1], json=body, headers=as_(LI))

    assert answer.status_code == status
    if route == ("GET", ""):
        assert answer.json() == {"tickets": [], "next": None}


async def test_no_filter_shows_another_outlets_tickets(services, tickets):
    filters = [
        {"outlet": "GZ001"},
        {"owner_unit": "GZ001"},
        {"waybill_no": WAYBILL},
        {"status": "closed", "sort": "newest"},
        {"assignee": WANG.name},
        {"parent_no": tickets["dispatched"]},
    ]
    async with client(services) as api:
        for chosen in filters:
            answer = await api.get(BASE, params=chosen, headers=as_(LI))
            assert (answer.status_code, answer.json()["tickets"]) == (200, [])


@pytest.mark.parametrize("route", sorted(set(ON_A_TICKET) | set(ELSEWHERE)))
async def test_nobody_does_anything_without_having_logged_in(services, route):
    body = ON_A_TICKET.get(route, ELSEWHERE.get(route, (None,))[0] if route in ELSEWHERE else None)
    async with client(services) as api:
        answer = await api.request(route[0], BASE + route[1].format(ticket_no="GD1"), json=body)

    assert answer.status_code == 401


async def test_a_trainer_has_nothing_to_do_with_tickets(services, tickets):
    async with client(services) as api:
        for route, body in ON_A_TICKET.items():
            where = BASE + route[1].format(ticket_no=tickets["dispatched"])
            answer = await api.request(route[0], where, json=body, headers=as_(HE))
            assert (route, answer.status_code) == (route, 403)


async def _everything(services, tickets) -> dict[str, tuple[int, str]]:
    async with services.core.database.transaction() as session:
        found = [await services.core.store.find(session, number) for number in tickets.values()]
    return {ticket.ticket_no: (ticket.version, ticket.status) for ticket in found}
