"""Choosing services to look at, without favour: the same seed and the same candidates give the same choice.  Pure."""

import hashlib
import random
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from bot.desk.leading.kinds import SampleReason
from bot.desk.leading.sheets import PlanRule


@dataclass(frozen=True)
class Service:
    """One person's service of a customer, from taking the conversation until it went on.

    Parameters
    ----------
    move_id: of the taking; what it is known by.
    waited_s: seconds the customer had waited.
    score: stars the customer gave it, if any; ``complaint``: the ticket it led to, if any.
    """

    move_id: int
    conversation_id: UUID
    agent: str
    team: str | None
    channel: str
    served_at: datetime
    ended_at: datetime | None
    waited_s: float = 0.0
    score: int | None = None
    complaint: str | None = None


@dataclass(frozen=True)
class Drawn:
    """A service with the sheet it is scored by, and every rule that drew it."""

    service: Service
    sheet: str
    because: tuple[dict[str, Any], ...]


@dataclass(frozen=True)
class Draw:
    """What was drawn.  ``candidates``: by reason, how many there were and the hash of which."""

    drawn: tuple[Drawn, ...]
    candidates: dict[str, dict[str, Any]]


@dataclass
class _Chosen:
    services: dict[int, Service] = field(default_factory=dict)
    sheets: dict[int, str] = field(default_factory=dict)
    because: dict[int, list[dict[str, Any]]] = field(default_factory=lambda: defaultdict(list))

    def add(self, rule: PlanRule, service: Service, **about: Any) -> None:
        self.services[service.move_id] = service
        self.sheets.setdefault(service.move_id, rule.sheet)
        self.because[service.move_id].append({"reason": rule.reason.value, **about})


def draw(services: Sequence[Service], rules: Iterable[PlanRule], seed: str) -> Draw:
    """By each rule in turn; a service two rules draw is one sample with two reasons."""
    chosen, candidates = _Chosen(), {}
    for rule in rules:
        if rule.is_on:
            found = sorted((one for one in services if _fits(rule, one)), key=lambda one: one.move_id)
            candidates[rule.reason.value] = {"count": len(found), "sha256": fingerprint(found)}
            _choose(rule, found, f"{seed}:{rule.reason.value}", chosen)
    return Draw(
        drawn=tuple(
            Drawn(service, chosen.sheets[move_id], tuple(chosen.because[move_id]))
            for move_id, service in sorted(chosen.services.items())
        ),
        candidates=candidates,
    )


def fingerprint(services: Iterable[Service]) -> str:
    """SHA-256 of the sorted ids, one a line: what the choice was made from can be shown later."""
    ids = sorted(service.move_id for service in services)
    return hashlib.sha256("\n".join(map(str, ids)).encode()).hexdigest()


def _choose(rule: PlanRule, found: list[Service], seed: str, chosen: _Chosen) -> None:
    if rule.reason is SampleReason.per_agent:
        by_agent: dict[str, list[Service]] = defaultdict(list)
        for service in found:
            by_agent[service.agent].append(service)
        for agent, theirs in sorted(by_agent.items()):
            for service in _some(theirs, rule.count, f"{seed}:{agent}"):
                chosen.add(rule, service, agent=agent, of=len(theirs), count=rule.count)
        return
    for service in _some(found, rule.count, seed):
        chosen.add(rule, service, **_about(rule, service, len(found)))


def _some(services: list[Service], count: int, seed: str) -> list[Service]:
    """So many of them, each as likely as any other; a seed that is text is the same on every machine."""
    return random.Random(seed).sample(services, min(count, len(services)))


def _fits(rule: PlanRule, service: Service) -> bool:
    match rule.reason:
        case SampleReason.low_rating:
            return service.score is not None and service.score <= rule.threshold
        case SampleReason.long_wait:
            return service.waited_s >= rule.threshold
        case SampleReason.complaint:
            return service.complaint is not None
        case SampleReason.by_hand:
            return False
    return True


def _about(rule: PlanRule, service: Service, of: int) -> dict[str, Any]:
    match rule.reason:
        case SampleReason.low_rating:
            return {"score": service.score}
        case SampleReason.long_wait:
            return {"minutes": int(service.waited_s // 60)}
        case SampleReason.complaint:
            return {"ticket_no": service.complaint}
    return {"of": of, "count": rule.count}
