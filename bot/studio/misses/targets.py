"""Where a sentence could belong: ``intent:urge_delivery`` or ``topic:price.how_charged``; pure."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from actions.intents import CONVERSATION

TargetKind: TypeAlias = Literal["intent", "topic"]
OUT_OF_SCOPE = "intent:out_of_scope"
NOT_TAUGHT = frozenset({"nlu_fallback", "faq", "inform"})
"""Intents that a miss is never assigned to by itself: they say nothing of what was meant."""


@dataclass(frozen=True)
class Target:
    """An intent, or a topic of the knowledge base."""

    kind: TargetKind
    name: str

    def __str__(self) -> str:
        return f"{self.kind}:{self.name}"

    @classmethod
    def of(cls, text: str) -> "Target | None":
        kind, _, name = text.partition(":")
        if kind not in ("intent", "topic") or not name:
            return None
        return cls("intent" if kind == "intent" else "topic", name)


def target_of_button(payload: str) -> str | None:
    """What a button of 您是不是想问 stands for; None for 都不是 and 转人工."""
    name, brace, rest = payload.removeprefix("/").partition("{")
    if not payload.startswith("/"):
        return None
    if name == "faq" and brace:
        topic = _facts(brace + rest).get("faq_topic")
        return f"topic:{topic}" if topic else None
    return None if name in CONVERSATION else f"intent:{name}"


def _facts(text: str) -> Mapping[str, Any]:
    try:
        facts = json.loads(text)
    except ValueError:
        return {}
    return facts if isinstance(facts, dict) else {}
