"""A sender without a network: it keeps what would have been sent, and answers as it is told to."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.errors import WebhookUnreachableError
from bot.outbox.sending import checked_url


@dataclass(frozen=True)
class Sent:
    """One POST."""

    url: str
    body: bytes
    headers: Mapping[str, str]


@dataclass
class InMemorySender:
    """``answers`` are given one after the other, None for no answer at all; when they are used up, it is 200."""

    answers: list[int | None] = field(default_factory=list)
    sent: list[Sent] = field(default_factory=list)

    async def check(self, url: str) -> None:
        checked_url(url)

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> int:
        checked_url(url)
        self.sent.append(Sent(url, body, headers))
        answer = self.answers.pop(0) if self.answers else 200
        if answer is None:
            raise WebhookUnreachableError("nobody is there")
        return answer
