"""The tables that come with the program: version 0, and the columns every version has to have."""

import hashlib
import json
from functools import lru_cache
from pathlib import Path

from bot.rules.checks import Check, check, known_elsewhere
from bot.rules.documents import document_of
from bot.rules.model import RuleBook
from bot.rules.problems import refuse_files
from bot.rules.table import Table
from bot.rules.yaml_files import read_paths

TABLES = Path(__file__).parent / "tables"
CATALOGUE = Path(__file__).parent.parent / "tickets" / "data" / "categories.yml"
"""The catalogue of tickets is a table like the others; its owner keeps it beside its code."""


@lru_cache(maxsize=1)
def shipped_rules() -> RuleBook:
    """Raises `DataFileError` with every problem of every file."""
    paths = sorted(TABLES.glob("*.yml")) + ([CATALOGUE] if CATALOGUE.exists() else [])
    draft = read_paths(paths)
    refuse_files(tuple(check(draft)))
    return RuleBook(0, dict(draft.tables))


def shipped_checks() -> tuple[Check, ...]:
    """What the tables say of one another."""
    return (
        known_elsewhere("condition", "opens_ticket", "category", "category"),
        known_elsewhere("ledger", "cause", "category", "cause"),
    )


def table_digest(table: Table) -> str:
    """A short name of the content of a table, for telling whether it has changed."""
    content = json.dumps(document_of(table), sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(content.encode()).hexdigest()[:16]
