"""转人工: a person takes over, in one turn and whatever form was open, and is told in three lines what it is about."""

from typing import Any

from actions.base import ServiceAction
from actions.intents import CONVERSATION
from actions.talk import TASK_SLOTS, Talk
from bot.conversations.model import HandOffReason

_HIDDEN = {"matter", "form_tries", "phone_tail", "confirm"}
_LONGEST = 120


class HandOff(ServiceAction):
    """The conversation service says the words: the bot is silent from here on."""

    action_name = "action_hand_off"
    hears_words = False

    async def act(self, talk: Talk) -> None:
        await talk.services.conversations.hand_off(
            talk.turn.conversation_id,
            HandOffReason(talk.get("hand_off_reason") or HandOffReason.asked),
            intent=_task(talk),
            summary=summary_for_agent(talk),
            seq=talk.turn.seq,
            first="utter_life_in_danger" if talk.heard.life_in_danger else None,
        )
        talk.end_form()
        for slot in ("hand_off_reason", "last_task", "also"):
            talk.put(slot, None)
        for count in ("unsure_count", "dissatisfied_count", "abuse_count"):
            talk.put(count, 0)


def summary_for_agent(talk: Talk) -> str:
    """What the customer wants, what was collected, what the bot said last."""
    task = _task(talk)
    name = talk.wording.label(task) if task else talk.wording.label("unknown_task")
    want = talk.text_of("matter") or _last_words(talk)
    collected = [f"{talk.wording.label(f'slot_{slot}')} {talk.text_of(slot)}" for slot in _collected(talk)]
    if (also := talk.get("also")) is not None:
        collected.append(f"{talk.wording.label('slot_also')} {_short(also['text'])}")
    return talk.wording.part(
        "summary_hand_off",
        want=f"{name}：{_short(want)}" if want else name,
        collected="，".join(collected) or talk.wording.label("nothing"),
        told=_short(_last_reply(talk)) or talk.wording.label("nothing"),
    )


def _task(talk: Talk) -> str | None:
    last = talk.get("last_task")
    if last:
        return str(last)
    return None if talk.heard.intent in CONVERSATION else talk.heard.intent


def _collected(talk: Talk) -> list[str]:
    return [slot for slot in ("waybill_no", *TASK_SLOTS) if slot not in _HIDDEN and talk.get(slot)]


def _last_words(talk: Talk) -> str:
    """The customer's last words about the matter: not the very request for a person, not a tapped button."""
    for event in reversed(talk.tracker.events):
        if event["event"] != "user" or str(event.get("text") or "").startswith("/"):
            continue
        intent = ((event.get("parse_data") or {}).get("intent") or {}).get("name")
        if intent != "request_human":
            return str(event.get("text") or "")
    return ""


def _last_reply(talk: Talk) -> str:
    events: list[dict[str, Any]] = talk.tracker.events
    return next((str(e.get("text") or "") for e in reversed(events) if e["event"] == "bot" and e.get("text")), "")


def _short(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= _LONGEST else f"{flat[:_LONGEST]}…"
