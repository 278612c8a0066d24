"""What gateways call."""

from fastapi import APIRouter

from bot.clock import Clock
from bot.inbox.ports import Inbox
from connectors.sms.accounts import Accounts
from connectors.sms.aliyun.webhook import make_router as make_aliyun_router
from connectors.sms.tencent.webhook import make_router as make_tencent_router
from connectors.sms.twilio.webhook import make_router as make_twilio_router


def router_of(accounts: Accounts, inbox: Inbox, clock: Clock) -> APIRouter:
    """The endpoints of the gateways that are configured."""
    router = APIRouter()
    if accounts.aliyun_gate:
        router.include_router(make_aliyun_router(accounts.aliyun_gate, inbox, clock))
    if accounts.tencent_gate:
        router.include_router(make_tencent_router(accounts.tencent_gate, inbox, clock))
    if accounts.twilio:
        router.include_router(make_twilio_router(accounts.twilio, inbox, clock))
    return router
