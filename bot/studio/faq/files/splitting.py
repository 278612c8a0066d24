"""A document cut into what could be entries: pairs of question and answer, headings with what stands below them, and
numbered clauses."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from bot.studio.faq.files.blocks import Block
from bot.studio.faq.words import faq_words

LONGEST_HEADING = 30
LONGEST_QUESTION = 40
LONGEST_ANSWER = 8000
_NUMBER = "[一二三四五六七八九十百零〇\\d]+"
_ASKED = re.compile(r"^(?:\*\*)?(?:问题?|[QＱqｑ](?:uestion)?)\s*\d*\s*[:：.、．]\s*(.+?)(?:\*\*)?$")
_ANSWERED = re.compile(r"^(?:\*\*)?(?:答案?|回答|[AＡaａ](?:nswer)?)\s*\d*\s*[:：.、．](?:\*\*)?\s*(.*)$", re.DOTALL)
_CHAPTER = re.compile(rf"^第{_NUMBER}([章节编])[\s、:：.]*(.*)$")
_ARTICLE = re.compile(rf"^第{_NUMBER}条[\s、:：.]*(.*)$", re.DOTALL)
_DECIMAL = re.compile(r"^(\d+(?:[.．]\d+)+)[.．、\s]*(\S.*)$", re.DOTALL)
_CHINESE = re.compile(r"^([一二三四五六七八九十]+)[、.．]\s*(\S.*)$", re.DOTALL)
_BRACKETED = re.compile(r"^[（(][一二三四五六七八九十\d]+[)）]\s*(\S.*)$", re.DOTALL)
_SIMPLE = re.compile(r"^\d+[.、．)）]\s*(\S.*)$", re.DOTALL)
_SENTENCE = re.compile(r"[。！？!?；;]")
_ASKING = re.compile(r"[吗呢么]$|怎么|怎样|如何|什么|哪些|哪里|哪个|多少|多久|几天|是否|能不能|可不可以|为什么|谁")
_LEADING = re.compile(
    rf"^(?:第{_NUMBER}[章节编条]|\d+(?:[.．]\d+)+|\d{{1,3}}(?=[.、．)）])|[一二三四五六七八九十]+(?=[、.．])"
    r"|[（(][一二三四五六七八九十\d]+[)）])[\s、:：.．)）]*"
)
_VAGUE = 4
"""A heading this short says little without the one above it."""


class FoundBy(StrEnum):
    """What in the document a proposal was made from."""

    pair = "pair"
    heading = "heading"
    clause = "clause"


@dataclass(frozen=True)
class Proposal:
    """An entry that could be; ``path`` are the headings above it, ``place`` where it stands in the document."""

    question: str
    answer: str
    path: tuple[str, ...]
    place: str
    found_by: FoundBy


def split(blocks: Sequence[Block]) -> list[Proposal]:
    """In the order of the document; texts that stand before any heading belong to none and are left out."""
    lines = list(_lines(blocks))
    clauses_are_all = not any(block.level is not None or _structure(block.text) for block in lines)
    sections = _Sections()
    for block in lines:
        sections.take(block, clauses_are_all=clauses_are_all)
    return list(_distinct(sections.done()))


class _Sections:
    """The place in the document that has been reached: headings above, and the proposal being written."""

    def __init__(self) -> None:
        self._path: list[tuple[int, str]] = []
        self._open: Proposal | None = None
        self._is_asked = False
        self._found: list[Proposal] = []

    def take(self, block: Block, *, clauses_are_all: bool) -> None:
        asked, answered = _ASKED.match(block.text), _ANSWERED.match(block.text)
        if asked and (block.level is None or self._is_asked):
            self._begin(Proposal(asked.group(1).strip(), "", self._titles(), block.place, FoundBy.pair))
            self._is_asked = True
        elif answered and self._is_asked:
            self._add(answered.group(1))
        elif block.level is not None:
            self._heading(block, block.level, _LEADING.sub("", block.text))
        elif found := _structure(block.text):
            self._structured(block, *found)
        elif clauses_are_all and (clause := _BRACKETED.match(block.text) or _SIMPLE.match(block.text)):
            self._clause(block, clause.group(1))
        else:
            self._add(block.text)

    def done(self) -> list[Proposal]:
        self._close()
        return self._found

    def _structured(self, block: Block, level: int, rest: str) -> None:
        if level < 90 or _is_title(rest):
            self._heading(block, level, rest)
        else:
            self._clause(block, rest, under=level)

    def _heading(self, block: Block, level: int, title: str) -> None:
        self._close()
        self._path = [(above, text) for above, text in self._path if above < level]
        if title:
            path = self._titles()
            self._path.append((level, title))
            self._begin(Proposal(question_of(title, path), "", path, block.place, FoundBy.heading))

    def _clause(self, block: Block, text: str, *, under: int = 99) -> None:
        self._close()
        self._path = [(above, title) for above, title in self._path if above < under]
        first = re.split(r"[，,。；;：:\n]", text, maxsplit=1)[0]
        question = question_of(first[:LONGEST_QUESTION], self._titles())
        self._begin(Proposal(question, text, self._titles(), block.place, FoundBy.clause))

    def _titles(self) -> tuple[str, ...]:
        return tuple(text for level, text in self._path if level > 0)

    def _begin(self, proposal: Proposal) -> None:
        self._close()
        self._open = proposal

    def _add(self, text: str) -> None:
        if self._open is not None and text.strip():
            answer = f"{self._open.answer}{_joint(self._open.answer, text)}{text}".strip()
            self._open = replace(self._open, answer=answer[:LONGEST_ANSWER])

    def _close(self) -> None:
        if self._open is not None and self._open.answer:
            self._found.append(self._open)
        self._open = None
        self._is_asked = False


def question_of(heading: str, path: Sequence[str] = ()) -> str:
    """A question that the text under a heading answers; trainers see it before anything is saved."""
    words = faq_words().questions
    title = _LEADING.sub("", heading).strip(" 　。.:：、*")
    if title.endswith(("？", "?")):
        return words["asked"].format(title=title[:-1])
    if len(title) <= _VAGUE and path:
        above = path[-1].rstrip("？?")
        title = words["beside" if _ASKING.search(above) else "of"].format(above=above, title=title)
    return words["asked" if _ASKING.search(title) else "ruled"].format(title=title)


def heading_of(question: str) -> str:
    """What `question_of` made a question of, without what it added at the end."""
    words = faq_words().questions
    return question.removesuffix(words["ruled"].format(title="")).removesuffix(words["asked"].format(title=""))


def _structure(text: str) -> tuple[int, str] | None:
    """The level of a line that is numbered like a chapter or an article, and what stands behind the number.

    Levels from 90 on are clauses: a heading only when nothing but a title stands there.
    """
    if match := _CHAPTER.match(text):
        return ({"编": 10, "章": 11, "节": 12}[match.group(1)], match.group(2)) if _is_title(match.group(2)) else None
    if match := _ARTICLE.match(text):
        return 90, match.group(1)
    if (match := _CHINESE.match(text)) and _is_title(match.group(2)):
        return 13, match.group(2)
    if match := _DECIMAL.match(text):
        return 90 + match.group(1).replace("．", ".").count("."), match.group(2)
    return None


def _is_title(text: str) -> bool:
    is_sentence = _SENTENCE.search(text[:-1]) or text.endswith(("。", "；", ";"))
    return len(text) <= LONGEST_HEADING and "\n" not in text and not is_sentence


def _lines(blocks: Sequence[Block]) -> Iterator[Block]:
    """Paragraphs that hold several pairs or clauses are taken line by line."""
    for block in blocks:
        parts = block.text.split("\n")
        if block.level is not None or not any(_ASKED.match(part) or _ANSWERED.match(part) for part in parts):
            yield block
            continue
        for part in parts:
            if part.strip():
                yield replace(block, text=part.strip())


def _joint(before: str, text: str) -> str:
    """The items of a list keep together, everything else stands apart."""
    if not before:
        return ""
    mark = text.lstrip()[:2]
    is_same = mark == "- " and before.rsplit("\n", 1)[-1].lstrip().startswith(mark)
    return "\n" if is_same else "\n\n"


def _distinct(proposals: Sequence[Proposal]) -> Iterator[Proposal]:
    """Headings that say the same below different ones are told apart by those."""
    count: dict[str, int] = {}
    for proposal in proposals:
        count[proposal.question] = count.get(proposal.question, 0) + 1
    for proposal in proposals:
        if count[proposal.question] > 1 and proposal.path:
            under = faq_words().questions["under"]
            proposal = replace(proposal, question=under.format(above=proposal.path[-1], question=proposal.question))
        yield proposal
