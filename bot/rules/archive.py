"""Rules in a file of any kind we take: a workbook, a zip of YAML files, a JSON document, or a folder."""

import io
import json
import zipfile
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from bot.errors import ImportFileError
from bot.rules.documents import Reader, document_of
from bot.rules.problems import Draft, Places, Problem
from bot.rules.spreadsheet_reading import read_spreadsheet
from bot.rules.table import Table
from bot.rules.yaml_files import read_files, read_paths, write_files

_MOST_BYTES = 10_000_000
_LONG_AGO = (2020, 1, 1, 0, 0, 0)


def read_any(content: bytes, known: Mapping[str, Table]) -> Draft:
    """A draft out of what was uploaded; a table that is not in it stays as it is.  Raises `ImportFileError`."""
    if content[:2] == b"PK":
        return (
            read_spreadsheet(content, known) if _is_workbook(content) else _completed(_read_zip(content, known), known)
        )
    if content.lstrip()[:1] == b"{":
        return _completed(_read_json(content, known), known)
    raise ImportFileError("请上传 Excel 文件（.xlsx）、YAML 文件的压缩包（.zip）或 JSON")


def read_path(path: Path, known: Mapping[str, Table]) -> Draft:
    """A draft out of a file, or of a folder of YAML files.  Raises `ImportFileError`."""
    if not path.exists():
        raise ImportFileError(f"没有文件 {path}")
    if path.is_file() and path.suffix != ".yml":
        return read_any(path.read_bytes(), known)
    try:
        return _completed(read_paths(sorted(path.glob("*.yml")) if path.is_dir() else [path], known), known)
    except UnicodeDecodeError as error:
        raise ImportFileError(f"{path} 不是 UTF-8 文本") from error


def write_zip(tables: Mapping[str, Table]) -> bytes:
    """A zip of YAML files; the same tables give the same bytes."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in write_files(tables.values()).items():
            archive.writestr(zipfile.ZipInfo(name, _LONG_AGO), text, zipfile.ZIP_DEFLATED)
    return content.getvalue()


def write_folder(tables: Mapping[str, Table], folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in write_files(tables.values()).items():
        (folder / name).write_text(text, encoding="utf-8")


def json_of(tables: Mapping[str, Table]) -> dict[str, Any]:
    """What `read_any` reads back from JSON."""
    return {"tables": [document_of(table) for table in tables.values()]}


def _is_workbook(content: bytes) -> bool:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return "xl/workbook.xml" in archive.namelist()
    except zipfile.BadZipFile as error:
        raise ImportFileError("无法读取：文件已损坏") from error


def _read_zip(content: bytes, known: Mapping[str, Table]) -> Draft:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = [entry for entry in archive.infolist() if entry.filename.endswith(".yml")]
            if sum(entry.file_size for entry in entries) > _MOST_BYTES:
                raise ImportFileError("文件展开后过大")
            files = {PurePosixPath(entry.filename).name: archive.read(entry).decode("utf-8") for entry in entries}
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, UnicodeDecodeError) as error:
        raise ImportFileError("无法读取：压缩包已损坏、有密码，或不是 UTF-8") from error
    if not files:
        raise ImportFileError("压缩包里没有 .yml 文件")
    return read_files(files, known)


def _read_json(content: bytes, known: Mapping[str, Table]) -> Draft:
    try:
        documents = json.loads(content)["tables"]
    except (ValueError, KeyError, RecursionError) as error:
        raise ImportFileError('JSON 应为 {"tables": [...]}') from error
    tables: dict[str, Table] = {}
    problems: list[Problem] = []
    for document in documents if isinstance(documents, list) else []:
        reader = Reader(document, Places())
        table = reader.table(known.get(reader.name))
        tables[table.name] = table
        problems += reader.problems
    return Draft(tables, tuple(problems))


def _completed(draft: Draft, known: Mapping[str, Table]) -> Draft:
    return Draft({**known, **draft.tables}, draft.problems, draft.places)
