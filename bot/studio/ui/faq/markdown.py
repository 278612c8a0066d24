"""Answers drawn as the chat widget draws them: the small part of Markdown it knows, as elements and never as HTML."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from bot.desk.ui.forms import tag

_BULLET = re.compile(r"^\s*[-*•·]\s+(.+)$")
_NUMBERED = re.compile(r"^\s*(\d{1,2})(?:[.)]\s+|、\s*)(.+)$")
_HEADING = re.compile(r"^\s*#{1,6}\s+(.+)$")
_INLINE = re.compile(
    r"\*\*([^*\n]+)\*\*|`([^`\n]+)`|\[([^\]\n]+)\]\(([^()\s]+)\)|(https?://[^\s<>()\[\]（）【】\"'“”，。；！？、]+)"
)


@dataclass(frozen=True)
class Part:
    """A run of text: ``kind`` is text, strong, code or link (with its ``target``)."""

    kind: str
    text: str
    target: str = ""


@dataclass(frozen=True)
class Line:
    """``kind`` is p, heading, ul or ol; ``number`` counts for ol."""

    kind: str
    parts: tuple[Part, ...]
    number: int = 0


def lines_of(text: str) -> Iterator[Line | None]:
    """None stands for an empty line, which ends a block."""
    for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n"):
        if not line.strip():
            yield None
        elif match := _BULLET.match(line):
            yield Line("ul", parts_of(match.group(1)))
        elif match := _NUMBERED.match(line):
            yield Line("ol", parts_of(match.group(2)), int(match.group(1)))
        elif match := _HEADING.match(line):
            yield Line("heading", parts_of(match.group(1)))
        else:
            yield Line("p", parts_of(line))


def parts_of(text: str) -> tuple[Part, ...]:
    found: list[Part] = []
    done = 0
    for match in _INLINE.finditer(text):
        strong, code, label, target, bare = match.groups()
        found += [Part("text", text[done : match.start()])] if match.start() > done else []
        found.append(_part(match.group(), strong, code, label or bare, target or bare))
        done = match.end()
    return (*found, *([Part("text", text[done:])] if done < len(text) else []))


def _part(whole: str, strong: str | None, code: str | None, label: str | None, target: str | None) -> Part:
    if strong:
        return Part("strong", strong)
    if code:
        return Part("code", code)
    is_web = urlsplit(target or "").scheme in ("http", "https")
    return Part("link", label or "", target or "") if is_web else Part("text", whole)


def draw_markdown(text: str) -> None:
    """In the element that is open."""
    for line in lines_of(text):
        if line is None:
            tag("div", "md-gap")
            continue
        with tag("div", f"md-line md-{line.kind}"):
            if line.kind in ("ul", "ol"):
                tag("span", "md-mark", "•" if line.kind == "ul" else f"{line.number}.")
            with tag("span", "md-text"):
                for part in line.parts:
                    _draw(part)


def _draw(part: Part) -> None:
    if part.kind == "link":
        tag("a", "", part.text, href=part.target, target="_blank", rel="noopener noreferrer nofollow")
    else:
        tag({"strong": "b", "code": "code"}.get(part.kind, "span"), "", part.text)
