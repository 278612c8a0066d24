"""What the desk is built on."""

from collections.abc import Callable
from dataclasses import dataclass

from bot.clock import Clock
from bot.conversations.events import EventHub
from bot.conversations.service import ConversationService
from bot.db import Database
from bot.delivery.service import DeliveryService
from bot.desk.service import AgentService
from bot.desk.tools.services import DeskTools
from bot.evidence.attachments import AttachmentService
from bot.handover.heartbeats import Heartbeats
from bot.handover.service import Handover
from bot.rules.model import RuleBook
from bot.rules.shipped import shipped_rules
from bot.tickets.service import TicketService
from bot.waybills.service import WaybillService


@dataclass(frozen=True)
class DeskServices:
    """What the desk is built on, put together by the composition root."""

    database: Database
    clock: Clock
    hub: EventHub
    conversations: ConversationService
    waybills: WaybillService
    tickets: TicketService
    agents: AgentService
    attachments: AttachmentService | None = None
    tools: DeskTools | None = None
    handover: Handover | None = None
    heartbeats: Heartbeats | None = None
    deliveries: DeliveryService | None = None
    rules: Callable[[], RuleBook] = shipped_rules
