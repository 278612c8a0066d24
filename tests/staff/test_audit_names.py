"""Whatever is written into the audit has a name that people read."""

import ast
import re

import yaml

from bot.settings import PROJECT
from bot.staff.words import staff_words

NAME = re.compile(r"[a-z_]+(\.[a-z_]+)*")


def recorded() -> set[str]:
    """What is recorded under a name that stands in the call."""
    found = set()
    for path in (PROJECT / "bot").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and _called(node) in {"record", "record_by", "keep"} and len(node.args) > 1:
                what = node.args[1]
                if isinstance(what, ast.Constant) and isinstance(what.value, str) and NAME.fullmatch(what.value):
                    found.add(what.value)
    return found


def _called(node: ast.Call) -> str:
    return node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")


def test_every_kind_of_line_in_the_audit_has_a_name():
    words = PROJECT / "bot" / "studio" / "drafts" / "words.yml"
    commits = yaml.safe_load(words.read_text(encoding="utf-8"))["commits"]
    changes = {f"draft.{name}" for name in commits} - {"draft.start", "draft.files", "draft.merged"}

    assert len(recorded()) > 20
    assert (recorded() | changes) - set(staff_words().audit) == set()
