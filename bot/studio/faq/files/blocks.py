"""A policy document as a row of headings and texts: Markdown, plain text or Word (.docx)."""

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass

from docx import Document
from docx.oxml.ns import qn
from docx.table import Table
from docx.text.paragraph import Paragraph
from markdown_it import MarkdownIt

from bot.errors import ImportFileError
from bot.studio.faq.files.limits import DOCUMENTS, kind_of, refuse_bomb, refuse_too_big, text_of
from bot.studio.faq.words import faq_words, refusal

MOST_BLOCKS = 20_000
_STYLE = re.compile(r"(?:heading|标题)\s*(\d)", re.IGNORECASE)
_TITLE_LEVEL = 0


@dataclass(frozen=True)
class Block:
    """``text`` is Markdown without the mark of a heading; ``level`` is 0 for a title, 1 and up for headings, None for
    what stands below them.  ``place`` is where people find it in the document."""

    text: str
    place: str
    level: int | None = None


def read_blocks(name: str, content: bytes) -> list[Block]:
    """Raises `ImportFileError` for what is no such document, or too big."""
    kind = kind_of(name, DOCUMENTS)
    refuse_too_big(content)
    found = list(_of_word(content) if kind == ".docx" else _of_markdown(text_of(content)))
    if len(found) > MOST_BLOCKS:
        raise ImportFileError(refusal("too_many_rows", n=MOST_BLOCKS))
    if not any(block.level is None for block in found):
        raise ImportFileError(refusal("file_empty"))
    return found


def _of_markdown(text: str) -> Iterator[Block]:
    """Texts stay as they were written; what stands before a document as its front matter is passed over."""
    text = re.sub(r"\A---\n.*?\n---\n", lambda match: "\n" * match.group().count("\n"), text, flags=re.DOTALL)
    lines = text.split("\n")
    tokens = MarkdownIt("commonmark").enable("table").parse(text)
    for at, token in enumerate(tokens):
        if token.level != 0 or token.map is None or token.nesting < 0 or token.type in ("hr", "html_block"):
            continue
        place = faq_words().ui["line"].format(n=token.map[0] + 1)
        if token.type == "heading_open":
            yield Block(_bare(tokens[at + 1].content), place, int(token.tag[1]))
        else:
            own = lines[slice(*token.map)]
            yield Block(_markdown_table(own) if token.type == "table_open" else "\n".join(own).strip("\n"), place)


def _of_word(content: bytes) -> Iterator[Block]:
    refuse_bomb(content, what="Word（.docx）")
    try:
        document = Document(io.BytesIO(content))
        parts = list(document.iter_inner_content())
        found = [_word_block(number, part) for number, part in enumerate(parts, start=1)]
    except Exception as error:  # python-docx raises whatever zip and XML raise
        raise ImportFileError(refusal("file_unreadable", what="Word（.docx）")) from error
    yield from (block for block in found if block.text)


def _word_block(number: int, part: Paragraph | Table) -> Block:
    place = faq_words().ui["paragraph"].format(n=number)
    if isinstance(part, Table):
        return Block(_table(part), place)
    text = part.text.strip().replace("\xa0", " ")
    level = _level(part)
    if level is None and text and _is_listed(part):
        text = f"- {text}"
    return Block(text, place, level)


def _level(paragraph: Paragraph) -> int | None:
    """By the style's name, or the outline level that somebody gave it."""
    style = paragraph.style.name if paragraph.style is not None else ""
    if style == "Title":
        return _TITLE_LEVEL
    if match := _STYLE.match(style or ""):
        return int(match.group(1))
    outline = paragraph._p.find(f".//{qn('w:outlineLvl')}")
    level = int(outline.get(qn("w:val"), "9")) if outline is not None else 9
    return level + 1 if level < 9 else None


def _is_listed(paragraph: Paragraph) -> bool:
    """By its own number or by its style."""
    style = paragraph.style.name if paragraph.style is not None else ""
    return (style or "").startswith("List ") or paragraph._p.find(f".//{qn('w:numPr')}") is not None


def _table(table: Table) -> str:
    """Cells that reach over several columns are told once."""
    return in_lines([[" ".join(cell.text.split()) for cell in dict.fromkeys(row.cells)] for row in table.rows])


def _markdown_table(lines: list[str]) -> str:
    rows = [[cell.strip() for cell in line.strip().strip("|").split("|")] for line in lines if line.strip()]
    return in_lines([row for at, row in enumerate(rows) if at != 1])


def in_lines(rows: list[list[str]]) -> str:
    """A table as a list, because no chat shows tables: with two columns ``first：second``, else by the headings."""
    if len(rows) < 2:
        return "\n".join(" ".join(row) for row in rows)
    titles, *told = rows
    if len(titles) <= 2:
        return "\n".join(f"- {'：'.join(filter(None, row))}" for row in rows)
    named = ([f"{title}：{cell}" for title, cell in zip(titles, row, strict=False) if cell] for row in told)
    return "\n".join(f"- {'，'.join(cells)}" for cells in named)


def _bare(text: str) -> str:
    """A heading without marks of emphasis."""
    return re.sub(r"[*_`]{1,3}(?=\S)(.+?)(?<=\S)[*_`]{1,3}", r"\1", text).strip()
