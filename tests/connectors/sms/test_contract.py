"""What every gateway promises, whichever it is."""

from dataclasses import dataclass
from datetime import timedelta

import httpx
import pytest

from bot.delivery.ports import Sent, TryAgainError
from connectors.sms.console import ConsoleGateway
from connectors.sms.gateway import Filled, Gateway, Sms
from connectors.sms.numbers import parse_number
from tests.connectors.sms.conftest import ABROAD, MOBILE


@dataclass
class Subject:
    """A gateway with an SMS that it takes."""

    gateway: Gateway
    sms: Sms
    seen: list[str]


def _template(simulator, number) -> Sms:
    code = next(code for code, text in simulator.templates.items() if "官网" in text)
    return Sms(number, "our-id", "您咨询的问题已有答复", Filled("visit", code, ()))


@pytest.fixture(params=["aliyun", "tencent", "twilio", "console"])
def subject(request, world, tencent_world) -> Subject:
    mobile, abroad = parse_number(MOBILE), parse_number(ABROAD)
    if request.param == "console":
        seen: list[str] = []
        return Subject(ConsoleGateway(seen.append), Sms(mobile, "our-id", "您好"), seen)
    if request.param == "twilio":
        return Subject(world.routes.to(abroad).gateway, Sms(abroad, "our-id", "hello"), world.handsets.shown)
    each = world if request.param == "aliyun" else tencent_world
    simulator = each.aliyun if request.param == "aliyun" else each.tencent
    return Subject(each.routes.to(mobile).gateway, _template(simulator, mobile), each.handsets.shown)


async def test_what_is_sent_is_seen_once_and_has_an_id_of_its_gateway(subject):
    sent = await subject.gateway.send(subject.sms)

    assert isinstance(sent, Sent)
    assert sent.platform_id.startswith(f"{subject.gateway.name}:")
    assert len(sent.platform_id) > len(subject.gateway.name) + 1
    assert len(subject.seen) == 1


async def test_whether_it_was_sent_is_told_or_left_open_but_never_told_wrongly(subject, clock):
    before = await subject.gateway.was_sent(subject.sms, since=clock())
    await subject.gateway.send(subject.sms)
    after = await subject.gateway.was_sent(subject.sms, since=clock())

    assert before in (False, None)
    assert after in (True, None)
    assert (before is None) == (after is None)


@pytest.mark.parametrize("subject", ["aliyun", "tencent", "twilio"], indirect=True)
async def test_a_gateway_that_is_away_is_tried_again(subject, monkeypatch):
    def away(request):
        raise httpx.ConnectError("refused", request=request)

    async with httpx.AsyncClient(transport=httpx.MockTransport(away)) as http:
        monkeypatch.setattr(subject.gateway, "_http", http)
        with pytest.raises(TryAgainError) as trouble:
            await subject.gateway.send(subject.sms)

    assert not trouble.value.may_have_arrived
    assert "139" not in str(trouble.value)


async def test_what_went_out_long_ago_was_not_sent_just_now(subject, clock):
    await subject.gateway.send(subject.sms)
    clock.advance(timedelta(days=2))
    other = Sms(subject.sms.number, "another-id", subject.sms.text, subject.sms.template)

    assert await subject.gateway.was_sent(other, since=clock()) in (False, None)
