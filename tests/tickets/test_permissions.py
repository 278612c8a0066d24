"""Who may do what: the table of roles, as facts."""

import pytest

from bot.network.model import Tier
from bot.staff.model import SYSTEM, Actor, Role
from bot.tickets.kinds import Move, TicketKind
from bot.tickets.permissions import TicketFacts, may, may_appeal, may_open, may_see, why_not
from tests.tickets.builders import (
    CHEN,
    FENG,
    GD,
    GUANGDONG,
    GZ1,
    HE,
    HQ,
    LI,
    LINA,
    QIAN,
    SUN,
    WANG,
    WU,
    ZHAO,
    ZHENG,
    ZHOU,
)

SERVICE = TicketFacts(TicketKind.service, Tier.outlet, GZ1, GZ1, GUANGDONG)
HANDLED = TicketFacts(TicketKind.service, Tier.outlet, GZ1, GZ1, GUANGDONG, handled_by=WANG.name)
ESCALATED = TicketFacts(TicketKind.service, Tier.provincial_center, GD, GZ1, GUANGDONG)
AT_TOP = TicketFacts(TicketKind.service, Tier.headquarters, HQ, GZ1, GUANGDONG)
LOCAL = TicketFacts(TicketKind.complaint, Tier.provincial_center, GD, GZ1, GUANGDONG)
ACROSS = TicketFacts(TicketKind.complaint, Tier.headquarters, HQ, GZ1, GUANGDONG, across_provinces=True)
APPEAL = TicketFacts(TicketKind.appeal, Tier.headquarters, HQ, GZ1, GUANGDONG, ruled_by=frozenset({ZHENG.name}))
EVERYBODY = (WANG, LI, CHEN, ZHAO, SUN, LINA, ZHOU, WU, ZHENG, HE)


def _who(move: Move, ticket: TicketFacts) -> set[str]:
    return {actor.name.removeprefix("agent:") for actor in EVERYBODY if may(actor, move, ticket)}


def test_the_system_may_do_everything():
    assert all(may(SYSTEM, move, ticket) for move in Move for ticket in (SERVICE, LOCAL, APPEAL))


@pytest.mark.parametrize(
    ("ticket", "see"),
    [
        (SERVICE, {"wang", "chen", "sun", "lina", "zhou"}),
        (ESCALATED, {"wang", "chen", "sun", "lina", "zhou"}),
        (AT_TOP, {"wang", "chen", "sun", "lina", "zhou"}),
        (LOCAL, {"wang", "chen", "sun", "lina", "zhou", "wu"}),
        (ACROSS, {"wang", "chen", "sun", "lina", "zhou", "zheng"}),
    ],
)
def test_who_sees_what(ticket, see):
    assert {actor.name.removeprefix("agent:") for actor in EVERYBODY if may_see(actor, ticket)} == see


def test_an_admin_sees_tickets_but_works_on_none():
    admin = Actor("agent:admin", Role.admin)

    assert may_see(admin, SERVICE)
    assert not any(may(admin, move, SERVICE) for move in Move)


@pytest.mark.parametrize(
    ("move", "ticket", "who"),
    [
        (Move.handle, SERVICE, {"wang"}),
        (Move.handle, ESCALATED, {"chen"}),
        (Move.handle, AT_TOP, {"sun"}),
        (Move.accept, SERVICE, {"wang"}),
        (Move.pause, SERVICE, {"wang"}),
        (Move.admit, SERVICE, {"wang"}),
        (Move.review_pass, HANDLED, {"chen", "sun"}),
        (Move.send_back, HANDLED, {"chen", "sun"}),
        (Move.redirect, SERVICE, {"chen", "sun", "zhou"}),
        (Move.redirect, AT_TOP, {"sun", "zhou"}),
        (Move.escalate, SERVICE, {"chen", "sun", "zhou"}),
        (Move.assign, SERVICE, {"chen", "sun", "zhou"}),
        (Move.append, SERVICE, {"chen", "sun", "lina", "zhou"}),
        (Move.reopen, SERVICE, {"chen", "sun", "lina", "zhou"}),
        (Move.rule, SERVICE, set()),
        (Move.rule, LOCAL, {"wu"}),
        (Move.rule, ACROSS, {"zheng"}),
        (Move.state, LOCAL, {"wang", "chen", "sun", "lina", "wu"}),
        (Move.handle, LOCAL, set()),
        (Move.admit, LOCAL, {"wang"}),
        (Move.withdraw, SERVICE, set()),
        (Move.warn, SERVICE, set()),
    ],
)
def test_who_may_make_which_move(move, ticket, who):
    assert _who(move, ticket) == who


def test_a_ticket_of_headquarters_is_reviewed_by_another_person_there():
    handled = TicketFacts(TicketKind.service, Tier.headquarters, HQ, None, None, handled_by=SUN.name)

    assert may(QIAN, Move.review_pass, handled)
    assert why_not(SUN, Move.review_pass, handled) == "own_review"
    assert not may(CHEN, Move.review_pass, handled)


def test_an_appeal_is_ruled_by_headquarters_and_by_somebody_who_did_not_rule_before():
    assert may(FENG, Move.rule, APPEAL)
    assert why_not(ZHENG, Move.rule, APPEAL) == "ruled_before"
    assert not may(WU, Move.rule, APPEAL)


def test_a_party_may_appeal_for_itself_and_agents_for_the_customer():
    ruled = TicketFacts(TicketKind.complaint, Tier.provincial_center, GD, GZ1, GUANGDONG, liable_unit=GZ1)

    assert [may_appeal(actor, ruled) for actor in (WANG, LI, LINA, CHEN, ZHAO, WU, HE)] == [
        True,
        False,
        True,
        True,
        False,
        False,
        False,
    ]


def test_outlets_arbitrators_and_trainers_open_no_tickets_and_only_outlets_among_them_appeal():
    assert [may_open(actor, TicketKind.service) for actor in (WANG, WU, HE, LINA)] == [False, False, False, True]
    assert [may_open(actor, TicketKind.appeal) for actor in (WANG, WU, HE, LINA)] == [True, False, False, True]


def test_a_role_without_unit_or_province_sees_nothing_by_accident():
    nobody = TicketFacts(TicketKind.service, Tier.headquarters)

    for role in (Role.outlet_agent, Role.provincial_agent, Role.provincial_arbitrator):
        assert not may_see(Actor("agent:x", role), nobody)
