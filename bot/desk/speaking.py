"""What an agent sends: words that have passed the checks, files, and again what did not arrive."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from bot.channels import Attachment, MessageKind
from bot.conversations.model import Conversation, ConversationState
from bot.conversations.schemas import MessageView
from bot.conversations.service import ConversationService
from bot.delivery.service import DeliveryService
from bot.desk.schemas import FileView
from bot.desk.service import Person
from bot.desk.tools.kinds import Severity
from bot.desk.tools.outgoing import Prepared
from bot.desk.tools.services import DeskTools
from bot.desk.tools.words import illegal
from bot.desk.words import desk_words
from bot.errors import NotFoundError
from bot.evidence.attachments import AttachmentService

_KINDS = {"image": MessageKind.image, "audio": MessageKind.voice, "video": MessageKind.video}


class Speaking:
    """The way out of the desk to a customer.

    Everything raises `IllegalMoveError` for a conversation that the person does not hold.
    """

    def __init__(
        self,
        conversations: ConversationService,
        tools: DeskTools | None,
        attachments: AttachmentService | None,
        deliveries: DeliveryService | None,
    ) -> None:
        self._conversations = conversations
        self._tools = tools
        self._attachments = attachments
        self._deliveries = deliveries

    async def say(
        self,
        person: Person,
        conversation_id: UUID,
        text: str,
        *,
        external_id: str,
        confirmed: bool,
        files: Sequence[str] = (),
    ) -> tuple[MessageView, str | None]:
        """The message as it went out, and what the writer should mind next time.

        Raises `SendingRefusedError` for what is not filled, for words that must not be sent, and for a warning that is
        not ``confirmed``; `AttachmentNotFoundError` for a file that the person did not upload.
        """
        prepared: Prepared | None = None

        async def pass_(session: AsyncSession, conversation: Conversation) -> str:
            nonlocal prepared
            if self._tools is None or not text.strip():
                return text
            prepared = await self._tools.outgoing.pass_within(
                session, person.actor, conversation, text, confirmed=confirmed
            )
            return prepared.text

        attached = [await self._attachment(person, one) for one in files]
        said = await self._conversations.say_as_agent(
            conversation_id, person.username, text, external_id=external_id, attachments=attached, passing=pass_
        )
        if self._tools is not None and prepared is not None and prepared.was_offered:
            await self._tools.answers.spoken(conversation_id, said)
        return said, _reminder(prepared)

    async def upload(
        self, person: Person, conversation_id: UUID, content: bytes, declared_type: str, name: str
    ) -> FileView:
        """Keep a file that is to be sent.  Raises `AttachmentRefusedError` with a sentence for the sender."""
        await self._refuse_unless_held(person, conversation_id)
        taken = await self._store().upload(content, declared_type, name, by=person.actor)
        return FileView(id=taken.sha256, name=taken.name, content_type=taken.media_type, size=taken.size)

    async def resend(self, person: Person, conversation_id: UUID, seq: int) -> None:
        """Try a message again that did not arrive.  Raises `NotFoundError` where none was on its way."""
        await self._refuse_unless_held(person, conversation_id)
        found = await self._deliveries.found(conversation_id=conversation_id) if self._deliveries is not None else ()
        delivery = next((one for one in found if one.seq == seq), None)
        if delivery is None or self._deliveries is None:
            raise NotFoundError(desk_words().refusals["no_delivery"])
        await self._deliveries.resend(delivery.id)

    # -- within ----------------------------------------------------------------------------------

    async def _attachment(self, person: Person, sha256: str) -> Attachment:
        file = await self._store().uploaded(sha256, by=person.actor)
        kind = _KINDS.get(file.media_type.partition("/")[0], MessageKind.file)
        return Attachment(kind=kind, id=file.sha256, name=file.name[:200], content_type=file.media_type, size=file.size)

    async def _refuse_unless_held(self, person: Person, conversation_id: UUID) -> None:
        view = await self._conversations.view(conversation_id)
        if view.state != ConversationState.agent or view.agent != person.username:
            raise illegal("not_held")

    def _store(self) -> AttachmentService:
        if self._attachments is None:
            raise NotFoundError(desk_words().refusals["no_files"])
        return self._attachments


def _reminder(prepared: Prepared | None) -> str | None:
    """What the writer should mind next time."""
    if prepared is None or prepared.verdict.severity is not Severity.remind:
        return None
    return prepared.verdict.reasons
