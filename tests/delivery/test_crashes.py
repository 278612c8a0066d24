"""Whatever happens between the platform and us, in whatever order: everything arrives once and in order."""

from datetime import timedelta
from uuid import uuid4

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.delivery.attempts import Attempt, Ledger, Outcome, Patience
from bot.delivery.ports import QuotaError, Sent, TryAgainError
from bot.lanes import Lane

HAPPENINGS = (
    *("say", "say", "sent"),
    *("died before sending", "died after sending", "no answer but there", "no answer and not there"),
    *("busy", "out of quota", "customer writes", "time passes"),
)


class Story:
    """One recipient, one worker after the other."""

    def __init__(self, world, channel) -> None:
        self.world, self.channel = world, channel
        self.who = str(uuid4())
        self.lane = Lane("pushed", self.who)
        self.said: list[str] = []

    async def happens(self, what: str) -> None:
        if what == "say":
            self.said.append(f"{len(self.said):02}ab")
            await self.world.say(self.said[-1], recipient=self.who)
        elif what == "customer writes":
            self.world.clock.advance(timedelta(seconds=1))
            await self.world.customer_writes(self.who)
        elif what == "time passes":
            self.world.clock.advance(timedelta(minutes=11))
        else:
            await self._attempt(what)

    async def _attempt(self, what: str) -> None:
        """A new worker, as far as it gets; like `Sending`, it asks first where nobody knows."""
        ledger = Ledger(self.world.service, Patience())
        attempt = await ledger.advance(self.lane)
        if attempt is None or what == "died before sending":
            return
        if attempt.unsure_since is not None and await self._is_there(attempt):
            await ledger.advance(self.lane, Outcome(attempt, sent=Sent()))
            return
        errors = {"busy": TryAgainError("busy"), "out of quota": QuotaError("5 of 5")}
        error = errors.get(what)
        if error is None and what != "no answer and not there":
            await self.channel.send(attempt.outgoing, attempt.part)
        if what == "died after sending":
            return
        sent = Sent() if what == "sent" else None
        # What comes next is begun and its worker dies, too.
        await ledger.advance(self.lane, Outcome(attempt, sent, error))

    async def _is_there(self, attempt: Attempt) -> bool:
        return bool(await self.channel.was_sent(attempt.outgoing, attempt.part, since=self.world.clock()))


@given(happenings=st.lists(st.sampled_from(HAPPENINGS), max_size=25))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_everything_arrives_once_and_in_order(world, channel, happenings):
    channel.size = 2
    story = Story(world, channel)
    for what in happenings:
        await story.happens(what)
    for _ in range(3):
        world.clock.advance(timedelta(minutes=11))
        await world.customer_writes(story.who)
        await world.send()

    parts = [said[start : start + 2] for said in story.said for start in (0, 2)]
    assert channel.shown_to(story.who) == parts
