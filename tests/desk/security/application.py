"""The whole application in this process, as it is served, with an engine that says nothing in place of Rasa."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from fastapi import FastAPI
from nicegui import app as nicegui_app
from starlette.routing import BaseRoute, Mount

from bot.app import create_app
from bot.settings import Settings

API_TOKEN = "token-of-other-systems"
BASE = "http://desk.test"


class SilentEngine:
    """Nobody talks with the bot here."""

    async def respond(self, *_: object, **__: object) -> list[Any]:
        return []


@dataclass(frozen=True, order=True)
class Address:
    """One route: ``GET /api/v1/people``; a socket's method is ``WS``, a folder's ``FOLDER``."""

    path: str
    method: str

    def __str__(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def is_page(self) -> bool:
        return self.method == "GET" and self.path.startswith("/desk/")

    @property
    def changes(self) -> bool:
        return self.method in ("POST", "PUT", "PATCH", "DELETE")


def make_settings(url: str, folder: Path, **given: Any) -> Settings:
    """Settings under which every route there can be is there."""
    aes_key = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
    values: dict[str, Any] = {
        "database_url": url,
        "data_dir": folder,
        "public_url": BASE,
        "worker": "separate",
        "api_token": API_TOKEN,
        "admin_password": "the very first password",
        "desk_second_factor_roles": [],
        "oidc_issuer": "https://sso.test",
        "oidc_client_id": "desk",
        "oidc_client_secret": "secret",
        "wechat_app_id": "wx0123456789abcdef",
        "wechat_secret": "secret",
        "wechat_token": "token",
        "wechat_aes_key": aes_key,
        "wecom_corp_id": "ww0123456789abcdef",
        "wecom_secret": "secret",
        "wecom_token": "token",
        "wecom_aes_key": aes_key,
        "sms_routes": {"*": "twilio"},
        "sms_callback_token": "token",
        "sms_twilio_account_sid": "AC0123456789abcdef",
        "sms_twilio_auth_token": "token",
        "sms_twilio_sender": "+15005550006",
        "kuaidi100_customer": "customer",
        "kuaidi100_key": "key",
        "kuaidi100_salt": "salt",
        "kuaidi100_callback_url": "https://desk.test/tracking/kuaidi100",
        "sf_partner_id": "partner",
        "sf_checkword": "checkword",
        "sf_push_token": "token-of-the-carrier",
    }
    return Settings(_env_file=None, **values | given)


def make_application(settings: Settings) -> FastAPI:
    return create_app(settings, engine=SilentEngine())  # type: ignore[arg-type]  # all that is asked of it here


@asynccontextmanager
async def started(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """The application between its start and its stop, and a client without cookies."""
    transport = httpx.ASGITransport(app=app, client=("203.0.113.77", 5000))
    async with app.router.lifespan_context(app), httpx.AsyncClient(transport=transport, base_url=BASE) as client:
        yield client


def addresses(app: FastAPI) -> list[Address]:
    """Every route of the application and every page of NiceGUI's below ``/desk``; NiceGUI's own files left out."""
    own = [one for one in _walk(app.routes) if one != Address("/desk", "FOLDER")]
    pages = [Address(f"/desk{one.path}", one.method) for one in _walk(nicegui_app.routes)]
    return sorted({*own, *(one for one in pages if not one.path.startswith("/desk/_nicegui"))})


def _walk(routes: list[BaseRoute]) -> Iterator[Address]:
    for route in routes:
        included = getattr(route, "original_router", None)
        if included is not None:
            yield from _walk(included.routes)
        elif isinstance(route, Mount):
            yield Address(route.path, "FOLDER")
        else:
            path: str = route.path  # type: ignore[attr-defined]  # all others have one
            methods = set(getattr(route, "methods", None) or {"WS"}) - {"HEAD"}
            yield from (Address(path, method) for method in methods)
