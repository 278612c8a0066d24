"""Ports for servers that a test starts in a process of their own, or starts again where they stood."""

import random
import socket
from contextlib import suppress

_CHANCE = random.SystemRandom()
_given: set[int] = set()


def free_port() -> int:
    """A port nobody listens on, never the same twice in a run.

    It lies below those the system gives to outgoing connections, so that nobody takes it between this call and the
    server's start.  By the system's own chance, because hypothesis seeds Python's alike before each test.
    """
    while True:
        port = _CHANCE.randrange(20_000, 28_000)
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            if port not in _given:
                _given.add(port)
                return port
