"""What is sent or received: listed goods with quantity and modifiers, and nouns that the words around make goods."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import yaml
from spacy.tokens import Doc, Span, Token

from bot.dialogue.components.tagging import NEW, NOUNS

GOODS_FILE = "goods.yml"
GOODS = "goods"

_NUMBER = r"(?:\d{1,4}|[一二两三四五六七八九十百几半]{1,3}|整|半)(?:来|多)?(?:大|小|整)?"
_NO_NOUN = re.compile("[我你他她它们的了吗呢吧要能会可去来取拿打就都也还没不给把被让这那哪是有到在每成]")
"""Signs that do not stand in a noun: what no dictionary has may be anything."""
_NOUNS = ("n", "nz", "nr", "nrt", "eng", "goods", NEW)
_AND = re.compile("和|跟|与|及|、|还有|以及|加")
_LONGEST_UNLISTED = 8
_LOOK_BEHIND = 8

Free = Callable[[int, int], bool]


class GoodsGrammar:
    """Chooses goods among the noun phrases of a sentence.

    Parameters
    ----------
    words: the content of ``goods.yml``.
    listed: the word list.
    """

    def __init__(self, words: dict[str, str], listed: list[str]) -> None:
        parts = {name: text.split() for name, text in words.items()}
        self._listed = frozenset(listed)
        self._never = frozenset(parts["never"])
        self._doubtful = frozenset(parts["doubtful"]) | {word for word in listed if len(word) == 1}
        self._heads = tuple(parts["heads"])
        self._modifiers = frozenset(parts["modifiers"])
        self._modified = re.compile(f"(?:{_any([word for word in parts['modifiers'] if len(word) > 1])})+$")
        self._vague = frozenset(parts["vague"])
        specific, generic = _any(parts["measures"]), _any(parts["generic_measures"])
        self._counted = re.compile(rf"(?P<all>{_NUMBER}(?:(?P<specific>{specific})|(?P<generic>{generic})))$")
        self._sends = re.compile(f"(?:{_any(parts['sends'])})$")
        self._measure = re.compile(f"(?:{_any([m for m in parts['measures'] if m != '把'])}|个|份)$")
        self._before = re.compile(f"(?:{_any(parts['before'])})$")
        self._behind = re.compile(_any(parts["behind"]))

    @classmethod
    def load(cls, folder: Path, listed: list[str]) -> "GoodsGrammar":
        """``goods.yml`` of a lexicon."""
        return cls(yaml.safe_load((folder / GOODS_FILE).read_text(encoding="utf-8")), listed)

    def find(self, doc: Doc, is_free: Free) -> Iterator[tuple[int, int]]:
        """Where goods stand, quantity included.

        Parameters
        ----------
        is_free: whether nothing else has been found between two places of the text.
        """
        last = -1
        for phrase in doc.spans[NOUNS]:
            for tokens in self._candidates(phrase, is_free):
                for start, end in self._judge(doc.text, tokens, after=last):
                    yield start, end
                    last = end

    def _candidates(self, phrase: Span, is_free: Free) -> Iterator[list[Token]]:
        """The stretches of a phrase that hold neither another find nor a word that is never goods."""
        run: list[Token] = []
        for token in phrase:
            if token.text in self._never or not is_free(token.idx, token.idx + len(token)):
                if run:
                    yield run
                run = []
            else:
                run.append(token)
        if run:
            yield run

    def _judge(self, text: str, tokens: list[Token], *, after: int) -> Iterator[tuple[int, int]]:
        """The goods among the tokens; ``after`` is where the goods before them ended."""
        last = next((at for at in reversed(range(len(tokens))) if self._is_listed(tokens[at].text)), None)
        if last is not None:
            tail = tokens[last + 1 :]
            end = len(tokens) if tail and tail[-1].tag_ == "n" and self._is_goods_like(tail[-1].text) else last + 1
            first = self._first(tokens, end)
            yield from self._span(text, tokens[first:end], known=True, after=after)
        elif tokens[-1].tag_ in _NOUNS and not any(_NO_NOUN.search(t.text) for t in tokens if t.tag_ == NEW):
            yield from self._span(text, tokens, known=False, after=after)

    def _first(self, tokens: list[Token], end: int) -> int:
        """How far modifiers reach to the left: to a quantity, whatever stands behind it (一箱阳澄湖大闸蟹)."""
        for counted in range(end - 1):
            at = tokens[counted].idx
            if self._counted.search(tokens[0].doc.text[max(0, at - _LOOK_BEHIND) : at]):
                return counted
        first = end - 1
        while first > 0 and self._modifies(tokens[first - 1], tokens[first]):
            first -= 1
        return first

    def _modifies(self, token: Token, head: Token) -> bool:
        if token.text in self._modifiers or token.text in self._listed or token.tag_ == "b":
            return True
        return head.text in self._vague and token.tag_ in ("n", "nz", "vn", "eng")

    def _span(self, text: str, tokens: list[Token], *, known: bool, after: int) -> Iterator[tuple[int, int]]:
        start, end = tokens[0].idx, tokens[-1].idx + len(tokens[-1])
        words = text[start:end]
        if known and (modifiers := self._modified.search(text[max(0, start - _LOOK_BEHIND) : start])):
            start -= len(modifiers.group())
        counted = self._counted.search(text[max(0, start - _LOOK_BEHIND) : start])
        like = known or (tokens[-1].tag_ != NEW and self._is_goods_like(words))
        sure = (known and words not in self._doubtful) or self._is_made_goods(text, start, end, counted, like=like)
        sure = (
            sure
            or (like and words == text.strip(" ,.。!"))
            or (like and after >= 0 and bool(_AND.fullmatch(text, after, start)))
        )
        if sure and (known or len(words) <= _LONGEST_UNLISTED):
            yield start - len(counted["all"]) if counted else start, end

    def _is_made_goods(self, text: str, start: int, end: int, counted: "re.Match[str] | None", *, like: bool) -> bool:
        """Whether a quantity or the words around say that it is a thing."""
        if counted and counted["specific"]:
            return True
        if counted:
            start -= len(counted["all"])
        said = self._measure.sub("", text[max(0, start - _LOOK_BEHIND) : start])
        behind = self._behind.match(text, end)
        if like:
            return bool(behind or self._before.search(said))
        return bool(behind and self._sends.search(said)) and end - start > 1

    def _is_listed(self, word: str) -> bool:
        return word in self._listed

    def _is_goods_like(self, words: str) -> bool:
        return words in self._listed or (len(words) > 1 and words.endswith(self._heads))


def _any(alternatives: list[str]) -> str:
    return "|".join(sorted(alternatives, key=len, reverse=True))
