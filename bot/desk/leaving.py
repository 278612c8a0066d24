"""Pages whose session is over go to the login."""

import asyncio
from weakref import WeakKeyDictionary

from nicegui import Client, ui

FAREWELL_S = 2.0
"""So long a browser has to go where it is sent."""

_sent: WeakKeyDictionary[Client, float] = WeakKeyDictionary()


def send_to_login(client: Client) -> None:
    """Once in a while only: a second order would break off the way that the browser is on."""
    now = asyncio.get_running_loop().time()
    if now - _sent.get(client, -FAREWELL_S) < FAREWELL_S:
        return
    _sent[client] = now
    with client:
        ui.navigate.to("/login")
