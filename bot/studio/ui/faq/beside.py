"""What stands beside an entry being edited: what is wrong or too alike, and how each channel shows it."""

from collections.abc import Mapping, Sequence

from bot.desk.ui.forms import button, tag
from bot.studio.drafts.model import Warning as TextWarning
from bot.studio.drafts.model import WarningKind
from bot.studio.faq.previews import CHANNELS, Bubble
from bot.studio.faq.service import Checked, FaqStudio, sentence
from bot.studio.faq.trying import Alike, by_topic
from bot.studio.faq.words import faq_words
from bot.studio.ui.faq.markdown import draw_markdown
from bot.studio.ui.faq.wording import percent, ui
from knowledge_base.retriever import Candidate

_SHOWN = 8
_DROP_LINE = """(event) => {
  const area = document.querySelector('form[data-testid=entry] [name=phrasings]');
  area.value = area.value.split('\\n').filter((line) => line.trim() !== event.currentTarget.dataset.line).join('\\n');
  area.dispatchEvent(new Event('input', {bubbles: true}));
}"""


def draw_checked(checked: Checked) -> None:
    """In the element that is open; a sentence of praise where there is nothing to say."""
    if checked.faults:
        with tag("ul", "notes bad-notes", **{"data-testid": "faults"}):
            for fault in checked.faults:
                tag("li", "", sentence(fault))
    if checked.covered:
        _draw_covered(checked.covered)
    if checked.warnings:
        with tag("ul", "notes", **{"data-testid": "warnings"}):
            for warning in checked.warnings[:_SHOWN]:
                _draw_warning(warning)
    _draw_alike(checked.alike)
    if not (checked.faults or checked.covered or checked.warnings or checked.alike):
        tag("p", "muted fine-note", ui("nothing_wrong"))


def _draw_covered(covered: Candidate) -> None:
    with tag("p", "note-covered", **{"data-testid": "covered"}):
        tag("span", "", ui("covered", share=percent(covered.confidence)))
        tag("a", "", covered.question, href=f"/studio/faq/{covered.topic}", target="_blank")


def _draw_warning(warning: TextWarning) -> None:
    with tag("li"):
        tag("span", "tag bad" if warning.kind is WarningKind.evaluation else "tag why", ui(f"warning_{warning.kind}"))
        tag("span", "", f" “{warning.text}” ")
        tag("span", "muted", warning.other)
        _draw_drop(warning.text)


def _draw_alike(found: Sequence[Alike]) -> None:
    for topic, alike in list(by_topic(found).items())[:_SHOWN]:
        with tag("div", "alike", **{"data-testid": "alike"}):
            with tag("p"):
                tag("span", "", ui("alike"))
                tag("a", "", alike[0].question, href=f"/studio/faq/{topic}", target="_blank")
            with tag("ul"):
                for one in alike[:_SHOWN]:
                    with tag("li"):
                        tag("span", "", f"“{one.text}” ≈ “{one.phrasing}” ")
                        tag("span", "muted", percent(one.likeness))
                        _draw_drop(one.text)


def _draw_drop(text: str) -> None:
    drop = button(ui("drop_line"), "small", type="button", **{"data-line": text})
    drop.on("click", js_handler=_DROP_LINE)


def draw_previews(studio: FaqStudio, texts: Mapping[str, str]) -> None:
    """One block for each channel, as the customer sees it."""
    for channel in CHANNELS:
        with tag("section", f"preview preview-{channel}", **{"data-testid": f"preview-{channel}"}):
            with tag("div", "preview-head"):
                tag("h3", "", faq_words().channels[channel])
                bubbles = studio.preview(texts, channel)
                _draw_cost(bubbles)
            for bubble in bubbles:
                if bubble.text:
                    _draw_bubble(bubble)


def _draw_cost(bubbles: Sequence[Bubble]) -> None:
    costs = [bubble.segments for bubble in bubbles if bubble.segments is not None]
    if costs:
        length = sum(len(bubble.text) for bubble in bubbles)
        tag("span", "muted", ui("sms_cost", n=length, segments=sum(costs)))
    elif len(bubbles) > 1:
        tag("span", "muted", ui("several_messages", n=len(bubbles)))


def _draw_bubble(bubble: Bubble) -> None:
    with tag("div", "phone-bubble"):
        if bubble.is_markdown:
            draw_markdown(bubble.text)
        else:
            tag("div", "plain-text", bubble.text)
    if bubble.choices:
        with tag("div", "chips"):
            for choice in bubble.choices:
                tag("span", "", choice)
