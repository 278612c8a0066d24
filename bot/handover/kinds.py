"""States of a person at the desk."""

from enum import StrEnum


class AgentState(StrEnum):
    """``online``: is offered customers; ``on_break``: keeps the conversations held, is offered none."""

    online = "online"
    on_break = "break"
    offline = "offline"
