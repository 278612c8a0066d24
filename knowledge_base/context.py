"""What a conversation already knows, and which answers that makes likelier."""

from dataclasses import dataclass

from bot.waybills.model import WaybillStatus
from knowledge_base.entries import FaqEntry

_ODDS = 3.0


@dataclass(frozen=True)
class Context:
    """What is known beside the question; None where nothing is.

    ``last_intent`` is the task last begun, ``waybill`` the state of the parcel under discussion.
    """

    last_intent: str | None = None
    waybill: WaybillStatus | None = None


def prior(entry: FaqEntry, context: Context) -> float:
    """How much likelier this entry is than it is without context: a factor on its confidence.

    A parcel in another state than the entry is for speaks against it; another intent says nothing.
    """
    factor = 1.0
    if entry.when is None:
        return factor
    if entry.when.waybill and context.waybill:
        factor *= _ODDS if context.waybill in entry.when.waybill else 1 / _ODDS
    if context.last_intent in entry.when.after:
        factor *= _ODDS
    return factor
