"""Files of one JSON object a line, as evaluation sets are: every bad line is told at once."""

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from bot.errors import DataFileError

Row = TypeVar("Row")


def read_json_lines(file: Path, parse: Callable[[str], Row], *, if_empty: str) -> list[Row]:
    """All rows; blank lines are skipped.  Raises `DataFileError` naming file and line.

    Parameters
    ----------
    parse: makes a row of a line; raises ValueError with one sentence about what is wrong.
    if_empty: what is wrong with a file without any row.
    """
    rows: list[Row] = []
    problems: list[str] = []
    for number, line in enumerate(_lines(file), start=1):
        if not line.strip():
            continue
        try:
            rows.append(parse(line))
        except ValueError as error:
            problems.append(f"{file}:{number}: {error}")
    if problems:
        raise DataFileError(problems)
    if not rows:
        raise DataFileError.at(file, 1, if_empty)
    return rows


def _lines(file: Path) -> list[str]:
    try:
        return file.read_text(encoding="utf-8-sig").splitlines()
    except FileNotFoundError as error:
        raise DataFileError.at(file, 1, "there is no such file") from error
    except (OSError, UnicodeDecodeError) as error:
        raise DataFileError.at(file, 1, f"this file cannot be read as UTF-8 text: {error}") from error
