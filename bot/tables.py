"""Every table of the platform, so that migrations and tests know them all."""

from bot.conversations.model import Conversation, Message
from bot.customers.model import Customer, Identity
from bot.demo.tables import DemoLoad, DemoWaybill
from bot.desk.model import Agent, AuditEntry, DeskSession, ReadMark
from bot.network.tables import OutletRow
from bot.orders.model import Order
from bot.tickets.model import ServiceSummary, Ticket, TicketEvent
from bot.waybills.tables import CheckpointRow, Instruction, PhoneTailGuess, WaybillGrant, WaybillRow

__all__ = [
    "Agent",
    "AuditEntry",
    "CheckpointRow",
    "Conversation",
    "Customer",
    "DemoLoad",
    "DemoWaybill",
    "DeskSession",
    "Identity",
    "Instruction",
    "Message",
    "Order",
    "OutletRow",
    "PhoneTailGuess",
    "ReadMark",
    "ServiceSummary",
    "Ticket",
    "TicketEvent",
    "WaybillGrant",
    "WaybillRow",
]
