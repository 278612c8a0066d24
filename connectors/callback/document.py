"""The published schema: what accounts call, and what they are called with (OpenAPI 3.1)."""

import json
from pathlib import Path
from typing import Any

from fastapi import APIRouter, FastAPI, Header
from fastapi.openapi.utils import get_openapi

from connectors.callback.schemas import (
    EnterRequest,
    MessageEvent,
    MessageRequest,
    ModeEvent,
    PingEvent,
    ReadRequest,
    ReportRequest,
    TypingEvent,
    TypingRequest,
)

FILE = Path(__file__).resolve().parents[2] / "docs" / "callback-channel.openapi.json"
_READ_BY_HAND = (MessageRequest, EnterRequest, TypingRequest, ReadRequest, ReportRequest)
_EVENTS = {"message": MessageEvent, "typing": TypingEvent, "mode": ModeEvent, "ping": PingEvent}
_ANSWERS: dict[int | str, dict[str, Any]] = {
    204: {"description": "Taken.  Any 2xx will do; the body is not read."},
    410: {"description": "This contact is gone for good: the message is not sent again."},
    422: {"description": "This message will never be taken (400, 413 and 415, too): it is not sent again."},
    503: {"description": "Not now (also 429, any other 5xx, no answer within 10 s): sent again with growing pauses."},
}
_SECURITY = {
    "token": {"type": "http", "scheme": "bearer", "description": "The account's token."},
    "signature": {
        "type": "apiKey",
        "in": "header",
        "name": "X-Kuaida-Signature",
        "description": 't=<unix seconds>,v1=<hex HMAC-SHA256(secret, "t.body")>, no older than five minutes.',
    },
}


def schema(router: APIRouter) -> dict[str, Any]:
    """The document of the channel's router."""
    app = FastAPI()
    app.include_router(router)
    for name, model in _EVENTS.items():
        _add_event(app, name, model)
    found = get_openapi(title="Kuaida callback channel", version="1", routes=app.routes, webhooks=app.webhooks.routes)
    schemas = found["components"]["schemas"]
    for model in _READ_BY_HAND:
        described = model.model_json_schema(ref_template="#/components/schemas/{model}")
        schemas.update(described.pop("$defs", {}))
        schemas[model.__name__] = described
    found["components"]["securitySchemes"] = _SECURITY
    found["security"] = [{"token": []}, {"signature": []}]
    return found


def text_of(document: dict[str, Any]) -> str:
    return json.dumps(document, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def _add_event(app: FastAPI, name: str, model: Any) -> None:
    async def called(
        event: model,
        x_kuaida_event: str = Header(),
        x_kuaida_delivery: str = Header(),
        x_kuaida_signature: str = Header(),
    ) -> None: ...

    called.__doc__ = model.__doc__
    app.webhooks.add_api_route(name, called, methods=["POST"], status_code=204, responses=_ANSWERS)
