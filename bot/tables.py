"""Every table of the platform, so that migrations and tests know them all."""

from bot.conversations.model import Conversation, Message
from bot.customers.model import Customer, Identity
from bot.demo.tables import DemoLoad, DemoWaybill
from bot.desk.model import Agent, AuditEntry, DeskSession, ReadMark
from bot.evidence.tables import AttachmentRow, ChainNodeRow, ChainRow, EvidenceHeadRow, EvidenceItemRow
from bot.ledger.model import LedgerEntry
from bot.network.tables import OutletRow
from bot.orders.model import Order
from bot.outbox.model import OutgoingEvent, WebhookDelivery, WebhookSubscription
from bot.rules.records import RuleDecision, RuleVersion
from bot.tickets.model import ServiceSummary, Ticket, TicketEvent
from bot.tickets.requests import TicketRequest
from bot.tickets.rulings import Appeal, Ruling
from bot.waybills.tables import (
    CheckpointRow,
    ConditionChange,
    Instruction,
    PhoneTailGuess,
    StateRow,
    WaybillGrant,
    WaybillRow,
)

__all__ = [
    "Agent",
    "Appeal",
    "AttachmentRow",
    "AuditEntry",
    "ChainNodeRow",
    "ChainRow",
    "CheckpointRow",
    "ConditionChange",
    "Conversation",
    "Customer",
    "DemoLoad",
    "DemoWaybill",
    "DeskSession",
    "EvidenceHeadRow",
    "EvidenceItemRow",
    "Identity",
    "Instruction",
    "LedgerEntry",
    "Message",
    "Order",
    "OutgoingEvent",
    "OutletRow",
    "PhoneTailGuess",
    "ReadMark",
    "RuleDecision",
    "RuleVersion",
    "Ruling",
    "ServiceSummary",
    "StateRow",
    "Ticket",
    "TicketEvent",
    "TicketRequest",
    "WaybillGrant",
    "WaybillRow",
    "WebhookDelivery",
    "WebhookSubscription",
]
