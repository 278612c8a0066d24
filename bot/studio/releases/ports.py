"""What releases need of others."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol


class Change(Protocol):
    """One entry of the draft that is not as published; `bot.studio.drafts.model.EntryChange` in earnest."""

    @property
    def entry_id(self) -> str: ...
    @property
    def kind(self) -> Any: ...
    @property
    def title(self) -> str: ...
    @property
    def before(self) -> str | None: ...
    @property
    def after(self) -> str | None: ...
    @property
    def told(self) -> Sequence[str]: ...
    @property
    def who(self) -> str: ...
    @property
    def when(self) -> datetime: ...
    @property
    def why(self) -> str: ...


class Contents(Protocol):
    """The draft and its commits; `bot.studio.drafts.service.Drafts` in earnest."""

    async def diff(self) -> Sequence[Change]:
        """What the draft has over what is published."""
        ...

    async def unsound(self) -> Sequence[str]:
        """Why it could not be trained, in sentences for trainers; none where it can."""
        ...

    async def head(self) -> str: ...

    async def tree(self, commit: str, folder: Path) -> None:
        """Write the content of a commit there."""
        ...

    async def publish(self, commit: str) -> None:
        """Write it into the files."""
        ...

    async def publish_files(self, folder: Path) -> None:
        """Write into the files what stands below a folder; the draft keeps what it has over it."""
        ...


class EvaluationSource(Protocol):
    """Sets that were made elsewhere than in ``tests/evaluation``."""

    async def evaluation_sets(self) -> Sequence[tuple[str, str, Sequence[dict[str, Any]]]]:
        """Name, part (a key of `bot.evaluation.everything.FILES`) and the rows of a file of that part."""
        ...


class NoSets:
    """An `EvaluationSource` of none."""

    async def evaluation_sets(self) -> Sequence[tuple[str, str, Sequence[dict[str, Any]]]]:
        return []


class Verdicts(Protocol):
    """What people decided that customers' messages meant."""

    async def intents_of(self, messages: Sequence[tuple[str, int]]) -> dict[tuple[str, int], str]:
        """The intent by conversation and place, for those of the messages that a person has judged."""
        ...


class NoVerdicts:
    """Nobody has judged anything."""

    async def intents_of(self, messages: Sequence[tuple[str, int]]) -> dict[tuple[str, int], str]:  # noqa: ARG002
        return {}


class Holdable(Protocol):
    """What reads the files that are about to be written; `knowledge_base.store.FaqStore` in earnest."""

    def hold(self) -> None: ...

    def go_on(self) -> None: ...


class NothingHeld:
    """A `Holdable` where nobody reads the files."""

    def hold(self) -> None:
        """Nothing to do."""

    def go_on(self) -> None:
        """Nothing to do."""
