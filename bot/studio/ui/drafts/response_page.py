"""One response: its wordings and buttons, its variables, and how each channel shows it."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from bot.channels import Button
from bot.desk.ui.forms import Said, alert, button, first, form, tag
from bot.desk.ui.office import Visit
from bot.desk.ui.sheet import Sheet
from bot.errors import EntryNotFoundError, StaleEntryError
from bot.staff.model import Actor
from bot.studio.drafts.model import Entry, Preview, ResponseDraft, ResponseValue, Variant
from bot.studio.drafts.service import Drafts
from bot.studio.drafts.texts import as_text
from bot.studio.drafts.words import draft_words
from bot.studio.ui.drafts.shared import acting, address, attempt, draw_history, draw_stale, trains, why_field, word
from bot.studio.ui.faq.markdown import draw_markdown
from bot.studio.ui.names import names_of

ButtonEdit = Callable[[tuple[Button, ...]], tuple[Button, ...]]


class ResponsePart:
    """The editor with the previews beside it."""

    def __init__(self, here: Visit, drafts: Drafts, _: Sheet, name: str) -> None:
        self._here = here
        self._drafts = drafts
        self._name = name

    async def draw(self) -> None:
        try:
            self._response = await self._drafts.response(self._name)
        except EntryNotFoundError as error:
            tag("p", "empty", str(error))
            return
        with tag("div", "toolbar"):
            tag("a", "button", word("all_responses"), href=address("words", tab="responses"))
            tag("h1", "mono", self._name)
            if self._response.changed:
                tag("span", "tag status", word("changed"))
            if self._response.conflict:
                tag("a", "tag bad", word("in_conflict"), href=address("draft", tab="conflicts"))
        with tag("div", "editor"):
            self._editor = tag("section", "block")
            with tag("aside", "stack"):
                with tag("section", "block"):
                    tag("h2", "", word("preview"))
                    self._previews = tag("div", "previews", **{"data-testid": "previews", "aria-live": "polite"})
                with tag("section", "block"):
                    tag("h2", "", word("history"))
                    self._history = tag("div")
        await self._draw_all(self._response.variants)

    async def _draw_all(self, variants: Sequence[Variant]) -> None:
        self._draw_editor(variants)
        self._draw_previews(variants)
        people = await names_of(self._here, [version.who for version in self._response.history])
        self._history.clear()
        with self._history:
            draw_history(self._response.history, people)
            if not self._response.history:
                tag("p", "muted", word("no_history"))

    def _draw_editor(self, variants: Sequence[Variant]) -> None:
        self._editor.clear()
        with self._editor, form(self._save, "response"):
            self._draw_variables(self._response)
            for number, variant in enumerate(variants):
                self._draw_variant(number, variant, len(variants))
            if not trains(self._here):
                return
            why_field()
            self._beside = tag("div", "wide")
            self._refused = alert()
            with tag("footer"):
                acting(word("show_preview"), self._preview)
                acting(word("add_wording"), self._more)
                button(word("save"), "primary")

    def _draw_variables(self, response: ResponseDraft) -> None:
        with tag("div", "wide variables"):
            tag("span", "muted", word("variables_hint"))
            for name in response.variables:
                kind = "chip mono"
                button(f"{{{name}}}", kind, type="button", **{"data-insert": f"{{{name}}}"})

    def _draw_variant(self, number: int, variant: Variant, count: int) -> None:
        with tag("fieldset", "wide variant"):
            tag("legend", "", word("wording_n", n=number + 1))
            label = word("wording_n", n=number + 1)
            box = tag("textarea", "", name="text", rows=min(4 + variant.text.count("\n"), 10), **{"aria-label": label})
            box.props["defaultValue"] = variant.text
            box.props["data-wording"] = ""
            tag("input", type="hidden", name="extra", value=variant.extra)
            tag("input", type="hidden", name="buttons", value=str(len(variant.buttons)))
            if variant.buttons:
                with tag("div", "button-row muted"):
                    tag("span", "", word("button_title"))
                    tag("span", "", word("button_payload"))
            for each in variant.buttons:
                self._draw_button(each)
            if variant.extra:
                tag("p", "muted mono", variant.extra)
            if trains(self._here):
                with tag("div", "tags"):
                    acting(word("add_button"), lambda said: self._with_button(said, number), "small")
                    if variant.buttons:
                        acting(word("remove_button"), lambda said: self._without_button(said, number), "small")
                    if count > 1:
                        acting(word("remove_wording"), lambda said: self._less(said, number), "small danger")

    def _draw_button(self, each: Button) -> None:
        with tag("div", "button-row"):
            for name, value in (("title", each.title), ("payload", each.payload)):
                label = word(f"button_{name}")
                tag("input", "", name=name, defaultValue=value, placeholder=label, **{"aria-label": label})

    def _draw_previews(self, variants: Sequence[Variant]) -> None:
        self._previews.clear()
        with self._previews:
            for number, variant in enumerate(variants):
                if len(variants) > 1:
                    tag("h3", "", word("wording_n", n=number + 1))
                for preview in self._drafts.preview(variant):
                    _draw_preview(preview)

    async def _preview(self, said: Said) -> None:
        self._draw_previews(_variants(said))

    async def _more(self, said: Said) -> None:
        self._draw_editor([*_variants(said), Variant("")])

    async def _less(self, said: Said, number: int) -> None:
        variants = _variants(said)
        self._draw_editor([each for place, each in enumerate(variants) if place != number])

    async def _with_button(self, said: Said, number: int) -> None:
        self._edit_buttons(said, number, lambda buttons: (*buttons, Button(title="", payload="")))

    async def _without_button(self, said: Said, number: int) -> None:
        self._edit_buttons(said, number, lambda buttons: buttons[:-1])

    def _edit_buttons(self, said: Said, number: int, edit: ButtonEdit) -> None:
        variants = _variants(said)
        variants[number] = replace(variants[number], buttons=edit(variants[number].buttons))
        self._draw_editor(variants)

    async def _save(self, said: Said) -> None:
        variants = tuple(_variants(said))

        async def save(actor: Actor) -> ResponseDraft:
            given = {"version": self._response.version, "why": first(said, "why") or ""}
            return await self._drafts.save_response(actor, self._name, variants, **given)

        def stale(error: StaleEntryError) -> None:
            newest = error.newest
            if isinstance(newest, Entry) and isinstance(newest.value, ResponseValue):
                self._response = replace(self._response, variants=newest.value.variants, version=newest.version)
            self._beside.clear()
            with self._beside:
                draw_stale(error, as_text(ResponseValue(self._name, variants)), self._take_theirs)

        saved = await attempt(self._here, save, self._refused, stale=stale)
        if saved is not None:
            self._response = saved
            self._here.inform(word("saved"))
            await self._draw_all(saved.variants)

    async def _take_theirs(self) -> None:
        self._response = await self._drafts.response(self._name)
        await self._draw_all(self._response.variants)


def _draw_preview(preview: Preview) -> None:
    with tag("div", "preview"):
        with tag("header"):
            tag("b", "", draft_words().channels[preview.channel])
            if preview.segments is not None:
                tag("span", "muted", word("segments", n=preview.segments, chars=len(preview.text)))
        with tag("div", "bubble-text"):
            if preview.channel == "web":
                draw_markdown(preview.text)
            else:
                tag("pre", "", preview.text)
        with tag("div", "tags"):
            for title in preview.buttons:
                tag("span", "tag", title)


def _variants(said: Said) -> list[Variant]:
    """The wordings as they stand in the form; each says how many buttons are its own."""
    buttons = [
        Button.model_construct(title=title.strip(), payload=payload.strip())
        for title, payload in zip(said.get("title", []), said.get("payload", []), strict=False)
    ]
    found, at = [], 0
    for text, extra, count in zip(said.get("text", []), said.get("extra", []), said.get("buttons", []), strict=False):
        number = int(count) if count.isdigit() else 0
        found.append(Variant(text.replace("\r\n", "\n"), tuple(buttons[at : at + number]), extra))
        at += number
    return found
