"""Canned responses as a YAML file or an Excel sheet, out and in again."""

import io
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import yaml
from openpyxl import Workbook, load_workbook
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter
from pydantic import ValidationError

from bot.desk.tools.canned import CannedDraft, CannedResponses
from bot.desk.tools.kinds import Scope
from bot.desk.tools.tables import CannedResponse
from bot.desk.tools.words import refused, tool_words
from bot.errors import RefusedError
from bot.staff.model import Actor

_FIELDS = ("folder", "shortcut", "title", "text", "scope", "team")
_HEADINGS = {"title": "name"}
_WIDTHS = (18, 12, 24, 80, 10, 14)
_MOST = 5000
_UNSAFE = ("=", "+", "-", "@")


@dataclass(frozen=True)
class Imported:
    """How many were new, changed, and as they were."""

    added: int
    changed: int
    same: int


def write_yaml(responses: Iterable[CannedResponse]) -> bytes:
    """``responses:`` as a list, in the order given."""
    document = {"responses": [{k: v for k, v in _fields(one).items() if v} for one in responses]}
    return yaml.safe_dump(document, allow_unicode=True, sort_keys=False, width=120).encode()


def write_sheet(responses: Iterable[CannedResponse]) -> bytes:
    """An .xlsx file with one row each, under Chinese headings."""
    words = tool_words().sheet
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.title = words["title"]
    sheet.append([words[_HEADINGS.get(name, name)] for name in _FIELDS])
    for column, width in enumerate(_WIDTHS, start=1):
        sheet.cell(1, column).font = Font(bold=True)
        sheet.column_dimensions[get_column_letter(column)].width = width
    for row, one in enumerate(responses, start=2):
        for column, value in enumerate(_fields(one).values(), start=1):
            cell = sheet.cell(row, column, value)
            # What begins like a formula stays a text.
            cell.data_type = "s"
            cell.quotePrefix = value.startswith(_UNSAFE)
    sheet.freeze_panes = "A2"
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def read_yaml(content: bytes) -> list[CannedDraft]:
    """Raises `RefusedError` that names the row."""
    try:
        document = yaml.safe_load(content.decode("utf-8-sig"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise refused("file", problem="YAML") from error
    rows = document.get("responses") if isinstance(document, dict) else None
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise refused("file", problem="responses")
    return [_draft(row, at) for at, row in enumerate(rows, start=1)]


def read_sheet(content: bytes) -> list[CannedDraft]:
    """Columns are found by their headings, in any order.  Raises `RefusedError` that names the row."""
    try:
        sheet = load_workbook(io.BytesIO(content), read_only=True, data_only=True).worksheets[0]
        rows = list(sheet.iter_rows(max_row=_MOST + 1, max_col=20, values_only=True))
    except Exception as error:  # openpyxl raises whatever its parsers do
        raise refused("file", problem="xlsx") from error
    words = tool_words().sheet
    named = {words[_HEADINGS.get(name, name)]: name for name in _FIELDS}
    columns = {
        at: named[str(title).strip()] for at, title in enumerate(rows[0] if rows else ()) if str(title).strip() in named
    }
    if not {"title", "text"} <= set(columns.values()):
        raise refused("file", problem=f"{words['name']}、{words['text']}")
    found = []
    for at, row in enumerate(rows[1:], start=2):
        values = {
            columns[place]: "" if value is None else str(value) for place, value in enumerate(row) if place in columns
        }
        if any(value.strip() for value in values.values()):
            found.append(_draft(values, at))
    return found


async def take_in(responses: CannedResponses, actor: Actor, drafts: Iterable[CannedDraft]) -> Imported:
    """Add what is new and change what has other words; what has the same scope, owner and title is the same one.

    Row by row: what came before a row that is refused stays.
    """
    known = {_same(one.scope, one.owner, one.title): one for one in await responses.everything(actor)}
    counts = {"added": 0, "changed": 0, "same": 0}
    for at, draft in enumerate(drafts, start=1):
        owner = {Scope.shared: "", Scope.team: draft.team, Scope.personal: actor.username}[draft.scope]
        old = known.get(_same(draft.scope.value, owner, draft.title))
        try:
            if old is None:
                new = await responses.add(actor, draft, what="imported")
                known[_same(new.scope, new.owner, new.title)] = new
                counts["added"] += 1
            elif (old.text, old.folder, old.shortcut) == (draft.text, draft.folder, draft.shortcut):
                counts["same"] += 1
            else:
                await responses.change(actor, old.id, draft, version=old.version)
                counts["changed"] += 1
        except RefusedError as error:
            raise type(error)(tool_words().refusals["file_row"].format(row=at, problem=error)) from error
    return Imported(**counts)


def _same(scope: str, owner: str, title: str) -> tuple[str, str, str]:
    return scope, owner, title


def _fields(one: CannedResponse) -> dict[str, str]:
    team = one.owner if one.scope == Scope.team else ""
    return {
        "folder": one.folder,
        "shortcut": one.shortcut,
        "title": one.title,
        "text": one.text,
        "scope": one.scope,
        "team": team,
    }


def _draft(row: dict[str, Any], at: int) -> CannedDraft:
    titles = {title: name for name, title in tool_words().scopes.items()}
    fields = {name: str(value) for name, value in row.items() if name in _FIELDS and value not in (None, "")}
    if "scope" in fields:
        fields["scope"] = titles.get(fields["scope"].strip(), fields["scope"].strip())
    try:
        return CannedDraft.model_validate(fields)
    except ValidationError as error:
        places = "、".join(str(one["loc"][0]) for one in error.errors() if one["loc"])
        raise refused("file_row", row=at, problem=places) from error
