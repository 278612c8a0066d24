"""What a change has to keep: the rules that training and the knowledge base have anyway, told to trainers."""

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from string import Formatter
from typing import Protocol

from pydantic import ValidationError

from bot.channels import Button
from bot.studio.drafts.formats.examples import MARKUP, bare_text, marks_of
from bot.studio.drafts.model import FaqFields, ResponseValue, WordValue
from bot.studio.drafts.similar import SimilarTexts, bare_of
from bot.studio.drafts.snapshot import Snapshot
from bot.studio.drafts.words import draft_words, say
from knowledge_base.entries import MIN_PHRASINGS, PLACEHOLDERS

LONGEST_TEXT = 500
LONGEST_ANSWER = 4_000
LONGEST_SMS = 70
"""What one SMS holds."""
NLU_FALLBACK = "nlu_fallback"
DEFAULT_VARIABLES = frozenset(PLACEHOLDERS)
"""What every response may use."""

_PLACEHOLDER = re.compile(r"\{(\w*)\}")
_TOPIC = re.compile(r"[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*")
_HALF_MARKED = re.compile(r"\]\s*[({]")
_BUTTON = re.compile(r"/(\w+)(\{.*\})?", re.DOTALL)


class EvaluationSentences(Protocol):
    """Sentences that models are judged by, which must never be taught."""

    def set_of(self, text: str) -> str | None:
        """The name of the set a text stands in, in whatever spelling."""


def clean(text: str) -> str:
    """On one line, without signs that nobody sees."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())


def clean_block(text: str) -> str:
    """The same for a text of several lines."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return "\n".join(_printable(line).rstrip() for line in lines).strip()


def _printable(line: str) -> str:
    return "".join(sign if sign.isprintable() else " " for sign in line)


class TextChecks:
    """Rules about sentences that are taught."""

    def __init__(self, snapshot: Snapshot, similar: SimilarTexts, evaluation: EvaluationSentences) -> None:
        self._snapshot = snapshot
        self._similar = similar
        self._evaluation = evaluation

    def example(self, intent: str, text: str, entities: Sequence[str], *, except_text: str = "") -> Iterator[str]:
        """Problems of one marked-up example."""
        bare = bare_text(text)
        if intent not in self._snapshot.intents:
            yield say("no_intent", intent=intent)
        if not bare:
            yield say("empty")
        if len(bare) > LONGEST_TEXT:
            yield say("too_long", n=LONGEST_TEXT)
        if _HALF_MARKED.search(MARKUP.sub("", text)):
            yield say("bare_markup")
        for mark in marks_of(text):
            if mark.kind not in entities:
                yield say("unknown_entity", kind=mark.kind)
        if bare and bare_of(bare) != bare_of(bare_text(except_text)):
            yield from self._new_example(bare)

    def _new_example(self, bare: str) -> Iterator[str]:
        for said in self._similar.same(bare):
            if said.intent is not None:
                yield say("is_example", text=bare, intent=said.intent)
        yield from self._unjudged(bare)

    def _unjudged(self, text: str) -> Iterator[str]:
        if name := self._evaluation.set_of(text):
            yield say("is_evaluation", text=text, name=name)

    def questions(self, topic: str, texts: Sequence[str], before: Sequence[str]) -> Iterator[str]:
        """Problems of the questions of an entry, of which those ``before`` stood there already."""
        known = {bare_of(text) for text in before}
        new = [text for text in texts if bare_of(text) not in known]
        for text in new:
            if not text:
                yield say("empty")
            elif len(text) > LONGEST_TEXT:
                yield say("too_long", n=LONGEST_TEXT)
            else:
                yield from self._new_question(topic, text)
        yield from twice(new)

    def more_questions(self, topic: str, texts: Sequence[str], before: Sequence[str]) -> Iterator[str]:
        """The same for texts that are to come beside those ``before``."""
        known = {bare_of(text) for text in before}
        for text in texts:
            if bare_of(text) in known:
                yield say("is_phrasing", text=text, topic=topic)
        yield from self.questions(topic, texts, ())

    def _new_question(self, topic: str, text: str) -> Iterator[str]:
        for said in self._similar.same(text):
            if said.topic is not None and said.topic != topic:
                yield say("is_phrasing", text=text, topic=said.topic)
        yield from self._unjudged(text)


def twice(texts: Sequence[str]) -> Iterator[str]:
    """Texts that stand twice in what is to be added."""
    counts = Counter(bare_of(text) for text in texts)
    for text in {bare_of(text): text for text in texts if counts[bare_of(text)] > 1}.values():
        yield say("twice_in_list", text=text)


class FaqChecks:
    """Rules about an entry of the knowledge base, as `knowledge_base.entries.load_entries` has them."""

    def __init__(
        self, topics: frozenset[str], intents: frozenset[str], values: Mapping[str, str] | None = None
    ) -> None:
        self._topics = topics
        self._intents = intents
        self._values = values or {}

    def problems(self, entry: FaqFields) -> Iterator[str]:
        """What an entry may not be saved with."""
        yield from self._missing(entry)
        if not _TOPIC.fullmatch(entry.id):
            yield say("bad_topic", topic=entry.id)
        yield from self.indexable(entry)
        yield from self._answers(entry)

    def indexable(self, entry: FaqFields) -> Iterator[str]:
        """What the knowledge base would not begin with."""
        if len(entry.phrasings) < MIN_PHRASINGS:
            yield say("few_phrasings", n=len(entry.phrasings), least=MIN_PHRASINGS)
        for topic in entry.related:
            if topic not in self._topics or topic == entry.id:
                yield say("related_unknown", topic=topic)
        if entry.action and entry.action.intent not in self._intents:
            yield say("action_unknown", intent=entry.action.intent)
        for intent in entry.when.after if entry.when else ():
            if intent not in self._intents:
                yield say("after_unknown", intent=intent)
        if entry.valid_from and entry.valid_until and entry.valid_from > entry.valid_until:
            yield say("dates_reversed")
        names = dict.fromkeys(name for _, text in _texts(entry) for name in _PLACEHOLDER.findall(text))
        for name in names:
            if name not in PLACEHOLDERS:
                yield say("placeholder", name=f"{{{name}}}", allowed=_braced(PLACEHOLDERS))

    def _missing(self, entry: FaqFields) -> Iterator[str]:
        for name in ("question", "answer"):
            if not getattr(entry, name):
                yield say("no_field", field=draft_words().fields[name])

    def _answers(self, entry: FaqFields) -> Iterator[str]:
        for channel, text in _texts(entry):
            if channel and channel not in draft_words().channels:
                yield say("channel_unknown", channel=channel)
            if len(text) > LONGEST_ANSWER:
                yield say("too_long", n=LONGEST_ANSWER)
            if channel == "sms" and set(_PLACEHOLDER.findall(text)) <= set(PLACEHOLDERS):
                rendered = _PLACEHOLDER.sub(lambda found: self._values[found[1]], text)
                if len(rendered) > LONGEST_SMS:
                    yield say("sms_long", n=len(rendered), most=LONGEST_SMS)


def _texts(entry: FaqFields) -> tuple[tuple[str, str], ...]:
    """The answers by channel, the one for all under an empty name."""
    return (("", entry.answer), *entry.answers)


def response_problems(value: ResponseValue, allowed: Sequence[str], intents: frozenset[str]) -> Iterator[str]:
    """What is wrong with the wordings of a response; ``allowed`` are its variables."""
    if not value.variants:
        yield say("variant_missing")
    for variant in value.variants:
        if not variant.text.strip():
            yield say("empty")
        elif len(variant.text) > LONGEST_ANSWER:
            yield say("too_long", n=LONGEST_ANSWER)
        names = variables(variant.text)
        if names is None:
            yield say("braces")
        for name in names or ():
            if name not in allowed:
                yield say("variable_unknown", name=f"{{{name}}}", allowed=_braced(allowed))
        for button in variant.buttons:
            yield from _button(button, intents)


def variables(text: str) -> list[str] | None:
    """The names in braces; None where the braces cannot be read."""
    try:
        fields = [field for field in Formatter().parse(text) if field[1] is not None]
    except ValueError:
        return None
    plain = all(name and name.isidentifier() and not spec and not turned for _, name, spec, turned in fields)
    return list(dict.fromkeys(str(name) for _, name, *_ in fields)) if plain else None


def _button(button: Button, intents: frozenset[str]) -> Iterator[str]:
    if not button.title.strip() or not button.payload.strip():
        yield say("no_field", field=draft_words().fields["buttons"])
        return
    try:
        Button.model_validate(button.model_dump())
    except ValidationError:
        yield say("button_long")
    if not button.payload.startswith("/"):
        return
    found = _BUTTON.fullmatch(button.payload)
    if found is None or not _is_object(found[2]):
        yield say("button_payload", title=button.title)
    elif found[1] not in intents:
        yield say("button_intent", title=button.title, intent=found[1])


def _is_object(text: str | None) -> bool:
    """Whether what follows an intent is its entities; variables may stand in them."""
    try:
        return text is None or isinstance(json.loads(text), dict)
    except ValueError:
        return False


def word_problems(word: WordValue, taken: bool) -> Iterator[str]:
    """What is wrong with a word of a list."""
    if not word.text:
        yield say("empty")
    elif re.search(r"[\s#]", word.text) or len(word.text) > LONGEST_TEXT:
        yield say("word_blank")
    if taken:
        yield say("word_taken", text=word.text)
    if word.meaning is not None and not word.meaning:
        yield say("meaning_missing", text=word.text)
    if ":" in word.listed_in and word.meaning is None:
        try:
            re.compile(word.text)
        except re.error as error:
            yield say("word_regex", text=word.text, problem=error.msg)


def _braced(names: Sequence[str]) -> str:
    return "、".join(f"{{{name}}}" for name in names)
