"""Phones: what their owners see."""

from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Shown:
    """One SMS on a screen; ``number`` has the phone, in E.164."""

    number: str
    text: str


@dataclass
class Handsets:
    """All phones.  ``when_shown`` is called with each SMS that arrives."""

    shown: list[Shown] = field(default_factory=list)
    when_shown: Callable[[Shown], None] = lambda _: None

    def show(self, number: str, text: str) -> None:
        self.shown.append(Shown(number, text))
        self.when_shown(self.shown[-1])

    def of(self, number: str) -> list[str]:
        return [each.text for each in self.shown if each.number == number]
