"""What the draft's API takes and gives, beside the dataclasses of `model` themselves."""

from typing import Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from bot.channels import Button
from bot.studio.drafts.model import Entry, Marked, NewExample, Page, Variant
from bot.studio.drafts.parts import MOST_AT_ONCE
from bot.studio.drafts.review_part import Keep
from bot.studio.drafts.texts import as_text, title_of
from bot.studio.drafts.workshop import LONGEST_WHY

T = TypeVar("T")


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")

    why: str = Field(max_length=LONGEST_WHY, description="For the history: why this is changed.")


class PageView(BaseModel, Generic[T]):
    """``after`` asks for the next page, null at the end."""

    items: list[T]
    after: str | None
    total: int

    @classmethod
    def of(cls, page: Page[T]) -> "PageView[T]":
        return cls(items=list(page.items), after=page.after, total=page.total)


class MarkBody(BaseModel):
    """An entity: characters ``start`` to ``end`` (not included) of the text."""

    start: int
    end: int
    kind: str


class ExampleBody(BaseModel):
    """Marked up itself (``寄到[北京](region)``), or bare with entities beside it."""

    model_config = ConfigDict(extra="forbid")

    intent: str
    text: str = Field(max_length=2_000)
    entities: list[MarkBody] = []

    @property
    def example(self) -> NewExample:
        return NewExample(self.intent, self.text, [Marked(each.start, each.end, each.kind) for each in self.entities])


class AddExamplesBody(_Body):
    examples: list[ExampleBody] = Field(max_length=MOST_AT_ONCE)


class ChangeExampleBody(_Body):
    id: str
    version: str
    text: str = Field(max_length=2_000)


class MoveExampleBody(_Body):
    id: str
    version: str
    intent: str


class RemoveBody(_Body):
    id: str
    version: str


class WarningsBody(BaseModel):
    """Texts that may be taught."""

    model_config = ConfigDict(extra="forbid")

    texts: list[str] = Field(max_length=MOST_AT_ONCE)
    intent: str | None = None
    topic: str | None = None


class WordBody(BaseModel):
    """``meaning`` in lists where a word stands for another."""

    text: str = Field(max_length=500)
    meaning: str | None = Field(None, max_length=500)


class AddWordsBody(_Body):
    words: list[WordBody] = Field(max_length=MOST_AT_ONCE)


class ChangeWordBody(_Body):
    id: str
    version: str
    text: str = Field(max_length=500)
    meaning: str | None = Field(None, max_length=500)


class ButtonBody(BaseModel):
    """What is wrong with it is said in Chinese by the draft."""

    title: str
    payload: str


class VariantBody(BaseModel):
    """One wording; ``extra`` goes back as it came."""

    text: str = Field(max_length=10_000)
    buttons: list[ButtonBody] = []
    extra: str = ""

    @property
    def variant(self) -> Variant:
        buttons = (Button.model_construct(title=each.title, payload=each.payload) for each in self.buttons)
        return Variant(self.text, tuple(buttons), self.extra)


class SaveResponseBody(_Body):
    version: str
    variants: list[VariantBody]

    @property
    def wanted(self) -> tuple[Variant, ...]:
        return tuple(each.variant for each in self.variants)


class RestoreBody(_Body):
    """``version`` null for an entry that the draft does not have any more."""

    id: str
    version: str | None


class SettleBody(_Body):
    id: str
    keep: Keep


class HeadView(BaseModel):
    commit: str


class NewestView(BaseModel):
    """The entry as somebody else left it."""

    id: str
    version: str
    title: str
    text: str

    @classmethod
    def of(cls, entry: Entry) -> "NewestView":
        return cls(id=entry.id, version=entry.version, title=title_of(entry.value), text=as_text(entry.value))
