"""What other systems can be told: one model for each kind of event, the published schema of its ``data``.

Events leave the house, so they hold numbers, codes and moments and nothing that says who a customer is: no phone, no
address, no name, and no free text that could hold one.  ``Code`` refuses what reads like a sentence or a phone number.
A field that is None is left out of what is sent.  Another optional field is compatible; any other change needs a new
kind.
"""

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Any

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from bot.errors import EventDataError

_PHONE = re.compile(r"(?<![0-9a-fA-F])1[3-9]\d{9}(?![0-9a-fA-F])")


def _no_phone(code: str) -> str:
    if _PHONE.search(code):
        raise ValueError("reads like a phone number")
    return code


def _masked(account: str) -> str:
    """People log in with what they like, even with their phone number."""
    return re.sub(r"\s+", "_", _PHONE.sub("***", account))[:120]


Code = Annotated[
    str, StringConstraints(min_length=1, max_length=120, pattern=r"^[^\s，。！？；]+$"), AfterValidator(_no_phone)
]
Codes = Annotated[tuple[Code, ...], Field(max_length=50)]
Account = Annotated[str, AfterValidator(_masked)]


class EventData(BaseModel):
    """Base of all kinds: what nobody declared is refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    by: Account | None = Field(None, description="who made the change: an account (`agent:wang`), `bot`, `rule:...`")
    because: Codes = Field((), description="the rules that decided, as `table.row@version`")


class TicketData(EventData):
    """The ticket as it stands after the change."""

    ticket_no: Code = Field(description="number of the ticket")
    kind: Code | None = Field(None, description="`service`, `complaint` or `appeal`")
    flow: Code | None = Field(None, description="the course it takes, such as `standard` or `evidence_chain`")
    category: Code | None = Field(None, description="code of its category")
    waybill_no: Code | None = Field(None, description="number of its waybill, if it has one")
    status: Code | None = Field(None, description="where it stands")
    priority: Code | None = Field(None, description="`normal`, `high` or `urgent`")
    tier: Code | None = Field(None, description="the tier that has it")
    owner: Code | None = Field(None, description="code of the outlet, provincial centre or headquarters that has it")
    channel: Code | None = Field(None, description="where the contact came from")
    contacts: int | None = Field(None, description="how often the customer has asked about it")
    due_at: AwareDatetime | None = Field(None, description="when it has to be solved")


class TicketOpened(TicketData):
    """A ticket was opened."""

    opened_by: Code | None = Field(None, description="`customer`, `agent` or `rule`")


class TicketAppended(TicketData):
    """One more contact about an open ticket; its priority may have risen."""


class TicketDispatched(TicketData):
    """A ticket was given to the unit that has to act."""

    from_owner: Code | None = Field(None, description="code of the unit that had it before")


class TicketHandled(TicketData):
    """The owner says what was done; the tier above reviews it."""

    result: Code | None = Field(None, description="code of what was done")


class TicketSentBack(TicketData):
    """The review did not pass; the owner has it again."""

    reason: Code | None = Field(None, description="code of why")


class TicketClosed(TicketData):
    """A ticket was closed."""

    result: Code | None = Field(None, description="code of how it ended")
    cause: Code | None = Field(None, description="code of the problem's cause")
    liable: Code | None = Field(None, description="code of the unit that is liable, if one is")
    finding: Code | None = Field(None, description="why that unit is liable")


class TicketReopened(TicketData):
    """A closed ticket was opened once more."""

    reason: Code | None = Field(None, description="code of why")
    times: int | None = Field(None, description="how often it has been reopened")


class TicketUrged(TicketData):
    """The owner was urged: by a customer, a person of the desk or a rule."""

    times: int | None = Field(None, description="how often it has been urged")


class TicketEscalated(TicketData):
    """A ticket went up a tier."""

    from_tier: Code | None = Field(None, description="the tier that had it before")
    to_tier: Code | None = Field(None, description="the tier that has it now")
    reason: Code | None = Field(None, description="code of why")


class Ruling(EventData):
    """What an arbitrator decided."""

    ticket_no: Code = Field(description="number of the complaint or appeal")
    waybill_no: Code | None = Field(None, description="number of its waybill, if it has one")
    ruling: Code | None = Field(None, description="reference of the ruling")
    finding: Code | None = Field(None, description="what was found")
    cause: Code | None = Field(None, description="code of the problem's cause")
    liable: Code | None = Field(None, description="code of the unit that is liable, if one is")


class ComplaintRuled(Ruling):
    """A complaint was ruled on."""


class AppealRuled(Ruling):
    """An appeal was ruled on."""

    appealed: Code | None = Field(None, description="number of the complaint that was appealed against")
    outcome: Code | None = Field(None, description="`confirmed`, `changed` or `reversed`")


class WaybillCondition(EventData):
    """A waybill changed its condition."""

    waybill_no: Code = Field(description="number of the waybill")
    from_condition: Code | None = Field(None, description="`normal`, `at_risk` or `problem`")
    to_condition: Code | None = Field(None, description="`normal`, `at_risk` or `problem`")
    status: Code | None = Field(None, description="where the parcel stands in its journey")
    leg: Code | None = Field(None, description="the leg it is on")
    patterns: Codes = Field((), description="all signs of risk that were found, by rows of the table `risk`")
    outlet: Code | None = Field(None, description="code of the outlet that holds the parcel")
    tells_outlet: bool | None = Field(None, description="whether that outlet has to know and act")


class WaybillAtRisk(WaybillCondition):
    """A waybill is at risk; the outlet that holds it is told."""


class WaybillProblem(WaybillCondition):
    """A waybill is a problem that somebody has to handle."""


class WaybillNormal(WaybillCondition):
    """A waybill is on schedule again, delivered, or its last ticket is closed."""


class EvidenceAdded(EventData):
    """An item was added to the evidence of a ticket."""

    ticket_no: Code = Field(description="number of the ticket")
    waybill_no: Code | None = Field(None, description="number of its waybill, if it has one")
    item: Code | None = Field(None, description="id or number of the item")
    kind: Code | None = Field(None, description="what it is, such as `photo`, `scan`, `chat` or `track`")
    unit: Code | None = Field(None, description="code of the unit that added it")
    hash: Code | None = Field(None, description="hash of the item, which the next one carries")


class ChainMoved(EventData):
    """An evidence chain moved on to the next node of the track."""

    ticket_no: Code = Field(description="number of the ticket")
    waybill_no: Code | None = Field(None, description="number of its waybill, if it has one")
    from_unit: Code | None = Field(None, description="code of the outlet that proved it handed the parcel on intact")
    to_unit: Code | None = Field(None, description="code of the outlet that has to prove it now")
    node: int | None = Field(None, description="place of that outlet on the track, from 0")
    due_at: AwareDatetime | None = Field(None, description="the end of its window")


class ChainEnded(EventData):
    """An evidence chain ended, with or without somebody liable."""

    ticket_no: Code = Field(description="number of the ticket")
    waybill_no: Code | None = Field(None, description="number of its waybill, if it has one")
    liable: Code | None = Field(None, description="code of the unit that is liable, if one is")
    finding: Code | None = Field(None, description="`admitted`, `silent`, `unproven`, `all_proven` or `withdrawn`")
    node: int | None = Field(None, description="place of the liable outlet on the track, from 0")


class LedgerEntered(EventData):
    """An entry was added to the ledger of a unit."""

    entry_id: Code = Field(description="id of the entry")
    unit: Code = Field(description="code of the unit")
    month: Code = Field(description="`YYYY-MM`, by China's time")
    entry: Code = Field(description="`fine`, `reward` or `score`")
    amount: Decimal = Field(description="signed, as a string with two decimals: yuan, or points for `score`")
    ticket_no: Code = Field(description="number of the ticket")
    reference: Code = Field(description="the ruling or event it follows from")
    cause: Code | None = Field(None, description="code of the problem's cause")
    rule: Code = Field(description="the rule that made it, as `table.row@version`")
    reverses: Code | None = Field(None, description="id of the entry that this one reverses")


class PromiseBroken(EventData):
    """What an agent promised a customer was not kept in time; a task of the desk says so."""

    promise_id: Code = Field(description="id of the promise")
    kind: Code = Field(description="`dispatch`, `deliver`, `pick_up`, `call_back`, `reply`, `handle` or `refund`")
    waybill_no: Code | None = Field(None, description="number of its waybill, if it has one")
    due_at: AwareDatetime = Field(description="by when it should have been kept")


KINDS: Mapping[str, type[EventData]] = {
    "ticket.opened": TicketOpened,
    "ticket.appended": TicketAppended,
    "ticket.dispatched": TicketDispatched,
    "ticket.handled": TicketHandled,
    "ticket.sent_back": TicketSentBack,
    "ticket.closed": TicketClosed,
    "ticket.reopened": TicketReopened,
    "ticket.urged": TicketUrged,
    "ticket.escalated": TicketEscalated,
    "complaint.ruled": ComplaintRuled,
    "appeal.ruled": AppealRuled,
    "waybill.at_risk": WaybillAtRisk,
    "waybill.problem": WaybillProblem,
    "waybill.normal": WaybillNormal,
    "evidence.added": EvidenceAdded,
    "chain.moved": ChainMoved,
    "chain.ended": ChainEnded,
    "ledger.entered": LedgerEntered,
    "promise.broken": PromiseBroken,
}


def published(kind: str, data: Mapping[str, Any]) -> dict[str, Any]:
    """The data as it is sent, checked against its kind: JSON values only, None and empty lists left out.

    Raises `EventDataError`.
    """
    model = KINDS.get(kind)
    if model is None:
        raise EventDataError(f"{kind} is no kind of event")
    try:
        checked = model.model_validate(data)
    except ValidationError as error:
        raise EventDataError(f"{kind}: {_places(error)}") from error
    return {name: value for name, value in checked.model_dump(mode="json").items() if value not in (None, [])}


def wants(pattern: str, kind: str) -> bool:
    """Whether a pattern covers a kind: the kind itself, ``ticket.*`` or ``*``."""
    return pattern in ("*", kind) or (pattern.endswith(".*") and kind.startswith(pattern[:-1]))


def is_pattern(pattern: str) -> bool:
    """Whether a pattern covers any kind at all."""
    return any(wants(pattern, kind) for kind in KINDS)


def _places(error: ValidationError) -> str:
    """What is wrong where, without the values: they may be what must not get out."""
    return "; ".join(f"{'.'.join(map(str, one['loc'])) or 'data'}: {one['msg']}" for one in error.errors())
