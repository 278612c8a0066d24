"""Long texts in as few messages as fit, cut where a sentence ends."""

import re
from collections.abc import Iterator

_LINK = re.compile(r"<a\s[^>]*>.*?</a>", re.DOTALL)
_SENTENCE = re.compile(r".*?(?:[。！？!?；;…]+[”’」』）)\"']*|\n+|$)", re.DOTALL)
_CLAUSE = re.compile(r".*?(?:[，,、：:\s]+|$)", re.DOTALL)


def size(text: str) -> int:
    """In bytes of UTF-8, as the platform counts."""
    return len(text.encode())


def split(text: str, limit: int) -> list[str]:
    """Pieces of at most ``limit`` bytes, together the text but for white space at the cuts; at least one piece.

    A cut is made at the end of a line or sentence, else of a clause, else between characters; never within a link
    unless the link alone is too long.
    """
    pieces: list[str] = []
    piece = ""
    for atom in _atoms(text, limit):
        if piece and size(piece + atom.rstrip()) > limit:
            pieces.append(piece)
            piece = ""
        piece += atom if piece else atom.lstrip()
    pieces.append(piece)
    return [stripped for each in pieces if (stripped := each.strip())] or [""]


def _atoms(text: str, limit: int) -> Iterator[str]:
    """What is not cut, if it can be helped: sentences, clauses of long sentences, links, at last characters."""
    for sentence in _sentences(text):
        if size(sentence) <= limit:
            yield sentence
            continue
        for clause in _cut(sentence, _CLAUSE):
            if size(clause) <= limit:
                yield clause
            else:
                yield from _by_characters(clause, limit)


def _sentences(text: str) -> Iterator[str]:
    yield from _cut(text, _SENTENCE)


def _cut(text: str, pattern: re.Pattern[str]) -> Iterator[str]:
    """By the pattern, but never within a link."""
    links = [match.span() for match in _LINK.finditer(text)]
    begin = at = 0
    while at < len(text):
        found = pattern.match(text, at)
        end = found.end() if found and found.end() > at else len(text)
        around = next((link for link in links if link[0] < end < link[1]), None)
        if around is not None:
            at = around[1]
            if at < len(text):
                continue
            end = at
        yield text[begin:end]
        begin = at = end
    if begin < len(text):
        yield text[begin:]


def _by_characters(text: str, limit: int) -> Iterator[str]:
    piece, length = "", 0
    for char in text:
        width = size(char)
        if piece and length + width > limit:
            yield piece
            piece, length = "", 0
        piece, length = piece + char, length + width
    if piece:
        yield piece
