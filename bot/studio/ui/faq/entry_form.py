"""The fields of an entry as a form, and what stands in it as texts."""

from collections.abc import Collection, Mapping

from nicegui import ui as nicegui

from bot.desk.ui.forms import Said, field, select, tag
from bot.desk.words import desk_words
from bot.studio.drafts.checks import LONGEST_ANSWER, LONGEST_SMS, LONGEST_TEXT
from bot.studio.faq.model import lines_of
from bot.studio.faq.previews import CHANNELS
from bot.studio.faq.words import faq_words
from bot.studio.ui.faq.wording import ui
from bot.waybills.model import WaybillStatus
from knowledge_base.entries import MIN_PHRASINGS, PLACEHOLDERS

_INSERT = """(event) => {
  const put = event.currentTarget;
  const area = put.closest('form').querySelector(`[name="${put.dataset.into}"]`);
  area.setRangeText(put.dataset.text, area.selectionStart, area.selectionEnd, 'end');
  area.focus();
  area.dispatchEvent(new Event('input', {bubbles: true}));
}"""
_LISTS = {"phrasings", "related", "when.after", "when.waybill"}
FIELDS = (
    "question",
    "phrasings",
    "answer",
    *(f"answers.{channel}" for channel in CHANNELS),
    "related",
    "action.title",
    "action.intent",
    "when.waybill",
    "when.after",
    "valid_from",
    "valid_until",
)


def texts_said(said: Said, before: Mapping[str, str]) -> dict[str, str]:
    """The whole entry; what the form does not show is as it was."""
    found = dict(before)
    for name in (*FIELDS, "covers", "id"):
        if name in said or name == "when.waybill":
            text = "\n".join(said.get(name, [])).replace("\r\n", "\n").strip()
            found[name] = "\n".join(lines_of(text)) if name in _LISTS else text
    return found


class EntryForm:
    """Draws the fields.  ``topics`` maps those with an answer to their questions, ``intents`` what buttons start."""

    def __init__(self, texts: Mapping[str, str], topics: Mapping[str, str], intents: Collection[str]) -> None:
        self._texts = texts
        self._topics = topics
        self._intents = intents

    def draw(self, *, is_new: bool) -> None:
        if is_new:
            self._draw_topic()
        self._draw_questions()
        self._draw_answer()
        self._draw_channels()
        self._draw_more()

    def _draw_topic(self) -> None:
        with tag("div", "pair wide"):
            field(
                faq_words().fields["id"], "id", self._texts.get("id"), hint=ui("topic_hint"), required=True,
                maxlength=80, autocomplete="off", spellcheck="false",
            )  # fmt: skip
            field(
                faq_words().fields["covers"], "covers", self._texts.get("covers"), hint=ui("covers_hint"), maxlength=200
            )

    def _draw_questions(self) -> None:
        fields = faq_words().fields
        with tag("div", "wide"):
            field(fields["question"], "question", self._texts.get("question"), required=True, maxlength=LONGEST_TEXT)
        text = self._texts.get("phrasings", "")
        with tag("label", "field wide"):
            with tag("span", "label-line"):
                tag("span", "", fields["phrasings"])
                count = ui("phrasing_count", n=len(list(lines_of(text))), least=MIN_PHRASINGS)
                tag("span", "muted", count, **{"data-count": "phrasings"})
            tag("textarea", "", name="phrasings", rows=12, defaultValue=text, spellcheck="false")
            nicegui.label(ui("phrasings_hint")).classes("hint")

    def _draw_answer(self) -> None:
        with tag("div", "field wide answer-field"):
            with tag("div", "label-line"):
                tag("label", "", faq_words().fields["answer"], **{"for": "faq-answer"})
                self._draw_placeholders("answer")
            tag("textarea", "", id="faq-answer", name="answer", rows=9, defaultValue=self._texts.get("answer", ""),
                maxlength=LONGEST_ANSWER, required=True)  # fmt: skip
            nicegui.label(ui("answer_hint")).classes("hint")

    def _draw_placeholders(self, into: str) -> None:
        with tag("span", "inserts"):
            for name in PLACEHOLDERS:
                put = tag("button", "small", f"{{{name}}}", type="button", title=ui("insert"))
                put.props["data-into"], put.props["data-text"] = into, f"{{{name}}}"
                put.on("click", js_handler=_INSERT)

    def _draw_channels(self) -> None:
        words = faq_words()
        written = [channel for channel in CHANNELS if self._texts.get(f"answers.{channel}")]
        with tag("details", "wide more", open=bool(written)):
            names = "、".join(words.channels[channel] for channel in written)
            tag("summary", "", f"{ui('channel_answers')}{f'（{names}）' if names else ''}")
            with tag("div", "channel-fields"):
                for channel in CHANNELS:
                    name = f"answers.{channel}"
                    with tag("label", "field"):
                        with tag("span", "label-line"):
                            tag("span", "", words.channels[channel])
                            if channel == "sms":
                                tag("span", "muted", ui("sms_limit", most=LONGEST_SMS), **{"data-count": "sms"})
                        tag("textarea", "", name=name, rows=3, defaultValue=self._texts.get(name, ""),
                            placeholder=ui("as_answer"))  # fmt: skip

    def _draw_more(self) -> None:
        fields, texts = faq_words().fields, self._texts
        used = any(texts.get(name) for name in ("related", "action.title", "valid_from", "valid_until", "when.waybill"))
        with tag("details", "wide more", open=used):
            tag("summary", "", ui("more_fields"))
            with tag("div", "more-fields"):
                with tag("label", "field wide"):
                    nicegui.label(fields["related"])
                    tag(
                        "textarea",
                        "",
                        name="related",
                        rows=2,
                        defaultValue=texts.get("related", ""),
                        spellcheck="false",
                    )
                    nicegui.label(ui("related_hint")).classes("hint")
                    for topic in lines_of(texts.get("related", "")):
                        tag("span", "hint", f"{topic} · {self._topics.get(topic, ui('no_answer_yet'))}")
                field(fields["action.title"], "action.title", texts.get("action.title"), maxlength=60)
                with tag("label", "field"):
                    nicegui.label(fields["action.intent"])
                    intents = {"": ui("no_button")} | {name: _intent(name) for name in sorted(self._intents)}
                    select("action.intent", intents, texts.get("action.intent"))
                for name in ("valid_from", "valid_until"):
                    field(fields[name], name, texts.get(name), kind="date")
                self._draw_when()

    def _draw_when(self) -> None:
        chosen = set(lines_of(self._texts.get("when.waybill", "")))
        with tag("fieldset", "wide when"):
            tag("legend", "", faq_words().fields["when.waybill"])
            with tag("div", "checks"):
                for state in WaybillStatus:
                    with tag("label"):
                        tag("input", "", type="checkbox", name="when.waybill", value=state.value,
                            checked=state.value in chosen)  # fmt: skip
                        nicegui.label(desk_words().statuses[state])
            nicegui.label(ui("when_hint")).classes("hint")
        with tag("label", "field wide"):
            nicegui.label(faq_words().fields["when.after"])
            tag("textarea", "", name="when.after", rows=2, defaultValue=self._texts.get("when.after", ""),
                spellcheck="false")  # fmt: skip


def _intent(name: str) -> str:
    said = desk_words().intent(name)
    return f"{said}（{name}）" if said != name else name
