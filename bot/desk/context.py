"""Turning what other subjects know into the cards beside a conversation; pure."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from bot.customers.model import Customer
from bot.desk.masking import mask_name, mask_phone
from bot.desk.schemas import CheckpointLine, CustomerCard, PartyLine, TicketLine, WaybillCard
from bot.tickets.model import Ticket, TicketStatus
from bot.waybills.model import Party, PartyRole
from bot.waybills.progress import Progress


def visitor_label(customer_id: UUID) -> str:
    """A short name for somebody we do not know by name."""
    return customer_id.hex[:6].upper()


def customer_card(customer: Customer) -> CustomerCard:
    return CustomerCard(
        visitor=visitor_label(customer.id),
        name=customer.name,
        verified_phone=mask_phone(customer.verified_phone),
        since=customer.created_at,
    )


def waybill_card(progress: Progress, party: PartyRole | None) -> WaybillCard:
    waybill = progress.waybill
    lines = [
        CheckpointLine(at=scan.at, kind=scan.kind, city=scan.city, outlet_name=scan.outlet_name, text=scan.text)
        for scan in reversed(waybill.track)
    ]
    return WaybillCard(
        waybill_no=waybill.waybill_no,
        product=waybill.product,
        status=waybill.status,
        condition=waybill.condition,
        party=party,
        consignor=_party_line(waybill.consignor),
        consignee=_party_line(waybill.consignee),
        goods=waybill.goods,
        courier_name=waybill.courier_name,
        courier_phone=mask_phone(waybill.courier_phone),
        pickup_place=waybill.pickup_place,
        signed_by=waybill.signed_by,
        promised_at=waybill.due_at,
        first_promised_at=waybill.promised_at if waybill.agreed_at else None,
        expected_at=_whole_hour(progress.expected_at),
        delivered_at=waybill.delivered_at,
        late_by=_whole_minutes(progress.late_by),
        stalled_for=_whole_minutes(progress.stalled_for) if progress.stalled_for else None,
        skipped_delivery_scan=progress.skipped_delivery_scan,
        track=tuple(lines),
    )


def ticket_lines(tickets: Iterable[Ticket], *, now: datetime) -> tuple[TicketLine, ...]:
    """The open ones, soonest due first."""
    still_open = [ticket for ticket in tickets if ticket.status != TicketStatus.closed]
    return tuple(_ticket_line(ticket, now) for ticket in sorted(still_open, key=lambda one: one.due_at))


def _whole_minutes(span: timedelta) -> timedelta:
    """Spans that end now would differ at every look."""
    return span - span % timedelta(minutes=1)


def _whole_hour(moment: datetime | None) -> datetime | None:
    """The next full hour: an estimate is not more exact than that."""
    if moment is None:
        return None
    floor = moment.replace(minute=0, second=0, microsecond=0)
    return floor if floor == moment else floor + timedelta(hours=1)


def _ticket_line(ticket: Ticket, now: datetime) -> TicketLine:
    return TicketLine(
        ticket_no=ticket.ticket_no,
        kind=ticket.kind,
        category=ticket.category,
        status=ticket.status,
        priority=ticket.priority,
        contacts=ticket.contacts,
        opened_at=ticket.opened_at,
        due_at=ticket.due_at,
        overdue=now > ticket.due_at,
    )


def _party_line(party: Party) -> PartyLine:
    return PartyLine(
        name=mask_name(party.name), phone=mask_phone(party.phone) or "", region=f"{party.city}{party.district}"
    )
