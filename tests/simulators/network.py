"""A network on which simulated services have the addresses of the real ones."""

from collections.abc import Mapping

import httpx
from fastapi import FastAPI


class SimulatedNetwork(httpx.AsyncBaseTransport):
    """Leads a request to the application whose name its host contains.  Everything else cannot be reached."""

    def __init__(self, hosts: Mapping[str, FastAPI]) -> None:
        self._hosts = {part: httpx.ASGITransport(app) for part, app in hosts.items()}

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        for part, transport in self._hosts.items():
            if part in request.url.host:
                return await transport.handle_async_request(request)
        raise httpx.ConnectError("no such host", request=request)
