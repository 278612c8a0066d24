"""Markdown as an SMS can show it, and texts cut where a sentence ends."""

import re

_LINK = re.compile(r"\[([^\]\n]*)\]\(([^)\s]+)\)")
_STRONG = re.compile(r"(\*\*|__)(?=\S)(.+?)(?<=\S)\1", re.DOTALL)
_HEADING = re.compile(r"^#{1,6}\s+", re.MULTILINE)
_RULE = re.compile(r"^(?:-{3,}|\*{3,})\s*$", re.MULTILINE)
_STAR_ITEM = re.compile(r"^(\s*)\*\s+", re.MULTILINE)
_GAP = re.compile(r"\n\s*\n+")
_SENTENCE_END = "。！？；!?;\n"


def plain(markdown: str) -> str:
    """Without marks; a link keeps its address, blank lines go (each sign is paid for)."""
    text = _LINK.sub(lambda found: _linked(found[1], found[2]), markdown)
    text = _STRONG.sub(r"\2", text).replace("`", "")
    text = _STAR_ITEM.sub(r"\1- ", _RULE.sub("", _HEADING.sub("", text)))
    return _GAP.sub("\n", text).strip()


def cut(text: str, length: int) -> str:
    """The beginning of a text, at most so many signs: whole sentences where that keeps half of it or more."""
    if len(text) <= length:
        return text
    start = text[:length]
    end = max(start.rfind(sign) for sign in _SENTENCE_END) + 1
    return (start[:end] if end * 2 >= length else start).rstrip()


def _linked(title: str, address: str) -> str:
    return address if title in ("", address) else f"{title} {address}"
