"""The knowledge base over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel

from bot.waybills.model import WaybillStatus
from knowledge_base.context import Context
from knowledge_base.retriever import Decision, Retrieval
from knowledge_base.store import FaqAnswer, FaqStore


class CandidateView(BaseModel):
    """``confidence`` is a probability; ``matched`` the phrasing most like the question."""

    topic: str
    question: str
    confidence: float
    matched: str | None


class AnswerView(BaseModel):
    """The answer in Markdown; ``button`` is (title, intent), ``related`` are (topic, question) pairs."""

    topic: str
    text: str
    button: tuple[str, str] | None
    related: tuple[tuple[str, str], ...]

    @classmethod
    def of(cls, answer: FaqAnswer) -> "AnswerView":
        return cls(topic=answer.topic, text=answer.text, button=answer.button, related=answer.related)


class FaqSearchView(BaseModel):
    """``answer`` is there when the decision is to answer."""

    decision: Decision
    candidates: list[CandidateView]
    answer: AnswerView | None

    @classmethod
    def of(cls, found: Retrieval, answer: FaqAnswer | None) -> "FaqSearchView":
        return cls(
            decision=found.decision,
            candidates=[CandidateView.model_validate(c, from_attributes=True) for c in found.candidates],
            answer=AnswerView.of(answer) if answer else None,
        )


def make_router(store: FaqStore) -> APIRouter:
    """Reads only what customers may read anyway; who may call it is decided where it is mounted."""
    router = APIRouter(prefix="/api/v1/faq", tags=["faq"])

    @router.get("/search")
    async def search(
        q: Annotated[str, Query(min_length=1, max_length=2000, description="A customer's question.")],
        k: Annotated[int, Query(ge=1, le=20, description="How many candidates.")] = 3,
        channel: Annotated[str, Query(max_length=40, description="Whose wording the answer takes.")] = "web",
        waybill: Annotated[WaybillStatus | None, Query(description="State of the parcel under discussion.")] = None,
        after: Annotated[str | None, Query(max_length=40, description="The task begun before the question.")] = None,
    ) -> FaqSearchView:
        """Which entries answer a question, how surely, and the answer when it is sure."""
        found = await store.asearch(q, k=k, context=Context(after, waybill))
        is_sure = found.decision == "answer"
        return FaqSearchView.of(found, store.answer(found.candidates[0].topic, channel) if is_sure else None)

    return router
