"""What is wrong with an entry, told by field and in Chinese, before anything is saved."""

import re
from collections.abc import Iterator, Mapping
from datetime import date

from bot.desk.words import desk_words
from bot.studio.drafts.checks import LONGEST_ANSWER, LONGEST_SMS, LONGEST_TEXT
from bot.studio.faq.model import TOPIC, Fault, lines_of, normal, raw_of
from bot.studio.faq.words import problem
from bot.waybills.model import WaybillStatus
from knowledge_base.entries import MIN_PHRASINGS, PLACEHOLDERS, FaqEntry

LONGEST = {"question": LONGEST_TEXT, "phrasings": LONGEST_TEXT, "answer": LONGEST_ANSWER, "action.title": 60}
_PLACEHOLDER = re.compile(r"\{(\w*)\}")
_DATES = ("valid_from", "valid_until")


class Checking:
    """The rules of `knowledge_base.entries` for texts as people type them.

    Parameters
    ----------
    topics: every topic there is.
    coming: topics that will be there, too, once what is checked is saved.
    intents: what buttons may start.
    questions: the topic of every question, in its normal spelling; what is taken in is added by the caller.
    values: what variables of answers stand for; an SMS is measured with them.
    """

    def __init__(
        self,
        topics: frozenset[str],
        intents: frozenset[str],
        questions: Mapping[str, str],
        values: Mapping[str, str],
        coming: frozenset[str] = frozenset(),
    ) -> None:
        self._values = values
        self._topics = topics
        self._linkable = topics | coming
        self._intents = intents
        self._questions = questions

    def faults(self, texts: Mapping[str, str]) -> list[Fault]:
        """All of them, in the order of the fields; empty for an entry that may be saved."""
        return [
            *self._of_topic(texts),
            *self._of_words(texts),
            *self._of_answers(texts),
            *self._of_references(texts),
            *_of_dates(texts),
        ]

    def _of_topic(self, texts: Mapping[str, str]) -> Iterator[Fault]:
        if not TOPIC.fullmatch(texts["id"]):
            yield Fault("id", problem("topic_form"))
        elif texts["id"] not in self._topics and not texts.get("covers"):
            yield Fault("covers", problem("covers_missing"))

    def _of_words(self, texts: Mapping[str, str]) -> Iterator[Fault]:
        for name in ("question", "answer"):
            if not texts.get(name, "").strip():
                yield Fault(name, problem("missing"))
        phrasings = list(lines_of(texts.get("phrasings", "")))
        if len(phrasings) < MIN_PHRASINGS:
            yield Fault("phrasings", problem("too_few", n=len(phrasings), least=MIN_PHRASINGS))
        for name, most in LONGEST.items():
            longest = max(map(len, lines_of(texts.get(name, ""))), default=0)
            length = longest if name == "phrasings" else len(texts.get(name, ""))
            if length > most:
                yield Fault(name, problem("too_long", n=length, most=most))
        for name, text in [("question", texts.get("question", "")), *(("phrasings", one) for one in phrasings)]:
            other = self._questions.get(normal(text)) if text else None
            if other and other != texts["id"]:
                yield Fault(name, problem("taken", text=text, topic=other))

    def _of_answers(self, texts: Mapping[str, str]) -> Iterator[Fault]:
        for name, text in texts.items():
            if name != "answer" and not name.startswith("answers."):
                continue
            for placeholder in placeholders_in(text):
                if placeholder not in PLACEHOLDERS:
                    known = "、".join(f"{{{one}}}" for one in PLACEHOLDERS)
                    yield Fault(name, problem("placeholder", name=placeholder, known=known))
        sms = filled(texts.get("answers.sms", ""), self._values)
        if len(sms) > LONGEST_SMS:
            yield Fault("answers.sms", problem("too_long", n=len(sms), most=LONGEST_SMS))

    def _of_references(self, texts: Mapping[str, str]) -> Iterator[Fault]:
        for topic in lines_of(texts.get("related", "")):
            if topic not in self._linkable or topic == texts["id"]:
                yield Fault("related", problem("related", topic=topic))
        title, intent = texts.get("action.title", ""), texts.get("action.intent", "")
        if bool(title) != bool(intent):
            yield Fault("action.intent" if title else "action.title", problem("half_button"))
        if intent and intent not in self._intents:
            yield Fault("action.intent", problem("intent", intent=intent))
        for one in lines_of(texts.get("when.after", "")):
            if one not in self._intents:
                yield Fault("when.after", problem("intent", intent=one))
        for one in lines_of(texts.get("when.waybill", "")):
            if one not in set(WaybillStatus):
                known = "、".join(desk_words().statuses.values())
                yield Fault("when.waybill", problem("waybill", status=one, known=known))


def placeholders_in(text: str) -> list[str]:
    """Names between braces, in order."""
    return _PLACEHOLDER.findall(text)


def filled(text: str, values: Mapping[str, str]) -> str:
    """With the variables put in; unknown ones stay as they are."""
    return _PLACEHOLDER.sub(lambda found: values.get(found.group(1), found.group()), text).strip()


def entry_of(texts: Mapping[str, str]) -> FaqEntry:
    """For texts without faults.  Raises pydantic's `ValidationError` for others."""
    return FaqEntry.model_validate(raw_of(texts))


def _of_dates(texts: Mapping[str, str]) -> Iterator[Fault]:
    days: dict[str, date] = {}
    for name in _DATES:
        if text := texts.get(name, ""):
            try:
                days[name] = date.fromisoformat(text)
            except ValueError:
                yield Fault(name, problem("date", text=text))
    if len(days) == len(_DATES) and days["valid_from"] > days["valid_until"]:
        yield Fault("valid_until", problem("dates_order"))
