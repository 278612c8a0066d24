"""Messages that wait for their turn are understood together.

Rasa 3.6 understands one message at a time although every component takes a list of them, so most of what a short
message costs is the way through the graph, and one core does it all.  Importing this module replaces
`MessageProcessor.parse_message`: what arrives while others are being understood goes through the graph as one batch, in
a thread, so that the server goes on reading requests meanwhile.  What comes out is the same, message by message.
"""

import asyncio
from dataclasses import dataclass
from typing import Any

from rasa.core.channels.channel import UserMessage
from rasa.core.processor import MessageProcessor
from rasa.engine.constants import PLACEHOLDER_MESSAGE, PLACEHOLDER_TRACKER
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.shared.nlu.constants import ENTITIES, INTENT, INTENT_NAME_KEY, PREDICTED_CONFIDENCE_KEY, TEXT
from rasa.shared.nlu.training_data.message import Message

MOST_AT_ONCE = 16
"""A longer batch would keep the first of them waiting for the last."""

_one_by_one = MessageProcessor.parse_message


@dataclass
class _Asked:
    message: UserMessage
    tracker: DialogueStateTracker
    only_output: bool
    answer: "asyncio.Future[dict[str, Any]]"


class Together:
    """The messages that one processor has been asked about and has not understood yet."""

    def __init__(self, processor: MessageProcessor) -> None:
        self._processor = processor
        self._waiting: list[_Asked] = []
        self._working: asyncio.Task[None] | None = None

    async def parse(
        self, message: UserMessage, tracker: DialogueStateTracker | None, only_output: bool
    ) -> dict[str, Any]:
        """What `MessageProcessor._parse_message_with_graph` answers."""
        tracker = tracker or DialogueStateTracker.from_events(message.sender_id, [])
        asked = _Asked(message, tracker, only_output, asyncio.get_running_loop().create_future())
        self._waiting.append(asked)
        if self._working is None or self._working.done():
            self._working = asyncio.create_task(self._work(), name="parse-together")
        return await asked.answer

    async def _work(self) -> None:
        while self._waiting:
            await asyncio.sleep(0)  # requests that are here already come along
            batch, self._waiting = self._waiting[:MOST_AT_ONCE], self._waiting[MOST_AT_ONCE:]
            await self._answer(batch)

    async def _answer(self, batch: list[_Asked]) -> None:
        """One message that cannot be understood does not take the others of its batch with it."""
        try:
            parsed = await asyncio.to_thread(self._run, batch)
        except Exception as error:
            if len(batch) > 1:
                for asked in batch:
                    await self._answer([asked])
            elif not batch[0].answer.done():
                batch[0].answer.set_exception(error)
            return
        for asked, found in zip(batch, parsed, strict=True):
            if not asked.answer.done():
                asked.answer.set_result(_parse_data(found, only_output=asked.only_output))

    def _run(self, batch: list[_Asked]) -> list[Message]:
        target = self._processor.model_metadata.nlu_target
        inputs = {PLACEHOLDER_MESSAGE: [asked.message for asked in batch], PLACEHOLDER_TRACKER: batch[0].tracker}
        found: list[Message] = self._processor.graph_runner.run(inputs=inputs, targets=[target])[target]
        return found


def _parse_data(message: Message, *, only_output: bool) -> dict[str, Any]:
    parsed: dict[str, Any] = {
        TEXT: "",
        INTENT: {INTENT_NAME_KEY: None, PREDICTED_CONFIDENCE_KEY: 0.0},
        ENTITIES: [],
    }
    parsed.update(message.as_dict(only_output_properties=only_output))
    return parsed


async def parse_message(
    self: MessageProcessor,
    message: UserMessage,
    tracker: DialogueStateTracker | None = None,
    only_output_properties: bool = True,
) -> dict[str, Any]:
    """Understands a message; see `MessageProcessor.parse_message`."""
    if self.http_interpreter:
        by_others: dict[str, Any] = await _one_by_one(self, message, tracker, only_output_properties)
        return by_others
    together = self.__dict__.setdefault("_together", None) or Together(self)
    self._together = together
    parsed: dict[str, Any] = await together.parse(message, tracker, only_output_properties)
    self._update_full_retrieval_intent(parsed)
    self._check_for_unseen_features(parsed)
    return parsed


MessageProcessor.parse_message = parse_message
