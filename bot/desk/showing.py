"""Messages as the desk shows them: personal data masked, customers' words in the characters that are read."""

from collections.abc import Sequence

from bot.conversations.schemas import ConversationView, MessageView
from bot.delivery.words import masked as mask_recipient
from bot.desk.schemas import DeskMessage
from bot.desk.tools.free_text import mask_text, secrets_in
from bot.desk.tools.scripts import Scripts, shown

_OWN = "desk:"
"""Ids of messages that came from here; what platforms call theirs may tell who wrote."""


def for_desk(messages: Sequence[MessageView], scripts: Scripts) -> list[DeskMessage]:
    """What pages and API give out; what people of ours wrote is masked too."""
    return [_masked(one) for one in shown(list(messages), scripts)]


def conversation_for_desk(view: ConversationView) -> ConversationView:
    """Without the address that replies go to, and with the customer's words in the bot's summary masked."""
    summary = mask_text(view.hand_off_summary) if view.hand_off_summary else view.hand_off_summary
    address = mask_recipient(view.reply_address)
    return view.model_copy(update={"hand_off_summary": summary, "reply_address": address})


def _masked(message: MessageView) -> DeskMessage:
    fields = {name: getattr(message, name) for name in MessageView.model_fields}
    own = message.external_id if (message.external_id or "").startswith(_OWN) else None
    is_masked = bool(secrets_in(message.text))
    return DeskMessage(**fields | {"text": mask_text(message.text), "is_masked": is_masked, "external_id": own})
