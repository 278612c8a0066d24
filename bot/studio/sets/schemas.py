"""What goes over the wire besides the models themselves."""

from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from bot.studio.sets.dialogues import Script
from bot.studio.sets.kinds import SentenceState


class _Body(BaseModel):
    model_config = ConfigDict(frozen=True, from_attributes=True)


class WhyRequest(_Body):
    why: str = Field(min_length=2, max_length=200)


class StateView(_Body):
    state: SentenceState


class IntentAgreementView(_Body):
    intent: str
    n: int
    both: int
    kappa: float | None


class AgreementView(_Body):
    """See `bot.studio.sets.agreement.Agreement`."""

    n: int
    same: float | None
    kappa: float | None
    topic_kappa: float | None
    entities_same: float | None
    per_intent: tuple[IntentAgreementView, ...]
    confused: tuple[tuple[str, str, int], ...]


class SaveDialogue(_Body):
    """``version``: the one that was changed; 0 for a new dialogue."""

    name: str = Field(min_length=1, max_length=60)
    script: Script
    version: int = 0
    why: str = Field(default="", max_length=200)


class FromConversation(_Body):
    """Messages ``first`` to ``last``; to the end where ``last`` is null."""

    conversation_id: UUID
    name: str = Field(default="", max_length=60)
    first: int = Field(default=1, ge=1)
    last: int | None = Field(default=None, ge=1)


class RunRequest(_Body):
    release: str = Field(min_length=1, max_length=80)


class VersionView(_Body):
    version: int
    by: str
    why: str
    script: Script
