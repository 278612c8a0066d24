"""A spaCy pipeline for Chinese: jieba's words with their parts of speech, listed words, noun phrases.

Tokens carry the tag that jieba's dictionary gives the word (``n``, ``v``, ``nr`` ...), the name of the word list it
stands in, or ``new`` where no dictionary has it; jieba's own tagger would guess those too, at ten times the cost.
Listed words are left in ``doc.spans["listed"]``, noun phrases in ``doc.spans["nouns"]``.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import jieba
import spacy
from jieba.posseg import POSTokenizer
from spacy.language import Language
from spacy.matcher import Matcher, PhraseMatcher
from spacy.tokens import Doc, Span
from spacy.vocab import Vocab

LISTED, NOUNS = "listed", "nouns"
NEW, NUMBER, LETTERS, SIGN = "new", "m", "eng", "x"

_MODIFIES = ["n", "nz", "ng", "vn", "an", "b", "j", "eng", "nrt", "nr", "nrfg", "a", "z", "new", "goods"]
_HEADS = ["n", "nz", "ng", "vn", "nrt", "nr", "nrfg", "eng", "j", "g", "new", "goods"]
_GLUED = {**dict.fromkeys("寄发邮买退", "v"), **dict.fromkeys("双箱个份台盒包条瓶副袋", "q")}
"""Verbs and measures that jieba likes to glue to a short word that it does not know with them: 寄药, 双鞋."""


class TaggingTokenizer:
    """spaCy's tokenizer interface over jieba.

    Parameters
    ----------
    tags: part of speech of every known word.
    """

    def __init__(self, vocab: Vocab, words: jieba.Tokenizer, tags: Mapping[str, str]) -> None:
        self._vocab = vocab
        self._words = words
        self._tags = tags

    def __call__(self, text: str) -> Doc:
        words, tags = [], []
        for word, tag in self._tagged(text):
            words.append(word)
            tags.append(tag)
        return Doc(self._vocab, words=words, spaces=[False] * len(words), tags=tags)

    def _tagged(self, text: str) -> Iterator[tuple[str, str]]:
        for word in self._words.cut(text):
            tag = self._tags.get(word) or _tag_of_unknown(word)
            if tag == NEW and len(word) > 1 and word[0] in _GLUED:
                yield word[0], _GLUED[word[0]]
                word = word[1:]
                tag = self._tags.get(word) or NEW
            yield word, tag


def tags_of(words: jieba.Tokenizer, kinds: Mapping[str, list[str]]) -> dict[str, str]:
    """Part of speech of every word that jieba's dictionary knows.

    Parameters
    ----------
    kinds: word lists; the tag of a listed word of several signs is the name of its list.
    """
    tags = dict(POSTokenizer(words).word_tag_tab)
    for kind, listed in kinds.items():
        tags.update({word: kind for word in listed if len(word) > 1})
    return tags


def _tag_of_unknown(word: str) -> str:
    if re.fullmatch(r"[\u4e00-\u9fff]+", word):
        return NEW
    if re.fullmatch(r"[\d.]+%?", word):
        return NUMBER
    return LETTERS if word.isalnum() else SIGN


def pipeline(words: jieba.Tokenizer, tags: Mapping[str, str], kinds: Mapping[str, list[str]]) -> Language:
    """Tokens with tags, listed words and noun phrases."""
    language = spacy.blank("zh")
    language.tokenizer = TaggingTokenizer(language.vocab, words, tags)
    language.add_pipe("listed_words", config={"kinds": dict(kinds)})
    language.add_pipe("noun_phrases")
    return language


@Language.factory("listed_words", default_config={"kinds": {}})
class ListedWords:
    """Marks tokens that stand in a word list."""

    def __init__(self, nlp: Language, name: str, kinds: dict[str, list[str]]) -> None:
        self._matcher = PhraseMatcher(nlp.vocab)
        for kind, listed in kinds.items():
            self._matcher.add(kind, [Doc(nlp.vocab, words=[word]) for word in listed])

    def __call__(self, doc: Doc) -> Doc:
        doc.spans[LISTED] = self._matcher(doc, as_spans=True)
        return doc


@Language.factory("noun_phrases")
class NounPhrases:
    """Marks the longest runs, up to six words, of nouns and what may stand before them."""

    def __init__(self, nlp: Language, name: str) -> None:
        self._matcher = Matcher(nlp.vocab)
        phrase: list[dict[str, Any]] = [{"TAG": {"IN": _MODIFIES}, "OP": "{0,5}"}, {"TAG": {"IN": _HEADS}}]
        self._matcher.add("phrase", [phrase], greedy="LONGEST")

    def __call__(self, doc: Doc) -> Doc:
        found: list[Span] = self._matcher(doc, as_spans=True)
        doc.spans[NOUNS] = sorted(found, key=lambda span: span.start)
        return doc
