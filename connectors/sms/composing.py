"""What an answer or a notice becomes as one SMS."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from bot.delivery.ports import ContentRefusedError, Outgoing
from connectors.sms.catalogue import BASE, Approved, Catalogue
from connectors.sms.gateway import Filled, Sms
from connectors.sms.links import ContinueLinks
from connectors.sms.numbers import Number
from connectors.sms.segments import segments
from connectors.sms.texts import cut, plain

LONGEST = 500
"""Characters; no gateway takes more."""


@dataclass(frozen=True)
class Composed:
    """An SMS, and what there is to know of it.

    Parameters
    ----------
    leads_to_web: it has a link.
    says_nothing_else: it only says that there is an answer, so one of these is enough for several answers.
    choices: what the customer can answer with its number: title and payload.
    """

    sms: Sms
    leads_to_web: bool = False
    says_nothing_else: bool = False
    choices: tuple[tuple[str, str], ...] = field(default=())


class Composer:
    """Makes the SMS.

    Parameters
    ----------
    links: None where the web chat cannot be reached from outside.
    max_segments: a text abroad that takes more is cut to a link.
    """

    def __init__(self, catalogue: Catalogue, links: ContinueLinks | None, *, max_segments: int) -> None:
        self._catalogue = catalogue
        self._links = links
        self._max_segments = max_segments

    # -- where only approved templates are sent ------------------------------------------------------

    async def from_templates(self, outgoing: Outgoing, number: Number, approved: Approved, *, at: datetime) -> Composed:
        """The template that says it, else the one with a link, else the one without.

        Raises `ContentRefusedError` where not even that is approved.
        """
        link: dict[str, str] | None = None
        for kind, values in self._candidates(outgoing):
            template = self._catalogue.templates[kind]
            if template.link and link is None:
                link = await self._link_parts(outgoing, at)
            known = values | (link or {})
            filled = approved.fill(kind, template, known)
            if filled is not None:
                return self._composed(outgoing, number, filled, known)
        kind = outgoing.notice.kind if outgoing.notice else "link"
        raise ContentRefusedError("no approved template can say this", code=kind)

    def has_template(self, notice: str, approved: Approved) -> bool:
        return self._catalogue.for_notice(notice) in approved.codes

    def _candidates(self, outgoing: Outgoing) -> list[tuple[str, dict[str, str]]]:
        """Kinds with values, the one that says most first."""
        found: list[tuple[str, dict[str, str]]] = []
        if outgoing.notice is not None:
            kind = self._catalogue.for_notice(outgoing.notice.kind)
            found += [(kind, dict(outgoing.notice.values))] if kind else []
        elif not outgoing.attachments and outgoing.author != "agent":
            found += self._catalogue.for_answer(outgoing.text)
        if outgoing.conversation_id is not None:
            found += [(kind, {}) for kind in ("link", "visit")]
        return found

    async def _link_parts(self, outgoing: Outgoing, at: datetime) -> dict[str, str]:
        """The link in two: what stands in the approved text, and the end of it."""
        link = await self._link(outgoing.conversation_id, at)
        base, slash, code = link.rpartition("/")
        return {BASE: base + slash, "link_code": code} if code else {}

    def _composed(self, outgoing: Outgoing, number: Number, filled: Filled, values: dict[str, str]) -> Composed:
        template = self._catalogue.templates[filled.kind]
        sms = Sms(number, str(outgoing.id), template.written(values), filled, is_secret=_is_secret(outgoing))
        return Composed(sms, template.link, says_nothing_else=filled.kind in ("link", "visit"))

    # -- where any text is sent ------------------------------------------------------------------------

    async def as_text(self, outgoing: Outgoing, number: Number, *, at: datetime) -> Composed:
        """The text as it is, with numbered choices, or its beginning and a link."""
        text, choices = self._text(outgoing)
        if outgoing.attachments:
            link = await self._link(outgoing.conversation_id, at)
            text = "\n".join(filter(None, [text, self._word("see", link=link) if link else ""]))
        if not text:
            raise ContentRefusedError("there is nothing to say in words")
        if self._fits(text):
            sms = Sms(number, str(outgoing.id), text, is_secret=_is_secret(outgoing))
            return Composed(sms, bool(outgoing.attachments), choices=choices)
        link = await self._link(outgoing.conversation_id, at)
        end = self._word("more", link=link) if link else self._word("cut")
        return Composed(Sms(number, str(outgoing.id), self._shortened(text, end)), bool(link))

    def opening(self, outgoing: Outgoing, number: Number) -> Sms:
        """What the SMS begins with, however it was cut."""
        return Sms(number, str(outgoing.id), cut(self._text(outgoing)[0], 30))

    def _text(self, outgoing: Outgoing) -> tuple[str, tuple[tuple[str, str], ...]]:
        kind = self._catalogue.for_notice(outgoing.notice.kind) if outgoing.notice else None
        if outgoing.notice is not None and kind is not None:
            return self._catalogue.templates[kind].written(outgoing.notice.values), ()
        choices = tuple((button.title, button.payload) for button in outgoing.buttons)
        lines = [
            self._word("choice", number=str(place), title=title) for place, (title, _) in enumerate(choices, start=1)
        ]
        return "\n".join(filter(None, [plain(outgoing.text), *lines])), choices

    def _shortened(self, text: str, end: str) -> str:
        """As much of the text as fits before its end."""
        low, high = 0, len(text)
        while low < high:
            middle = (low + high + 1) // 2
            low, high = (middle, high) if self._fits(text[:middle].rstrip() + end) else (low, middle - 1)
        return cut(text, low) + end

    def _fits(self, text: str) -> bool:
        return len(text) <= LONGEST and segments(text) <= self._max_segments

    async def _link(self, conversation_id: UUID | None, at: datetime) -> str:
        if self._links is None or conversation_id is None:
            return ""
        return await self._links.link(conversation_id, at)

    def _word(self, name: str, **values: str) -> str:
        return self._catalogue.words[name].format(**values)


def _is_secret(outgoing: Outgoing) -> bool:
    return outgoing.notice is not None and outgoing.notice.is_secret
