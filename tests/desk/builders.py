"""A desk on a test database: its services, people, and a customer who waits for one."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from argon2 import PasswordHasher

from bot.channels import IncomingMessage, MessageKind
from bot.clock import Clock
from bot.conversations.events import EventHub
from bot.conversations.model import HandOffReason
from bot.conversations.service import ConversationService
from bot.db import Database
from bot.delivery.service import DeliveryService
from bot.desk.service import AgentService
from bot.desk.tools.colleagues import AccountColleagues
from bot.desk.tools.ports import AnswerSource, NoAnswers
from bot.desk.tools.services import DeskTools, ToolParts
from bot.desk.whispering import NoteWhispers
from bot.desk.workplace import DeskServices
from bot.desking import SpokenCalendar
from bot.evidence.attachments import AttachmentService
from bot.evidence.store import InMemoryStore
from bot.handover.heartbeats import Heartbeats
from bot.handover.service import Handover
from bot.tickets.service import TicketService
from bot.waybills.access import GuessLimit, WaybillAccess
from bot.waybills.model import (
    Checkpoint,
    CheckpointKind,
    Condition,
    Party,
    Product,
    Waybill,
    WaybillStatus,
)
from bot.waybills.service import WaybillService
from bot.waybills.source import InMemoryWaybillSource
from bot.words import Words

PASSWORD = "correct horse battery"
WAYBILL_NO = "YD2603040000015"
CHEAP = PasswordHasher(memory_cost=8, time_cost=1, parallelism=1)

_SAID = {
    "utter_greet": "您好，我是智能客服小云，查件、寄件、催派都可以找我。",
    "utter_agent_joined": "客服 {agent_name} 已接入，为您服务。",
    "utter_back_to_bot": "人工服务已结束，接下来由智能客服为您服务。",
    "utter_left_queue": "已为您取消排队。",
    "utter_offer_person": "需要的话可以为您转人工。",
    "utter_summary_mood": "客户情绪：{mood}",
    "utter_label_mood_negative": "不满",
    "utter_label_mood_angry": "愤怒",
    "utter_label_mood_pressing": "着急",
    "utter_label_mood_critical": "危急",
} | {f"utter_hand_off_{reason}": "正在为您转接人工客服，您前面还有 {position} 位。" for reason in HandOffReason}


def make_words() -> Words:
    return Words({name: [{"text": text}] for name, text in _SAID.items()}, {})


def make_waybill(now: datetime, **changed: Any) -> Waybill:
    """A parcel from Hangzhou to Chengdu that has not moved for two days."""
    shipped = now - timedelta(days=4)
    steps = (
        (0, CheckpointKind.picked_up, "杭州", "杭州余杭网点", "【杭州余杭网点】已揽收"),
        (5, CheckpointKind.departed, "杭州", "杭州余杭网点", "快件已从【杭州余杭网点】发出，下一站【杭州转运中心】"),
        (9, CheckpointKind.arrived, "杭州", "杭州转运中心", "快件已到达【杭州转运中心】"),
        (12, CheckpointKind.departed, "杭州", "杭州转运中心", "快件已从【杭州转运中心】发出，下一站【成都转运中心】"),
        (44, CheckpointKind.arrived, "成都", "成都转运中心", "快件已到达【成都转运中心】"),
    )
    fields: dict[str, Any] = {
        "waybill_no": WAYBILL_NO,
        "product": Product.standard,
        "status": WaybillStatus.in_transit,
        "condition": Condition.problem,
        "consignor": Party("陈晓东", "13900002222", "浙江", "杭州市", "余杭区", "文一西路 1 号"),
        "consignee": Party("王小明", "13812341234", "四川", "成都市", "锦江区", "红星路 2 号"),
        "goods": "茶具",
        "weight_kg": 2.4,
        "freight": 18.0,
        "collect": False,
        "insured_amount": 0.0,
        "shipped_at": shipped,
        "promised_at": now - timedelta(hours=20),
        "origin_outlet": "HZ001",
        "destination_outlet": "CD001",
        "track": tuple(
            Checkpoint(shipped + timedelta(hours=hours), kind, "X", outlet, city, text)
            for hours, kind, city, outlet, text in steps
        ),
    }
    return Waybill(**fields | changed)


def make_services(
    database: Database,
    clock: Clock,
    *,
    hub: EventHub | None = None,
    hasher: PasswordHasher = CHEAP,
    answers: AnswerSource | None = None,
) -> DeskServices:
    source = InMemoryWaybillSource([make_waybill(clock())])
    access = WaybillAccess(database, clock, GuessLimit())
    deliveries = DeliveryService(database, clock)
    conversations = ConversationService(database, clock, make_words(), deliveries)
    waybills = WaybillService(source, access, database, clock)
    tickets = TicketService(database, clock)
    parts = ToolParts(
        database=database,
        clock=clock,
        conversations=conversations,
        waybills=waybills,
        tickets=tickets,
        colleagues=AccountColleagues(database),
        answers=answers or NoAnswers(),
        calendar=SpokenCalendar(),
        company="云递速运",
        hotline="400-888-0000",
    )
    return DeskServices(
        database=database,
        clock=clock,
        hub=hub or EventHub(database),
        conversations=conversations,
        handover=Handover(database, clock, conversations, whispers=NoteWhispers(database, clock)),
        heartbeats=Heartbeats(database, clock),
        waybills=waybills,
        tickets=tickets,
        agents=AgentService(database, clock, hasher),
        attachments=AttachmentService(database, InMemoryStore(), clock),
        tools=DeskTools.build(parts),
        deliveries=deliveries,
    )


async def customer_says(desk: DeskServices, text: str, *, visitor: str = "visitor-1", nth: int = 1) -> UUID:
    """A message from the web widget; ``nth`` makes it a different one.  Returns its conversation."""
    incoming = IncomingMessage(
        channel="web",
        sender=visitor,
        external_id=f"{visitor}-{nth}-{text[:20]}",
        kind=MessageKind.text,
        text=text,
        received_at=desk.clock(),
    )
    return (await desk.conversations.receive(incoming)).conversation_id


async def make_waiting(
    desk: DeskServices,
    *,
    visitor: str = "visitor-1",
    says: str = "我要人工",
    reason: HandOffReason = HandOffReason.asked,
    intent: str | None = "report_stalled",
    summary: str = "客户要求人工\n咨询：物流停滞\n运单：两天没有更新",
    waybill_no: str | None = None,
) -> UUID:
    """A customer in the queue."""
    conversation_id = await customer_says(desk, says, visitor=visitor)
    if waybill_no:
        await desk.conversations.remember_waybill(conversation_id, waybill_no)
    view = await desk.conversations.view(conversation_id)
    await desk.conversations.hand_off(conversation_id, reason, intent=intent, summary=summary, seq=view.last_seq)
    return conversation_id
