"""Conversations and files as accounts see them."""

from collections.abc import Sequence
from typing import Any

from bot.channels import Attachment
from bot.clock import Clock
from bot.conversations import schemas as core
from bot.conversations.model import ConversationState
from connectors.callback.schemas import AttachmentView, ButtonView, ContactView, MessageView, Mode
from connectors.web.files import FileLinks

_MODES: dict[ConversationState, Mode] = {
    ConversationState.queued: "queued",
    ConversationState.offered: "queued",
    ConversationState.agent: "human",
}


def mode_of(state: ConversationState) -> Mode:
    return _MODES.get(state, "bot")


class AttachmentViews:
    """Gives attachments addresses that their account can fetch them from, for some hours.

    Parameters
    ----------
    base_url: where we are reached, e.g. ``https://chat.example.com``.
    """

    def __init__(self, links: FileLinks, base_url: str, clock: Clock) -> None:
        self._links = links
        self._base_url = base_url.rstrip("/")
        self._clock = clock

    def of(self, attachments: Sequence[Attachment]) -> list[AttachmentView]:
        return [self._view(attachment) for attachment in attachments]

    def _view(self, attachment: Attachment) -> AttachmentView:
        url = ""
        if attachment.id:
            path = self._links.url(attachment.id, attachment.content_type, attachment.name, at=self._clock())
            url = f"{self._base_url}{path}"
        fields: dict[str, Any] = attachment.model_dump(exclude={"remote"}, mode="json")
        return AttachmentView(**fields, url=url)


def message_view(message: core.MessageView, attachments: AttachmentViews) -> MessageView:
    is_customer = message.author == "customer"
    return MessageView(
        seq=message.seq,
        id=message.external_id if is_customer else None,
        author=message.author,
        author_name=message.author_name,
        text=message.text,
        buttons=[ButtonView(title=button.title, payload=button.payload) for button in message.buttons],
        attachments=attachments.of(message.attachments),
        at=message.created_at,
    )


def contact_view(view: core.ConversationView) -> ContactView:
    return ContactView(
        conversation_id=view.id,
        mode=mode_of(view.state),
        agent_name=view.agent_name,
        queue_position=view.queue_position,
        seq=view.last_seq,
    )
