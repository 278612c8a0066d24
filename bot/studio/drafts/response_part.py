"""What the bot says: responses, their variables, and how each channel shows them."""

from collections.abc import Iterator
from dataclasses import replace

from bot.channels import Button
from bot.errors import EntryNotFoundError
from bot.staff.model import Actor
from bot.studio.drafts.checks import clean, response_problems
from bot.studio.drafts.formats.reading import RESPONSES
from bot.studio.drafts.formats.responses import response_id
from bot.studio.drafts.model import Entry, Page, Preview, ResponseDraft, ResponseLine, ResponseValue, Variant
from bot.studio.drafts.parts import Compared, Part, paged, refuse
from bot.studio.drafts.similar import SimilarTexts
from bot.studio.drafts.snapshot import Snapshot
from bot.studio.drafts.vocabulary import variables_of
from bot.studio.drafts.words import draft_words, say
from bot.studio.drafts.workshop import Move, Plan, fresh_entry
from connectors.sms.segments import segments
from connectors.sms.texts import plain
from connectors.wechat.composing import with_numbers
from connectors.wechat.rendering import as_wechat_text
from connectors.wecom.composing import as_wecom_text


class ResponsePart(Part):
    """Names of responses belong to the program; their wordings to the trainers."""

    async def responses(self, *, q: str = "", after: str | None = None, limit: int = 50) -> Page[ResponseLine]:
        """In the order of the files; ``q`` is looked for in names and wordings."""
        now, published = await self._now(), await self._published()
        wanted = q.strip().lower()
        found = [value for value in _all(now) if _contains(value, wanted)]
        page = paged(found, lambda value: value.name, after, limit)
        compared = Compared(now, published)
        lines = tuple(
            ResponseLine(
                value.name,
                value.variants[0].text if value.variants else "",
                len(value.variants),
                _own_variables(value),
                compared.is_changed(now.find(response_id(value.name))),
            )
            for value in page.items
        )
        return Page(lines, page.after, page.total)

    async def response(self, name: str) -> ResponseDraft:
        """With its history.  Raises EntryNotFoundError."""
        now, published = await self._now(), await self._published()
        entry, value = _response(now.find(response_id(name)), name)
        return ResponseDraft(
            name,
            value.variants,
            self._variables(now, published, name),
            entry.version,
            changed=Compared(now, published).is_changed(entry),
            conflict=bool(now.state and entry.id in now.state.clashes),
            history=tuple(self._shop.log.of(entry.id, now.commit)),
        )

    async def save_response(
        self, actor: Actor, name: str, variants: tuple[Variant, ...], *, version: str, why: str
    ) -> ResponseDraft:
        """Wordings with settings of their own (``extra``) stay; they cannot be added or taken away here."""
        published = await self._published()
        value = ResponseValue(name, tuple(_cleaned(variant) for variant in variants))

        def plan(now: Snapshot, _: SimilarTexts) -> Plan:
            entry, before = _response(fresh_entry(now, self._shop.log, response_id(name), version), name)
            allowed = self._variables(now, published, name)
            problems = list(response_problems(value, allowed, self._desk.vocabulary.intents(now)))
            if [each.extra for each in value.variants if each.extra] != [e.extra for e in before.variants if e.extra]:
                problems.append(say("extra_lost"))
            refuse(problems)
            return Plan("response.saved", [Move(entry, value, now.path_of[entry.id])])

        await self._change(actor, why, plan)
        return await self.response(name)

    def preview(self, variant: Variant) -> list[Preview]:
        """A wording on each channel, with examples for its variables."""
        samples = _Samples({**draft_words().samples, **self._desk.values})
        try:
            text = variant.text.format_map(samples).strip()
        except (ValueError, KeyError, IndexError, AttributeError):
            text = variant.text
        return previews(text, variant.buttons)

    def _variables(self, now: Snapshot, published: Snapshot, name: str) -> tuple[str, ...]:
        values = [entry.value for each in (now, published) if (entry := each.find(response_id(name)))]
        return variables_of(*(value for value in values if isinstance(value, ResponseValue)))


def previews(markdown: str, buttons: tuple[Button, ...] = ()) -> list[Preview]:
    """A Markdown text as each channel shows it; where there are no buttons, choices are numbered in the text."""
    titles = tuple(button.title for button in buttons)
    sms = with_numbers(plain(markdown), buttons) if buttons else plain(markdown)
    return [
        Preview("web", markdown, titles),
        Preview("wechat", as_wechat_text(markdown), titles),
        Preview("wecom", as_wecom_text(markdown), titles),
        Preview("sms", sms, (), segments(sms)),
    ]


class _Samples(dict[str, str]):
    """A variable without an example shows its name."""

    def __missing__(self, key: str) -> str:
        return f"〔{key}〕"


def _all(now: Snapshot) -> Iterator[ResponseValue]:
    for document in now.below(RESPONSES):
        for entry in document.entries.values():
            if isinstance(entry.value, ResponseValue):
                yield entry.value


def _contains(value: ResponseValue, wanted: str) -> bool:
    return not wanted or wanted in value.name or any(wanted in variant.text.lower() for variant in value.variants)


def _own_variables(value: ResponseValue) -> tuple[str, ...]:
    return tuple(name for name in variables_of(value) if any(f"{{{name}}}" in each.text for each in value.variants))


def _response(entry: Entry | None, name: str) -> tuple[Entry, ResponseValue]:
    if entry is None or not isinstance(entry.value, ResponseValue):
        raise EntryNotFoundError(say("no_response", name=name))
    return entry, entry.value


def _cleaned(variant: Variant) -> Variant:
    """Blanks at the ends stay: some wordings are pieces of others."""
    text = "".join(sign if sign.isprintable() or sign == "\n" else " " for sign in variant.text.replace("\r\n", "\n"))
    buttons = tuple(Button.model_construct(title=clean(b.title), payload=b.payload.strip()) for b in variant.buttons)
    return replace(variant, text=text, buttons=buttons)
