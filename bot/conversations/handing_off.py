"""Asking for a person: into the queue, a promise where nobody is there, and leaving the queue again."""

from sqlalchemy.ext.asyncio import AsyncSession

from bot.channels import IncomingMessage
from bot.clock import Clock
from bot.conversations import repository
from bot.conversations.model import Conversation, ConversationState, HandOffReason
from bot.conversations.own_words import LEAVE, leaves_queue, moment_words, own_words
from bot.conversations.routing import NoRouting, Route, Router
from bot.conversations.speaking import Speaking
from bot.conversations.tempering import Tempering


class HandingOff:
    """Everything here happens in the caller's transaction, with the conversation locked."""

    def __init__(self, speaking: Speaking, tempering: Tempering, clock: Clock) -> None:
        self._speaking = speaking
        self._tempering = tempering
        self._clock = clock
        self.router: Router = NoRouting()

    async def left(self, session: AsyncSession, conversation: Conversation, incoming: IncomingMessage) -> bool:
        """The customer says to wait no longer; returns whether the message is thereby dealt with."""
        if conversation.is_waiting and leaves_queue(incoming.text, incoming.payload):
            await self.leave(session, conversation)
        elif incoming.payload.startswith(LEAVE) and not conversation.is_with_person:
            await self._speaking.say(session, conversation, "handover_not_waiting")
        else:
            return False
        conversation.handled_seq = conversation.customer_seq
        return True

    async def leave(self, session: AsyncSession, conversation: Conversation) -> None:
        """The customer would rather go on with the bot."""
        conversation.leave_queue(at=self._clock())
        conversation.handled_seq = conversation.customer_seq
        await self._speaking.say(session, conversation, "utter_left_queue")
        await self._speaking.announce_change(session, conversation, was=ConversationState.queued)

    async def hand_off(
        self,
        session: AsyncSession,
        conversation: Conversation,
        reason: HandOffReason,
        *,
        intent: str | None,
        summary: str,
        first: str | None = None,
    ) -> None:
        """Into the queue where the rules say, or a promise where nobody is there; the customer is told either way."""
        now = self._clock()
        if conversation.is_with_person or conversation.state == ConversationState.ended:
            return
        if first is not None:
            await self._speaking.say(session, conversation, first)
        if conversation.was_just_helped(reason, at=now):
            await self._speaking.say(session, conversation, "handover_just_helped")
            await self._speaking.announce_state(session, conversation)
            return
        summary = "\n".join([summary, *self._tempering.told(conversation.temper)]).strip()
        route = await self.router.route(session, conversation, reason, intent=intent, at=now)
        if route.call_back_at is not None:
            await self._promise(session, conversation, reason, route, intent=intent, summary=summary)
            return
        conversation.queue(
            reason,
            intent=intent,
            summary=summary,
            at=now,
            team=route.team,
            priority=route.priority,
            because=route.because,
            offer_seconds=route.offer_seconds,
        )
        await session.flush()
        position = await repository.queue_position(session, conversation) or 1
        conversation.place_told, conversation.place_told_at = position, now
        more = await self._wait_words(session, conversation, position)
        await self._speaking.say(session, conversation, f"utter_hand_off_{reason}", more=more, position=str(position))
        await self._speaking.announce_change(session, conversation, was=ConversationState.bot)

    async def _promise(
        self,
        session: AsyncSession,
        conversation: Conversation,
        reason: HandOffReason,
        route: Route,
        *,
        intent: str | None,
        summary: str,
    ) -> None:
        now, until = self._clock(), route.call_back_at or self._clock()
        is_known = conversation.callback_at is not None and conversation.callback_at > now
        if not is_known:
            conversation.promise(
                reason,
                intent=intent,
                summary=summary,
                until=until,
                at=now,
                team=route.team,
                priority=route.priority,
                because=route.because,
            )
        said = "handover_promised_already" if is_known else "handover_promised"
        when = moment_words(conversation.callback_at or until, now)
        await self._speaking.say(session, conversation, said, when=when)
        await self._speaking.announce_change(session, conversation, was=ConversationState.bot)

    async def _wait_words(self, session: AsyncSession, conversation: Conversation, position: int) -> str:
        """How long it will take, where that can be known, and how to leave where there is no button for it."""
        found = []
        wait = await self.router.expected_wait(session, conversation, position, at=self._clock())
        if wait is not None:
            minutes = max(1, round(wait.total_seconds() / 60))
            found += own_words().render("handover_wait", minutes=str(minutes))
        if self._speaking.is_pushed(conversation.reply_channel):
            found += own_words().render("handover_leave_hint")
        return "".join(reply.text for reply in found)
