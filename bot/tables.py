"""Every table of the platform, so that migrations and tests know them all."""

from bot.conversations.model import Conversation, ConversationDoor, Message
from bot.conversations.moves import ConversationMove
from bot.conversations.ratings import Rating
from bot.conversations.receipts import ReadReceipt
from bot.customers.bindings import PhoneBinding
from bot.customers.model import ChannelPreference, ClosedDoor, Customer, Identity, PhoneCode
from bot.customers.records import CustomerMerge, CustomerMove
from bot.delivery.model import Delivery, DeliveryPart, EarlyReport, Writer
from bot.demo.tables import DemoLoad, DemoWaybill
from bot.desk.leading.tables import (
    QualityDraw,
    QualityEdition,
    QualityObjection,
    QualitySample,
    QualityScore,
)
from bot.desk.model import ReadMark
from bot.desk.ticket_tables import SavedTicketFilter, TicketColumnChoice
from bot.desk.tools.tables import (
    AnswerSuggestion,
    CannedResponse,
    CannedUse,
    CannedVersion,
    ConversationScript,
    DeskPresence,
    DeskTask,
    LexiconVersion,
    NoteMention,
    PrivateNote,
    ServicePromise,
)
from bot.evidence.tables import AttachmentRow, ChainNodeRow, ChainRow, EvidenceHeadRow, EvidenceItemRow
from bot.handover.tables import AgentChange, AgentPresence
from bot.inbox.model import InboxLetter
from bot.ledger.model import LedgerEntry
from bot.network.tables import OutletRow
from bot.notices.model import Consent, NoticeRow, WaybillWatch
from bot.orders.model import Order
from bot.outbox.model import OutgoingEvent, WebhookDelivery, WebhookSubscription
from bot.rules.records import RuleDecision, RuleVersion
from bot.staff.tables import (
    Agent,
    AuditEntry,
    DeskSession,
    HalfLogin,
    LoginWait,
    PersonalToken,
    RecoveryCode,
    ResetLink,
    SignOnAttempt,
    Team,
    TeamMember,
)
from bot.studio.faq.tables import FaqAge, FaqDay, FaqDayCounted
from bot.studio.insight.tables import DayCount, SliceCount, StudioSlice
from bot.studio.misses.tables import Miss, MissCursor, MissGroup, MissMend, MissRead, MissVector
from bot.studio.releases.model import Release
from bot.studio.sets.tables import DialogueRun, DialogueVersion, SetLabel, SetSentence, StudioDialogue, StudioSet
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
from connectors.callback.tables import CallbackAccount, CallbackMode
from connectors.sms.tables import SmsNumber, SmsTraffic
from connectors.tencent_token import PlatformToken
from connectors.tracking.tables import ForeignInquiry, PushedTrack, TrackAnswer
from connectors.web.tables import ContinueLink, WebAccount
from connectors.wechat.tables import (
    WeChatCall,
    WeChatCarried,
    WeChatConsent,
    WeChatFollower,
    WeChatMedia,
    WeChatNonce,
    WeChatOffer,
    WeChatUnsaid,
)
from connectors.wecom.tables import WeComCursor, WeComCustomer, WeComMedia, WeComSession

__all__ = [
    "Agent",
    "AgentChange",
    "AgentPresence",
    "AnswerSuggestion",
    "Appeal",
    "AttachmentRow",
    "AuditEntry",
    "CallbackAccount",
    "CallbackMode",
    "CannedResponse",
    "CannedUse",
    "CannedVersion",
    "ChainNodeRow",
    "ChainRow",
    "ChannelPreference",
    "CheckpointRow",
    "ClosedDoor",
    "ConditionChange",
    "Consent",
    "ContinueLink",
    "Conversation",
    "ConversationDoor",
    "ConversationMove",
    "ConversationScript",
    "Customer",
    "CustomerMerge",
    "CustomerMove",
    "DayCount",
    "Delivery",
    "DeliveryPart",
    "DemoLoad",
    "DemoWaybill",
    "DeskPresence",
    "DeskSession",
    "DeskTask",
    "DialogueRun",
    "DialogueVersion",
    "EarlyReport",
    "EvidenceHeadRow",
    "EvidenceItemRow",
    "FaqAge",
    "FaqDay",
    "FaqDayCounted",
    "ForeignInquiry",
    "HalfLogin",
    "Identity",
    "InboxLetter",
    "Instruction",
    "LedgerEntry",
    "LexiconVersion",
    "LoginWait",
    "Message",
    "Miss",
    "MissCursor",
    "MissGroup",
    "MissMend",
    "MissRead",
    "MissVector",
    "NoteMention",
    "NoticeRow",
    "Order",
    "OutgoingEvent",
    "OutletRow",
    "PersonalToken",
    "PhoneBinding",
    "PhoneCode",
    "PhoneTailGuess",
    "PlatformToken",
    "PrivateNote",
    "PushedTrack",
    "QualityDraw",
    "QualityEdition",
    "QualityObjection",
    "QualitySample",
    "QualityScore",
    "Rating",
    "ReadMark",
    "ReadReceipt",
    "RecoveryCode",
    "Release",
    "ResetLink",
    "RuleDecision",
    "RuleVersion",
    "Ruling",
    "SavedTicketFilter",
    "ServicePromise",
    "ServiceSummary",
    "SetLabel",
    "SetSentence",
    "SignOnAttempt",
    "SliceCount",
    "SmsNumber",
    "SmsTraffic",
    "StateRow",
    "StudioDialogue",
    "StudioSet",
    "StudioSlice",
    "Team",
    "TeamMember",
    "Ticket",
    "TicketColumnChoice",
    "TicketEvent",
    "TicketRequest",
    "TrackAnswer",
    "WaybillGrant",
    "WaybillRow",
    "WaybillWatch",
    "WeChatCall",
    "WeChatCarried",
    "WeChatConsent",
    "WeChatFollower",
    "WeChatMedia",
    "WeChatNonce",
    "WeChatOffer",
    "WeChatUnsaid",
    "WeComCursor",
    "WeComCustomer",
    "WeComMedia",
    "WeComSession",
    "WebAccount",
    "WebhookDelivery",
    "WebhookSubscription",
    "Writer",
]
