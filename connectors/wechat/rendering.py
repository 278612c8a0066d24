"""Markdown as plain WeChat text: links as ``<a href>``, lists kept, bold and headings without their marks."""

import re

_FENCE = re.compile(r"^```[^\n]*\n?", re.MULTILINE)
_HEADING = re.compile(r"^#{1,6}[ \t]+", re.MULTILINE)
_QUOTE = re.compile(r"^>[ \t]?", re.MULTILINE)
_RULE = re.compile(r"^[ \t]*(?:-{3,}|\*{3,}|_{3,})[ \t]*$", re.MULTILINE)
_BULLET = re.compile(r"^([ \t]*)[*+][ \t]+", re.MULTILINE)
_LINK = re.compile(r"!?\[([^\[\]\n]*)\]\(\s*<?([^\s()<>]+(?:\([^\s()]*\)[^\s()<>]*)?)>?(?:\s+\"[^\"\n]*\")?\s*\)")
_BOLD = re.compile(r"(\*\*|__)(?=\S)(.+?)(?<=\S)\1", re.DOTALL)
_EMPHASIS = re.compile(r"(?<![A-Za-z0-9_*])\*(?=[^\s*])([^*\n]+?)(?<=[^\s*])\*(?![A-Za-z0-9_*])")
_STRUCK = re.compile(r"~~(?=\S)(.+?)(?<=\S)~~")
_CODE = re.compile(r"`+([^`\n]+)`+")
_ESCAPE = re.compile(r"\\([\\`*_{}\[\]()#+.!~>|-])")
_TAG = re.compile(r"<(?=/?a[\s>])", re.IGNORECASE)
_MANY_LINES = re.compile(r"\n{3,}")


def as_wechat_text(markdown: str) -> str:
    """What a WeChat client shows as it is meant."""
    text = _TAG.sub("＜", markdown.replace("\r\n", "\n"))
    kept: list[str] = []

    def keep(literal: str) -> str:
        kept.append(literal)
        return f"\0{len(kept) - 1}\0"

    text = _ESCAPE.sub(lambda found: keep(found.group(1)), text)
    text = _FENCE.sub("", text)
    text = _LINK.sub(lambda found: keep(_link(found.group(1), found.group(2))), text)
    text = _CODE.sub(lambda found: keep(found.group(1)), text)
    text = _RULE.sub("", _QUOTE.sub("", _HEADING.sub("", text)))
    text = _BULLET.sub(r"\1- ", text)
    for mark in (_BOLD, _STRUCK, _EMPHASIS):
        text = mark.sub(lambda found: found.group(found.lastindex or 0), text)
    text = _put_back(text, kept)
    return _MANY_LINES.sub("\n\n", text).strip()


def _put_back(text: str, kept: list[str]) -> str:
    """Twice: an escape may stand within a link."""
    for _ in range(2):
        text = re.sub("\0(\\d+)\0", lambda found: kept[int(found.group(1))], text)
    return text


def _link(title: str, url: str) -> str:
    if not url.lower().startswith(("https://", "http://")):
        return f"{title}（{url}）" if title else url
    address = url.replace('"', "%22").replace("<", "%3C").replace(">", "%3E")
    return f'<a href="{address}">{title or url}</a>'
