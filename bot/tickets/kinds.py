"""The closed lists of the ticket's world.  Values are what the database, the rules and the API say."""

from enum import StrEnum


class TicketKind(StrEnum):
    """服务类, 投诉类, 申诉类."""

    service = "service"
    complaint = "complaint"
    appeal = "appeal"


class TicketStatus(StrEnum):
    """Where the matter stands."""

    open = "open"
    dispatched = "dispatched"
    handled = "handled"
    closed = "closed"


class Priority(StrEnum):
    """How soon a person has to look at it."""

    normal = "normal"
    high = "high"
    urgent = "urgent"

    @property
    def raised(self) -> "Priority":
        """One step up; urgent stays urgent."""
        return Priority.high if self is Priority.normal else Priority.urgent

    @property
    def rank(self) -> int:
        """0 comes first."""
        return {Priority.urgent: 0, Priority.high: 1, Priority.normal: 2}[self]


class Flow(StrEnum):
    """Which way a ticket goes through the network."""

    standard = "standard"
    redelivery = "redelivery"
    evidence_chain = "evidence_chain"
    claim = "claim"
    complaint = "complaint"
    appeal = "appeal"
    feedback = "feedback"
    system = "system"


class ServiceClass(StrEnum):
    """Which row of the table of deadlines holds."""

    urgent = "urgent"
    normal = "normal"
    value_added = "value_added"


class OwnerRule(StrEnum):
    """Who has to act, as a place on the waybill's way."""

    holding_outlet = "holding_outlet"
    sending_outlet = "sending_outlet"
    destination_outlet = "destination_outlet"
    pickup_outlet = "pickup_outlet"
    previous_outlet = "previous_outlet"
    provincial_center = "provincial_center"
    headquarters = "headquarters"


class Outcome(StrEnum):
    """How a ticket ended.

    ``resolved`` passed review; ``settled`` needed none; ``liable`` is the end of an evidence chain; ``withdrawn`` means
    that the cause had vanished before anybody acted, or that the customer took the matter back.
    """

    resolved = "resolved"
    settled = "settled"
    liable = "liable"
    ruled = "ruled"
    merged = "merged"
    withdrawn = "withdrawn"


class Move(StrEnum):
    """Everything that can happen to a ticket; the value is what its event says."""

    open = "opened"
    append = "appended"
    dispatch = "dispatched"
    accept = "accepted"
    assign = "assigned"
    handle = "handled"
    review_pass = "review_passed"  # noqa: S105
    send_back = "sent_back"
    close = "closed"
    ask_follow_up = "follow_up_asked"
    answer_follow_up = "follow_up_answered"
    reopen = "reopened"
    raise_priority = "priority_raised"
    urge = "urged"
    warn = "warned"
    warn_regulator = "regulator_warned"
    escalate = "escalated"
    redirect = "redirected"
    merge = "merged"
    absorb = "absorbed"
    pause = "paused"
    resume = "resumed"
    admit = "admitted"
    hold = "held"
    release = "released"
    state = "stated"
    rule = "ruled"
    withdraw = "withdrawn"


class Side(StrEnum):
    """Whose statement it is in an arbitration."""

    complainant = "complainant"
    respondent = "respondent"


class RulingFinding(StrEnum):
    """Whether a complaint was right."""

    upheld = "upheld"
    dismissed = "dismissed"


class RulingEffect(StrEnum):
    """What a ruling does: the first one on a complaint, or what an appeal's ruling does to the one before."""

    first = "first"
    confirmed = "confirmed"
    changed = "changed"
    reversed = "reversed"
