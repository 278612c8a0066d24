"""What the wall shows, made out of what was read: pure, and different only by whose wall it is."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from bot.desk.context import visitor_label
from bot.desk.leading.kinds import Heat
from bot.desk.leading.settings import WallSettings, heat
from bot.desk.leading.who import Scope
from bot.handover.kinds import AgentState
from bot.handover.presence import AgentCard
from bot.network.model import Tier

SHOWN_WAITING = 40
_ORDER = {AgentState.online: 0, AgentState.on_break: 1, AgentState.offline: 2}


class Frozen(BaseModel):
    model_config = ConfigDict(frozen=True)


@dataclass(frozen=True)
class Waiting:
    """Somebody who waits for a person."""

    id: UUID
    customer_id: UUID
    channel: str
    team: str | None
    reason: str | None
    since: datetime
    offered_to: str | None


@dataclass(frozen=True)
class Today:
    """Figures since midnight in China.

    Parameters
    ----------
    conversations: those a customer wrote in; ``by_bot`` of them never asked for a person.
    waited: (seconds, how it ended) of everybody who asked for one; ``accept``, ``leave``, ``promise``, ``end``, or
        ``waits``.
    """

    conversations: int = 0
    by_bot: int = 0
    handed_over: tuple[tuple[str, int], ...] = ()
    waited: tuple[tuple[float, str], ...] = ()


@dataclass(frozen=True)
class Risk:
    """Open tickets of one owner whose deadline is over, or over soon."""

    tier: str
    unit: str | None
    province: str | None
    overdue: int
    due_soon: int


@dataclass(frozen=True)
class Facts:
    """Everything that was read at one moment.  ``places``: where each agent works, as (unit, province)."""

    at: datetime
    waiting: Sequence[Waiting] = ()
    agents: Sequence[AgentCard] = ()
    places: dict[str, tuple[str | None, str | None]] | None = None
    teams: dict[str, str] | None = None
    bot_now: int = 0
    today: Today = field(default_factory=Today)
    risks: Sequence[Risk] = ()
    failures: Sequence[tuple[str, int, int]] = ()
    inbox: int = 0
    aside: int = 0
    outgoing: int = 0
    events: int = 0


class TeamLine(Frozen):
    """A team's queue; ``team`` is None for those whom no rule sent anywhere.  ``free``: customers it could take now."""

    team: str | None
    label: str
    waiting: int
    longest_since: datetime | None
    heat: Heat
    online: int
    free: int


class AgentLine(Frozen):
    """``heat`` tells of the load, ``state_heat`` of a break that lasts."""

    username: str
    name: str
    state: AgentState
    why: str
    since: datetime
    is_there: bool
    held: int
    offered: int
    capacity: int
    teams: tuple[str, ...]
    heat: Heat
    state_heat: Heat


class WaitingLine(Frozen):
    id: UUID
    visitor: str
    channel: str
    team: str
    reason: str | None
    since: datetime
    offered_name: str | None
    heat: Heat


class Share(Frozen):
    """A share of 1, or None while there is nothing to share."""

    value: float | None
    heat: Heat = Heat.calm


class TierRisk(Frozen):
    tier: str
    overdue: int
    due_soon: int


class ChannelTrouble(Frozen):
    channel: str
    dead: int
    held: int
    heat: Heat


class Count(Frozen):
    value: int
    heat: Heat = Heat.calm


class Board(Frozen):
    """The wall.  All since midnight in China where it is not of this moment.

    Parameters
    ----------
    abandoned: who left the queue before anybody came; ``abandoned_share`` of all who asked.
    promised: told that nobody is there, and answered later.
    service_level: accepted within ``accept_within_s`` seconds, of those who could have been.
    """

    at: datetime
    scope_unit: str | None
    scope_province: str | None
    waiting: Count
    longest_since: datetime | None
    longest_heat: Heat
    teams: tuple[TeamLine, ...]
    queue: tuple[WaitingLine, ...]
    agents: tuple[AgentLine, ...]
    online: int
    on_break: int
    held: int
    bot_now: int
    conversations: int
    bot_share: Share
    handed_over: tuple[tuple[str, int], ...]
    handed_over_count: int
    accepted: int
    abandoned: Count
    abandoned_share: Share
    promised: int
    service_level: Share
    accept_within_s: int
    overdue: Count
    due_soon: Count
    tickets: tuple[TierRisk, ...]
    failures: tuple[ChannelTrouble, ...]
    failed: Count
    inbox: Count
    aside: Count
    outgoing: Count
    events: Count


def board_of(facts: Facts, scope: Scope, settings: WallSettings) -> Board:
    """One wall: people and tickets of the scope; the queue and the channels are everybody's."""
    agents = [card for card in facts.agents if scope.covers(*(facts.places or {}).get(card.username, (None, None)))]
    risks = [risk for risk in facts.risks if scope.covers(risk.unit, risk.province)]
    first = min((one.since for one in facts.waiting), default=None)
    overdue, soon = sum(risk.overdue for risk in risks), sum(risk.due_soon for risk in risks)
    failed = sum(dead for _, dead, _ in facts.failures)
    return Board(
        at=facts.at,
        scope_unit=scope.unit,
        scope_province=scope.province,
        waiting=_count(len(facts.waiting), settings.waiting),
        longest_since=first,
        longest_heat=_age_heat(first, facts.at, settings.longest_wait_s),
        teams=_teams(facts, settings),
        queue=_queue(facts, settings),
        agents=_agents(agents, facts, settings),
        online=sum(card.state is AgentState.online for card in agents),
        on_break=sum(card.state is AgentState.on_break for card in agents),
        held=sum(card.held for card in agents),
        bot_now=facts.bot_now,
        **_today(facts.today, settings),
        overdue=_count(overdue, settings.overdue),
        due_soon=Count(value=soon, heat=Heat.amber if soon else Heat.calm),
        tickets=_tiers(risks),
        failures=tuple(
            ChannelTrouble(channel=channel, dead=dead, held=held, heat=heat(dead, settings.failures))
            for channel, dead, held in facts.failures
        ),
        failed=_count(failed, settings.failures),
        inbox=_count(facts.inbox, settings.backlog),
        aside=_count(facts.aside, settings.failures),
        outgoing=_count(facts.outgoing, settings.backlog),
        events=_count(facts.events, settings.backlog),
    )


def _count(value: int, steps: tuple[float, float]) -> Count:
    return Count(value=value, heat=heat(value, steps))


def _age_heat(since: datetime | None, now: datetime, steps: tuple[float, float]) -> Heat:
    return heat((now - since).total_seconds() if since else None, steps)


def _share(part: int, whole: int, steps: tuple[float, float] | None = None) -> Share:
    value = part / whole if whole else None
    return Share(value=value, heat=heat(value, steps) if steps else Heat.calm)


def _teams(facts: Facts, settings: WallSettings) -> tuple[TeamLine, ...]:
    """Every team somebody waits for or works in, the longest wait first."""
    labels = facts.teams or {}
    staffed = {team for card in facts.agents if card.is_there for team in card.teams}
    asked = {one.team for one in facts.waiting}
    lines = []
    for team in sorted(asked | staffed, key=lambda name: name or ""):
        since = sorted(one.since for one in facts.waiting if one.team == team)
        there = [card for card in facts.agents if card.takes_offers and card.serves(team)]
        lines.append(
            TeamLine(
                team=team,
                label=labels.get(team or "", team or ""),
                waiting=len(since),
                longest_since=since[0] if since else None,
                heat=_age_heat(since[0] if since else None, facts.at, settings.longest_wait_s),
                online=sum(card.state is AgentState.online and card.serves(team) for card in facts.agents),
                free=sum(card.free for card in there),
            )
        )
    return tuple(sorted(lines, key=lambda line: line.longest_since or facts.at + timedelta(days=1)))


def _queue(facts: Facts, settings: WallSettings) -> tuple[WaitingLine, ...]:
    """Those who wait longest."""
    names = {card.username: card.name for card in facts.agents}
    labels = facts.teams or {}
    return tuple(
        WaitingLine(
            id=one.id,
            visitor=visitor_label(one.customer_id),
            channel=one.channel,
            team=labels.get(one.team or "", one.team or ""),
            reason=one.reason,
            since=one.since,
            offered_name=names.get(one.offered_to or "", one.offered_to),
            heat=_age_heat(one.since, facts.at, settings.longest_wait_s),
        )
        for one in sorted(facts.waiting, key=lambda one: one.since)[:SHOWN_WAITING]
    )


def _agents(agents: Sequence[AgentCard], facts: Facts, settings: WallSettings) -> tuple[AgentLine, ...]:
    """Whoever is there, or has customers though away."""
    labels = facts.teams or {}
    shown = [card for card in agents if card.state is not AgentState.offline or card.held or card.offered]
    return tuple(
        AgentLine(
            username=card.username,
            name=card.name,
            state=card.state,
            why=card.why,
            since=card.since,
            is_there=card.is_there,
            held=card.held,
            offered=card.offered,
            capacity=card.capacity,
            teams=tuple(labels.get(team, team) for team in card.teams),
            heat=heat(card.held / card.capacity if card.capacity else float(card.held), settings.load),
            state_heat=_state_heat(card, facts.at, settings),
        )
        for card in sorted(shown, key=lambda card: (_ORDER[card.state], -card.held, card.name))
    )


def _state_heat(card: AgentCard, now: datetime, settings: WallSettings) -> Heat:
    """Long breaks, and online without a page: forgotten, most likely."""
    if card.state is AgentState.on_break:
        return _age_heat(card.since, now, settings.idle_break_s)
    if card.state is AgentState.online and not card.is_there:
        return Heat.red
    return Heat.red if card.state is AgentState.offline and card.held else Heat.calm


def _today(today: Today, settings: WallSettings) -> dict[str, Any]:
    ends = Counter(how for _, how in today.waited)
    limit = settings.accept_within_s
    in_time = sum(how == "accept" and seconds <= limit for seconds, how in today.waited)
    # Who left or still waits within the limit could still have been accepted in time: neither good nor bad.
    could = sum(how == "accept" or seconds > limit for seconds, how in today.waited)
    abandoned = _share(ends["leave"], len(today.waited), settings.abandoned)
    return {
        "conversations": today.conversations,
        "bot_share": _share(today.by_bot, today.conversations),
        "handed_over": today.handed_over,
        "handed_over_count": sum(count for _, count in today.handed_over),
        "accepted": ends["accept"],
        "abandoned": Count(value=ends["leave"], heat=abandoned.heat),
        "abandoned_share": abandoned,
        "promised": ends["promise"],
        "service_level": _share(in_time, could, settings.service_level),
        "accept_within_s": limit,
    }


def _tier_order(tier: str) -> int:
    order = [each.value for each in Tier]
    return order.index(tier) if tier in order else len(order)


def _tiers(risks: Sequence[Risk]) -> tuple[TierRisk, ...]:
    overdue: Counter[str] = Counter()
    soon: Counter[str] = Counter()
    for risk in risks:
        overdue[risk.tier] += risk.overdue
        soon[risk.tier] += risk.due_soon
    return tuple(
        TierRisk(tier=tier, overdue=overdue[tier], due_soon=soon[tier])
        for tier in sorted({*overdue, *soon}, key=_tier_order)
    )
