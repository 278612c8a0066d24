"""What a person does at the desk: see who waits, take a conversation, talk, look around, finish."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select

from bot.channels import Attachment
from bot.conversations.custody import WAITING
from bot.conversations.model import ConversationState
from bot.conversations.receipts import ReadReceipts
from bot.conversations.schemas import ConversationView
from bot.desk.coalesce import Coalesced
from bot.desk.exchange import Exchange
from bot.desk.glances import Glances
from bot.desk.schemas import (
    Colleague,
    Context,
    DeskMessage,
    FileView,
    Glance,
    Lists,
    ResolveRequest,
)
from bot.desk.service import Person
from bot.desk.services import DeskServices
from bot.desk.showing import conversation_for_desk, for_desk
from bot.desk.speaking import Speaking
from bot.desk.standings import Standing, standings
from bot.desk.surroundings import Surroundings
from bot.desk.tools.free_text import mask_text
from bot.desk.tools.scripts import Scripts
from bot.desk.words import desk_words
from bot.errors import AccessRefusedError, IllegalMoveError, NotFoundError, RefusedError
from bot.staff import audit
from bot.staff.model import Role
from bot.staff.tables import Agent
from bot.tickets.service import Contact

__all__ = ["DeskServices", "Workplace"]

_SEES_ALL = {Role.supervisor, Role.admin}
_BEYOND_ALL = 2**62
"""No log has so many messages."""
_TALK = tuple(role for role in Role if role.may_talk)


class Workplace:
    """The one door of the desk, for its pages and its API alike.

    Moves raise `AccessRefusedError` when the role or the conversation is not the person's, and `IllegalMoveError` when
    the conversation is no longer in a state that allows them.
    """

    def __init__(self, services: DeskServices) -> None:
        self._services = services
        self._conversations = services.conversations
        self._glances = Glances(services.database, services.handover)
        self._surroundings = Surroundings(services)
        self._waiting = Coalesced(self._glances.waiting)
        self._standings = Coalesced(self._read_standings)
        self._receipts = ReadReceipts(services.database)
        self._speaking = Speaking(services.conversations, services.tools, services.attachments, services.deliveries)

        self.exchange = Exchange(services.hub, self._glances.holders, self._glances.waits)
        """What happens to conversations, for the pages of this process."""
        self.beside = (
            Exchange(services.tools.hub, self._glances.holders, self._glances.waits) if services.tools else None
        )
        """What colleagues tell each other."""

    @property
    def upload_limit(self) -> int:
        """Bytes of one file."""
        attachments = self._services.attachments
        return attachments.limit if attachments is not None else 0

    # -- the lists -------------------------------------------------------------------------------

    async def waiting(self) -> list[Glance]:
        """The queue, in the order it is served; read once for all who ask at the same moment."""
        return await self._waiting()

    def waits(self, conversation_id: UUID) -> bool:
        """Whether it stood in the queue when that was last read."""
        return self._glances.waits(conversation_id)

    async def mine(self, person: Person) -> list[Glance]:
        """The person's own conversations, oldest first, with how much is unread."""
        return await self._glances.held_by(person.username)

    async def lists(self, person: Person) -> Lists:
        self._refuse_unless_talks(person)
        return Lists(waiting=tuple(await self.waiting()), mine=tuple(await self.mine(person)))

    async def standing(self, person: Person) -> Standing:
        """The person's own state and load; read once for all who ask at the same moment."""
        return (await self._standings()).get(person.username, Standing())

    # -- one conversation ------------------------------------------------------------------------

    async def view(self, person: Person, conversation_id: UUID) -> ConversationView:
        """A conversation the person may see.  Raises `NotFoundError`."""
        self._refuse_unless_talks(person)
        return self._seen_by(person, await self._conversations.view(conversation_id))

    async def open(self, person: Person, conversation_id: UUID) -> Context:
        """Look into a conversation; that somebody did is kept."""
        context = await self.context(person, conversation_id)
        await self._record("conversation.opened", person, conversation_id)
        return context

    async def context(self, person: Person, conversation_id: UUID) -> Context:
        """What is known beside the conversation; personal data is masked."""
        return await self._surroundings.of(await self.view(person, conversation_id))

    async def messages_after(self, person: Person, conversation_id: UUID, seq: int) -> list[DeskMessage]:
        return await self.gained(person, conversation_id, seq, await self._surroundings.scripts(conversation_id))

    async def gained(self, person: Person, conversation_id: UUID, seq: int, scripts: Scripts) -> list[DeskMessage]:
        """The same for who knows the characters that the conversation is read in."""
        self._refuse_unless_talks(person)
        view, messages = await self._conversations.gained(conversation_id, seq)
        self._seen_by(person, view)
        return for_desk(messages, scripts)

    async def messages_before(self, person: Person, conversation_id: UUID, seq: int) -> list[DeskMessage]:
        await self.view(person, conversation_id)
        found = await self._conversations.messages_before(conversation_id, seq)
        return for_desk(found, await self._surroundings.scripts(conversation_id))

    async def read_up_to(self, conversation_id: UUID) -> int:
        """How far the customer has read, as far as the channel tells."""
        return (await self._receipts.of([conversation_id])).get(conversation_id, 0)

    async def attachment(self, person: Person, conversation_id: UUID, seq: int, place: int) -> tuple[Attachment, bytes]:
        """What came with a message, counted from 0, and its content.

        Raises `AccessRefusedError` like everything of the conversation, `NotFoundError`.
        """
        await self.view(person, conversation_id)
        message = await self._conversations.message(conversation_id, seq)
        files = [Attachment.model_validate(each) for each in message.attachments]
        store = self._services.attachments
        if store is None or not 0 <= place < len(files) or not files[place].id:
            raise NotFoundError(f"message {seq} of conversation {conversation_id} has no attachment {place}")
        return files[place], await store.content(files[place].id)

    async def newest(self, person: Person, conversation_id: UUID) -> list[DeskMessage]:
        """The last screenfuls of the log, oldest first."""
        await self.view(person, conversation_id)
        return await self.end_of(conversation_id, await self._surroundings.scripts(conversation_id))

    async def end_of(self, conversation_id: UUID, scripts: Scripts) -> list[DeskMessage]:
        """The same for who was just let see the conversation, and knows the characters that it is read in."""
        return for_desk(await self._conversations.messages_before(conversation_id, _BEYOND_ALL), scripts)

    async def read(self, person: Person, conversation_id: UUID, seq: int) -> None:
        """Remember that the person has seen everything up to ``seq``; reading never goes backwards."""
        await self._glances.read(person.username, conversation_id, seq)

    # -- moves -----------------------------------------------------------------------------------

    async def accept(self, person: Person, conversation_id: UUID) -> ConversationView:
        """Take a waiting conversation."""
        self._refuse_unless_talks(person)
        if self._services.handover is not None:
            view = await self._services.handover.accept(person.actor, conversation_id)
        else:
            view = await self._conversations.accept(conversation_id, person.username, person.name)
        await self._record("conversation.accepted", person, conversation_id, why=view.hand_off_reason)
        return conversation_for_desk(view)

    async def accept_next(self, person: Person) -> ConversationView | None:
        """Take whoever is next, passing over those a colleague takes meanwhile; None when nobody is left."""
        ringing = [one for one in await self.waiting() if one.offered_to in (person.username, None)]
        for glance in sorted(ringing, key=lambda one: one.offered_to is None):
            try:
                return await self.accept(person, glance.id)
            except IllegalMoveError:
                continue
        return None

    async def say(
        self,
        person: Person,
        conversation_id: UUID,
        text: str,
        *,
        external_id: str,
        confirmed: bool = False,
        files: Sequence[str] = (),
    ) -> DeskMessage:
        """Say something to the customer, once it has passed the checks of the tools; see `Speaking.say`."""
        self._refuse_unless_talks(person)
        said, reminder = await self._speaking.say(
            person, conversation_id, text, external_id=external_id, confirmed=confirmed, files=files
        )
        return for_desk([said], Scripts())[0].model_copy(update={"reminder": reminder})

    async def upload(
        self, person: Person, conversation_id: UUID, content: bytes, declared_type: str, name: str
    ) -> FileView:
        """Keep a file that is to be sent in this conversation."""
        self._refuse_unless_talks(person)
        return await self._speaking.upload(person, conversation_id, content, declared_type, name)

    async def resend(self, person: Person, conversation_id: UUID, seq: int) -> None:
        """Try a message again that did not arrive."""
        self._refuse_unless_talks(person)
        await self._speaking.resend(person, conversation_id, seq)

    async def typing(self, conversation_id: UUID, *, on: bool) -> None:
        await self._conversations.typing(conversation_id, "agent", on=on)

    async def resolve(self, person: Person, conversation_id: UUID, wanted: ResolveRequest) -> None:
        """Keep the service summary, then give the conversation back to the bot or end it.

        Raises `RefusedError` for a summary that says nothing.
        In this order, so that a crash in between leaves a held conversation with its summary rather than a lost one;
        the summary counts once per acceptance.
        """
        self._refuse_unless_talks(person)
        view = await self._conversations.view(conversation_id)
        if view.state != ConversationState.agent or view.agent != person.username:
            raise IllegalMoveError(f"conversation {conversation_id} is not held by {person.username}")
        if not wanted.text:
            raise RefusedError(desk_words().refusals["no_summary"])
        await self._sum_up(person, view, wanted)
        if wanted.then == "ended" and self._services.handover is not None:
            await self._services.handover.end(person.actor, conversation_id)
        else:
            promised = "；".join(one.words for one in wanted.promises)
            await self._conversations.resolve(conversation_id, person.username, note=mask_text(promised))
        await self._record("conversation.resolved", person, conversation_id, why=wanted.wrap_up_code)

    async def colleagues(self, person: Person) -> list[Colleague]:
        """Who may be mentioned in a note: everybody else who talks with customers, by name."""
        self._refuse_unless_talks(person)
        query = select(Agent.username, Agent.name).where(
            Agent.is_active, Agent.role.in_([role.value for role in _TALK]), Agent.username != person.username
        )
        async with self._services.database.transaction() as session:
            found = await session.execute(query.order_by(Agent.name).limit(2000))
            return [Colleague(username=row.username, name=row.name) for row in found]

    # -- within ----------------------------------------------------------------------------------

    async def _read_standings(self) -> dict[str, Standing]:
        async with self._services.database.transaction() as session:
            return await standings(session)

    def _seen_by(self, person: Person, view: ConversationView) -> ConversationView:
        """Raises `AccessRefusedError` for what is not the person's to see."""
        is_own = view.state == ConversationState.agent and view.agent == person.username
        if not (is_own or view.state in WAITING or person.role in _SEES_ALL):
            raise AccessRefusedError(f"conversation {view.id} is not for {person.username} to see")
        return view

    def _refuse_unless_talks(self, person: Person) -> None:
        if not person.role.may_talk:
            raise AccessRefusedError(desk_words().refusals["not_yours"])

    async def _sum_up(self, person: Person, view: ConversationView, wanted: ResolveRequest) -> None:
        if self._services.tools is not None:
            await self._services.tools.summing_up.confirm(person.actor, view.id, wanted)
            return
        since = int(view.accepted_at.timestamp()) if view.accepted_at else 0
        contact = Contact(view.customer_id, view.id, f"{view.id}:desk:{since}", by=person.username)
        await self._services.tickets.summarise(
            wanted.wrap_up_code, wanted.text, waybill_no=view.waybill_no, contact=contact
        )

    async def _record(self, what: str, person: Person, conversation_id: UUID, *, why: str | None = None) -> None:
        async with self._services.database.transaction() as session:
            audit.record(
                session,
                what,
                who=person.username,
                at=self._services.clock(),
                why=why,
                conversation_id=conversation_id,
            )
