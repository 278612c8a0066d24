import enum
import importlib
import pkgutil
import re
from pathlib import Path

import pytest

import bot
from bot.settings import Settings

PROJECT = Path(__file__).resolve().parent.parent
NOT_IMPORTABLE_HERE = ("bot.dialogue.components", "bot.migrations.env")


def _modules():
    for found in pkgutil.walk_packages(bot.__path__, "bot."):
        if not found.name.startswith(NOT_IMPORTABLE_HERE):
            yield importlib.import_module(found.name)


def _members() -> list[str]:
    kinds = {
        value
        for module in _modules()
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, enum.Enum) and value.__module__.startswith("bot.")
    }
    return sorted({f"{kind.__name__}.{member.name}" for kind in kinds for member in kind})


def test_every_enum_member_is_in_the_glossary():
    glossary = (PROJECT / "docs" / "glossary.md").read_text(encoding="utf-8")

    assert [member for member in _members() if f"`{member}`" not in glossary] == []


@pytest.mark.parametrize("name", sorted(Settings.model_fields))
def test_every_setting_is_explained(name):
    explained = (PROJECT / "docs" / "settings.md").read_text(encoding="utf-8")
    variable = "DATABASE_URL" if name == "database_url" else f"BOT_{name.upper()}"

    assert f"`{variable}`" in explained


def test_links_between_documents_lead_somewhere():
    broken = []
    for document in [PROJECT / "README.md", *(PROJECT / "docs").rglob("*.md")]:
        for target in re.findall(r"\]\((?!https?://|#)([^)#]+)", document.read_text(encoding="utf-8")):
            if not (document.parent / target).exists():
                broken.append(f"{document.name}: {target}")

    assert broken == []
