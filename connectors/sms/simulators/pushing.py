"""Pushing like a platform: again and again until it is acknowledged, but not for ever."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import httpx


@dataclass(frozen=True)
class Pending:
    """A push that was not acknowledged; ``times`` it was tried."""

    url: str
    content: Any
    times: int
    due: datetime


class Pusher:
    """Pushes JSON.

    Parameters
    ----------
    pauses: before each repetition.
    is_ack: whether an answer says that it was taken.
    """

    def __init__(
        self, clock: Callable[[], datetime], pauses: Sequence[timedelta], is_ack: Callable[[Any], bool]
    ) -> None:
        self._clock = clock
        self._pauses = pauses
        self._is_ack = is_ack
        self.pending: list[Pending] = []
        self.given_up: list[Pending] = []

    async def push(self, http: httpx.AsyncClient, url: str, content: Any, *, times: int = 0) -> int:
        """The status of the answer, 0 for none."""
        status, acknowledged = await self._post(http, url, content)
        if not acknowledged:
            self._remember(url, content, times)
        return status

    async def repeat_due(self, http: httpx.AsyncClient) -> int:
        """Push again what is due by now; how many that were."""
        now = self._clock()
        due = [each for each in self.pending if each.due <= now]
        self.pending = [each for each in self.pending if each.due > now]
        for each in due:
            await self.push(http, each.url, each.content, times=each.times)
        return len(due)

    async def _post(self, http: httpx.AsyncClient, url: str, content: Any) -> tuple[int, bool]:
        try:
            answer = await http.post(url, json=content)
        except httpx.TransportError:
            return 0, False
        try:
            return answer.status_code, answer.status_code == 200 and self._is_ack(answer.json())
        except ValueError:
            return answer.status_code, False

    def _remember(self, url: str, content: Any, times: int) -> None:
        if times < len(self._pauses):
            self.pending.append(Pending(url, content, times + 1, self._clock() + self._pauses[times]))
        else:
            self.given_up.append(Pending(url, content, times, self._clock()))
