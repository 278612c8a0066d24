"""What actions may call: the services, put together once by the composition root."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from bot.clock import Clock
from bot.conversations.service import ConversationService
from bot.network.service import NetworkService
from bot.orders.service import OrderService
from bot.tickets.service import TicketService
from bot.waybills.foreign import ForeignParcels
from bot.waybills.service import WaybillService
from bot.words import Words
from knowledge_base.context import Context


class FaqCandidate(Protocol):
    """A topic the question may be about."""

    @property
    def topic(self) -> str: ...
    @property
    def question(self) -> str: ...
    @property
    def confidence(self) -> float: ...


class FaqRetrieval(Protocol):
    """Candidates, best first, and what to do with them."""

    @property
    def decision(self) -> Literal["answer", "ask", "decline"]: ...
    @property
    def candidates(self) -> Sequence[FaqCandidate]: ...


class FaqAnswer(Protocol):
    """An entry ready to be shown.  ``button`` is (title, intent); ``related`` are (topic, question) pairs."""

    @property
    def text(self) -> str: ...
    @property
    def button(self) -> tuple[str, str] | None: ...
    @property
    def related(self) -> Sequence[tuple[str, str]]: ...


class FaqSearch(Protocol):
    """The knowledge base, as actions need it."""

    async def asearch(self, text: str, *, k: int = 3, context: Context | None = None) -> FaqRetrieval:
        """The topics nearest to a question, given what the conversation knows."""
        ...

    def answer(self, topic: str, channel: str) -> FaqAnswer:
        """The entry of a topic.  Raises `NotFoundError`."""
        ...


@dataclass(frozen=True)
class Services:
    """The one door to each subject.  ``others`` is None where parcels of other carriers cannot be looked up."""

    conversations: ConversationService
    waybills: WaybillService
    tickets: TicketService
    orders: OrderService
    network: NetworkService
    faq: FaqSearch
    words: Words
    clock: Clock
    others: ForeignParcels | None = None
