"""A board in words, made once for everybody who watches it."""

from functools import lru_cache
from typing import Any

from bot.desk.leading.board import AgentLine, Board
from bot.desk.leading.kinds import Heat
from bot.desk.leading.words import leading_words
from bot.desk.words import desk_words

_REASONS = 5
_LIST = "/desk/tickets?list=overdue"


@lru_cache(maxsize=8)
def shown(board: Board) -> dict[str, Any]:
    """What ``wall.js`` draws."""
    words, desk = leading_words(), desk_words()
    reasons = {**desk.reasons, "call_back": words.wall["call_back"]}
    most = max((count for _, count in board.handed_over), default=0)
    counts = words.wall["counts"].format(online=board.online, on_break=board.on_break, held=board.held)
    if board.scope_unit or board.scope_province:
        counts += " · " + words.wall["scope"].format(name=board.scope_unit or board.scope_province)
    return {
        "tiles": _tiles(board),
        "counts": counts,
        "waiting": board.waiting.model_dump(),
        "handed_over_count": board.handed_over_count,
        "teams": [line.model_dump(mode="json") for line in board.teams],
        "agents": [_agent(line) for line in board.agents],
        "queue": [
            line.model_dump(mode="json")
            | {"channel": desk.channel(line.channel), "reason": reasons.get(line.reason or "", line.reason)}
            for line in board.queue
        ],
        "reasons": [
            {"label": reasons.get(name, name), "count": count, "share": round(100 * count / most)}
            for name, count in board.handed_over[:_REASONS]
        ],
        "tickets": [line.model_dump() | {"label": words.tiers.get(line.tier, line.tier)} for line in board.tickets],
        "failures": [line.model_dump() | {"label": desk.channel(line.channel)} for line in board.failures],
        "backlog": [
            {"label": words.wall[name], **getattr(board, name).model_dump()}
            for name in ("inbox", "aside", "outgoing", "events")
        ],
    }


def _agent(line: AgentLine) -> dict[str, Any]:
    words = leading_words()
    why = words.whys.get(line.why, line.why)
    return line.model_dump(mode="json") | {"state_text": words.wall[f"{line.state}_state"], "why_text": why}


def _tiles(board: Board) -> list[dict[str, Any]]:
    words = leading_words().wall
    asked = board.handed_over_count
    longest = board.longest_since.isoformat() if board.longest_since else None
    failing = [line for line in board.failures if line.dead]
    bot = words["bot_now"].format(n=board.bot_now)
    return [
        _tile("waiting", board.waiting.value, bot, board.waiting.heat),
        _tile("longest", "—", words["nobody_waits"] if longest is None else "", board.longest_heat, since=longest),
        _tile(
            "service_level",
            _percent(board.service_level.value),
            words["within"].format(n=board.accept_within_s),
            board.service_level.heat,
        ),
        _tile("bot_share", _percent(board.bot_share.value), words["of_conversations"].format(n=board.conversations)),
        _tile("abandoned", board.abandoned.value, words["of_asked"].format(n=asked), board.abandoned.heat),
        _tile("tickets", board.overdue.value, f"{words['due_soon']} {board.due_soon.value}", _worst(board), href=_LIST),
        _tile(
            "failures",
            board.failed.value,
            "、".join(desk_words().channel(line.channel) for line in failing[:3]) or words["no_failures"],
            board.failed.heat,
        ),
    ]


def _tile(name: str, value: object, below: str, heat: Heat = Heat.calm, **more: str | None) -> dict[str, Any]:
    titles = leading_words().wall
    title = f"{titles['tickets']} · {titles['overdue']}" if name == "tickets" else titles[name]
    return {"id": name, "title": title, "value": value, "below": below, "heat": heat.value, **more}


def _percent(value: float | None) -> str:
    return "—" if value is None else f"{round(100 * value)}%"


def _worst(board: Board) -> Heat:
    return board.due_soon.heat if board.overdue.heat is Heat.calm else board.overdue.heat
