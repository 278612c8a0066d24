"""Playing a dialogue on a stage, and making one of what was said."""

from collections.abc import Sequence
from itertools import takewhile

from bot.channels import Button, Reply
from bot.conversations.model import Message
from bot.errors import EngineUnavailableError
from bot.studio.sets.dialogues import LONGEST, DialogueTurn, DialogueView, Result, Step, World, expected_of, judge
from bot.studio.sets.disguise import disguise
from bot.studio.sets.kinds import Outcome
from bot.studio.sets.responses import Responses
from bot.studio.sets.stage import Rehearsal, Stage
from bot.waybills.numbers import find_waybill_numbers


async def rehearse(stage: Stage, dialogue: DialogueView, known: Responses) -> Result:
    """Play a dialogue as far as it keeps to the path."""
    steps: list[Step] = []
    outcome = Outcome.passed
    async with stage.rehearse(dialogue.script.world) as rehearsal:
        for turn in dialogue.script.turns:
            step = await _played(rehearsal, _placed(turn, dialogue.script.world), known)
            if step is None:
                outcome = Outcome.broken
                break
            steps.append(step)
            if step.problems:
                outcome = Outcome.strayed
                break
    strayed_at = None if outcome is Outcome.passed else len(steps) + (outcome is Outcome.broken)
    return Result(
        dialogue_id=dialogue.id,
        name=dialogue.name,
        version=dialogue.version,
        outcome=outcome,
        strayed_at=strayed_at,
        steps=tuple(steps),
    )


async def _played(rehearsal: Rehearsal, turn: DialogueTurn, known: Responses) -> Step | None:
    try:
        return judge(turn, await rehearsal.play(turn), known)
    except EngineUnavailableError:
        return None


def _placed(turn: DialogueTurn, world: World) -> DialogueTurn:
    """The turn with the number of the world's parcel in place of whichever number was said."""
    numbers = find_waybill_numbers(f"{turn.says} {turn.payload}") if world.waybill_no else []
    says, payload = turn.says, turn.payload
    for number in numbers:
        says = says.replace(number, world.waybill_no or number)
        payload = payload.replace(number, world.waybill_no or number)
    return turn.model_copy(update={"says": says, "payload": payload})


def turns_of(messages: Sequence[Message], known: Responses) -> tuple[DialogueTurn, ...]:
    """What the customer said, each with what the bot answered to it."""
    turns: list[DialogueTurn] = []
    for place, message in enumerate(messages):
        if message.author != "customer" or not message.text.strip() or len(turns) == LONGEST:
            continue
        following = takewhile(lambda one: one.author != "customer", messages[place + 1 :])
        replies = [_reply(one) for one in following if one.author == "bot"]
        says = disguise(message.text, (message.understood or {}).get("entities") or [])
        expected = expected_of(message.understood, replies, known)
        turns.append(DialogueTurn(says=says[:2000], payload=disguise(message.payload)[:500], expected=expected))
    return tuple(turns)


def _reply(message: Message) -> Reply:
    return Reply(text=message.text, buttons=tuple(Button.model_validate(button) for button in message.buttons))
