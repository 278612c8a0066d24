"""Simulated services with our accounts there, and the clients that talk to them in process."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from connectors.tracking.kuaidi100.account import Kuaidi100Account
from connectors.tracking.kuaidi100.client import Kuaidi100Client
from connectors.tracking.kuaidi100.source import Kuaidi100Source
from connectors.tracking.sf.account import SfAccount
from connectors.tracking.sf.client import SfClient
from connectors.tracking.sf.source import SfSource
from tests.simulators.kuaidi100 import Kuaidi100Simulator, Parcel, row
from tests.simulators.sf import SfSimulator, route

PAYLOADS = Path(__file__).parents[2] / "fixtures" / "tracking"

SF_NUMBER = "SF1234567890123"
YTO_NUMBER = "YT1234567890123"


def payload(name: str) -> dict[str, Any]:
    return json.loads((PAYLOADS / name).read_text(encoding="utf-8"))


class Pauses:
    """A sleep that takes no time and remembers how long it was asked for."""

    def __init__(self) -> None:
        self.taken: list[float] = []

    async def __call__(self, seconds: float) -> None:
        self.taken.append(seconds)


@pytest.fixture
def pauses() -> Pauses:
    return Pauses()


@pytest.fixture
def account() -> Kuaidi100Account:
    return Kuaidi100Account(
        customer="CUST0001",
        key=SecretStr("KEYabc123"),
        salt=SecretStr("SALT"),
        callback_url="https://chat.example.com/webhooks/kuaidi100",
    )


@pytest.fixture
def kuaidi100(clock) -> Kuaidi100Simulator:
    """It knows a parcel of YTO, and one of SF to whoever knows 1234."""
    simulator = Kuaidi100Simulator(clock)
    simulator.add(
        Parcel(
            "yuantong",
            YTO_NUMBER,
            state="5",
            rows=[
                row("2026-03-04 08:20:00", "【深圳市】快件正在派件", "5", "派件", "广东,深圳市,宝安区"),
                row("2026-03-03 21:00:00", "【深圳转运中心】已到达派件城市", "1001", "到达派件城市", "广东,深圳市"),
                row("2026-03-02 18:00:00", "【杭州市】已收件", "103", "揽收", "浙江,杭州市,西湖区"),
            ],
        )
    )
    sf_rows = [row("2026-03-03 12:00:00", "已收取快件", "103", "揽收")]
    simulator.add(Parcel("shunfeng", SF_NUMBER, sf_rows, state="1", tails=("1234", "5678")))
    return simulator


@pytest.fixture
async def kuaidi100_http(kuaidi100) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(kuaidi100.app)) as http:
        yield http


@pytest.fixture
def kuaidi100_client(account, kuaidi100_http, clock, pauses) -> Kuaidi100Client:
    return Kuaidi100Client(account, kuaidi100_http, clock, pauses)


@pytest.fixture
def kuaidi100_source(kuaidi100_client, clock) -> Kuaidi100Source:
    return Kuaidi100Source(kuaidi100_client, clock)


@pytest.fixture
def sf() -> SfSimulator:
    """It shows one parcel to whoever knows 1234 or 5678."""
    simulator = SfSimulator()
    routes = [
        route("2026-03-02 18:00:00", "已收取快件", "50"),
        route("2026-03-03 02:00:00", "快件到达【广州白云中转场】", "31", "广州市"),
        route("2026-03-04 08:30:00", "正在派送途中", "44", "广州市", firstStatusCode="3"),
    ]
    simulator.add(SF_NUMBER, ("1234", "5678"), routes)
    return simulator


@pytest.fixture
def sf_account() -> SfAccount:
    return SfAccount(partner_id="PARTNER1", checkword=SecretStr("check*word~1"))


@pytest.fixture
async def sf_client(sf, sf_account, clock) -> AsyncIterator[SfClient]:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(sf.app)) as http:
        yield SfClient(sf_account, http, clock)


@pytest.fixture
def sf_source(sf_client, clock) -> SfSource:
    return SfSource(sf_client, clock)
