"""``bot simulate sms``: a customer in a terminal, the platform where it is, and a gateway between them."""

import httpx
import pytest
from fastapi import FastAPI
from typer.testing import CliRunner

from bot.errors import SettingsError
from bot.settings import Settings
from connectors.sms.commands import sms_app
from connectors.sms.numbers import parse_number
from connectors.sms.simulating import Simulation, settings_lines
from tests.connectors.sms.conftest import ABROAD, MOBILE, PUBLIC, settings_for

ANSWER = "运单 YD2026000000011 **派送中**\n今天"


async def chat(world, settings, catalogue, number):
    """A simulated chat with the world's platform: its gateways, exchanged for the simulation."""
    shown = []
    simulation = Simulation(
        settings, catalogue, world.clock, parse_number(number), platform=PUBLIC, show=lambda sms: shown.append(sms.text)
    )
    gateway = world.routes.to(parse_number(number)).gateway
    gateway._http = httpx.AsyncClient(transport=httpx.ASGITransport(simulation.app))
    assert await simulation.write(world.http, "查件") == 200
    await world.read_all()
    await world.say(ANSWER, to=number)
    await simulation.report_new(world.http)
    await simulation.report_new(world.http)
    await world.read_all()
    await gateway._http.aclose()
    return shown


@pytest.mark.parametrize("number", [MOBILE, ABROAD])
async def test_a_developer_can_chat_as_a_customer(world, catalogue, number):
    shown = await chat(world, settings_for(catalogue), catalogue, number)

    assert world.conversations.texts == ["查件"]
    assert len(shown) == 1
    assert "YD2026000000011" in shown[0]
    assert [state for _, state, _ in world.deliveries.reports] == ["delivered"]


async def test_a_developer_can_chat_through_tencent(tencent_world, catalogue):
    shown = await chat(tencent_world, settings_for(catalogue, "tencent"), catalogue, MOBILE)

    assert "YD2026000000011" in shown[0]
    assert [state for _, state, _ in tencent_world.deliveries.reports] == ["delivered"]


async def test_twilio_signs_the_public_address_though_it_is_called_elsewhere(world, catalogue):
    from connectors.sms.accounts import accounts_of
    from connectors.sms.receiving import router_of
    from tests.fakes import FakeInbox

    inbox = FakeInbox()
    app = FastAPI()
    settings = settings_for(catalogue, public_url="https://behind.a.proxy")
    app.include_router(router_of(accounts_of(settings), inbox, world.clock))
    simulation = Simulation(
        settings, catalogue, world.clock, parse_number(ABROAD), platform="http://127.0.0.1:8080", show=print
    )

    async with httpx.AsyncClient(transport=httpx.ASGITransport(app)) as http:
        assert await simulation.write(http, "hi") == 200

    assert len(inbox.letters) == 1


def test_the_lines_for_env_are_a_whole_configuration(catalogue, tmp_path, clock):
    path = tmp_path / ".env"
    lines = settings_lines(catalogue, port=8091, public_url="http://127.0.0.1:8080")
    path.write_text("\n".join(lines), encoding="utf-8")

    settings = Settings(_env_file=path)

    for number in (MOBILE, ABROAD):
        Simulation(settings, catalogue, clock, parse_number(number), platform="http://x", show=print)


def test_without_configuration_there_is_nothing_to_simulate(catalogue, clock):
    for settings in (Settings(_env_file=None), Settings(_env_file=None, sms_routes={"86": "console"})):
        with pytest.raises(SettingsError):
            Simulation(settings, catalogue, clock, parse_number(MOBILE), platform="http://x", show=print)


def test_the_command_prints_templates_as_a_platform_wants_them():
    runner = CliRunner()

    tencent = runner.invoke(sms_app, ["templates", "tencent"])
    aliyun = runner.invoke(sms_app, ["templates", "aliyun"])

    assert "verify             您的验证码是{1}，{2}分钟内有效" in tencent.output
    assert "verify             您的验证码是${code}，${minutes}分钟内有效" in aliyun.output
    assert runner.invoke(sms_app, ["templates", "pigeon"]).exit_code != 0
