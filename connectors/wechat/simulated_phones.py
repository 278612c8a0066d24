"""What the simulated WeChat is made of: followers with their phones, and what can be otherwise about an account."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta


@dataclass
class Phone:
    """A follower: what stands on the screen, and what the platform remembers of them."""

    openid: str
    unionid: str = ""
    follows: bool = True
    blocks: bool = False
    screen: list[str] = field(default_factory=list)
    menu: dict[str, str] = field(default_factory=dict)
    wrote_at: datetime | None = None
    left: int = 0
    acted_at: datetime | None = None
    left_of_action: int = 0
    typing_until: datetime | None = None

    def shows(self, what: str) -> None:
        self.screen.append(what)


@dataclass(frozen=True)
class Pushed:
    """One attempt to push, and what came back; ``status`` 0 means that nothing came in time."""

    body: bytes
    query: dict[str, str]
    status: int
    text: str


@dataclass
class Rules:
    """What can be otherwise about an account, or wrong with the platform.

    Parameters
    ----------
    rejects_tokens: every token is answered with 40001, for ever.
    may_send: the account has the right to customer-service messages (48001 otherwise).
    shows_menus: it may send ``msgmenu`` (40200 otherwise).
    answers: error codes to be given for the next calls of a path, e.g. ``{"message/custom/send": ["45011"]}``.
    """

    messages: int = 5
    window: timedelta = timedelta(hours=48)
    event_messages: int = 3
    event_window: timedelta = timedelta(minutes=1)
    text_bytes: int = 2048
    rejects_tokens: bool = False
    may_send: bool = True
    shows_menus: bool = True
    ip_allowed: bool = True
    keeps_records: bool = True
    recognises_speech: bool = False
    answers: dict[str, list[str]] = field(default_factory=dict)
