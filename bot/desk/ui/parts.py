"""What the parts of the desk's page need of the page that they belong to."""

from collections.abc import Awaitable, Callable
from typing import Protocol, TypeVar
from uuid import UUID

from bot.desk.service import Person
from bot.desk.ui.elements import DeskChat
from bot.desk.workplace import DeskServices, Workplace

T = TypeVar("T")


class Page(Protocol):
    """One desk in one tab."""

    @property
    def services(self) -> DeskServices: ...

    @property
    def workplace(self) -> Workplace: ...

    @property
    def person(self) -> Person: ...

    @property
    def chat(self) -> DeskChat: ...

    @property
    def shown(self) -> UUID | None:
        """The conversation on the screen."""
        ...

    @property
    def held(self) -> set[UUID]:
        """The conversations that are the person's own."""
        ...

    async def attempt(self, move: Callable[[Person], Awaitable[T]]) -> T | None:
        """Do something as the person of this session; None when there is no session any more.  Refusals fly on."""
        ...

    async def try_(
        self,
        move: Callable[[Person], Awaitable[T]],
        *,
        otherwise: str,
        refused: Callable[[], None] = ...,
    ) -> T | None:
        """The same, with refusals told; ``otherwise`` names the words for a move that is not possible any more."""
        ...

    def tell(self, text: str) -> None: ...

    def warn(self, text: str) -> None: ...

    async def show(self, conversation_id: UUID) -> None: ...

    async def close(self, conversation_id: UUID) -> None: ...

    async def refresh(self) -> None: ...

    async def refresh_own(self) -> None:
        """Read the person's own conversations again."""
        ...
