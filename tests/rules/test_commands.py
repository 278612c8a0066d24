"""The commands, on the real database and the shipped tables."""

import asyncio
from contextlib import contextmanager

import pytest
from typer.testing import CliRunner

from bot.errors import ImportFileError, RulesChangedError, RulesRefusedError
from bot.rules.commands import make_rules_app


@pytest.fixture
def bot_rules(database, postgres_url):
    """Runs ``bot rules ...`` beside this test's own loop; returns the output, or raises what the command raised."""

    @contextmanager
    def url():
        yield postgres_url

    app = make_rules_app(url)

    async def run(*arguments: str, status: int = 0) -> str:
        result = await asyncio.to_thread(CliRunner().invoke, app, [str(one) for one in arguments])
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert result.exit_code == status, result.output
        return result.output

    return run


def edit(folder, before: str, after: str) -> None:
    path = folder / "deadlines.yml"
    text = path.read_text(encoding="utf-8")
    assert before in text
    path.write_text(text.replace(before, after), encoding="utf-8")


async def test_from_export_to_roll_back(bot_rules, tmp_path):
    folder = tmp_path / "rules"
    assert "--based-on 0" in await bot_rules("export", folder)
    assert await bot_rules("check", folder) == "没有问题\n"
    edit(folder, "solve_minutes: 240", "solve_minutes: 180")

    assert "表 deadlines 行 normal 列 solve_minutes：240 → 180" in await bot_rules("check", folder)
    assert "0 例中 0 例" in await bot_rules("dry-run", folder, "deadlines")
    assert "还没有发布过" in await bot_rules("history")
    assert "第 0 版" in await bot_rules("status")
    assert "第 1 版" in await bot_rules("publish", folder, "--why", "更快", "--based-on", 0)
    assert "更快" in await bot_rules("history")
    assert "第 1 版" in await bot_rules("status")
    assert "240 → 180" in await bot_rules("diff", 0, 1)
    assert "第 2 版（恢复第 0 版）" in await bot_rules("rollback", 0, "--why", "太快")
    assert await bot_rules("diff", 0, 2) == ""


async def test_excel_is_turned_into_yaml(bot_rules, tmp_path):
    await bot_rules("export", tmp_path / "rules.xlsx")
    await bot_rules("export", tmp_path / "rules.zip", "--version", 0)
    await bot_rules("import", tmp_path / "rules.xlsx", tmp_path / "folder")

    assert (tmp_path / "folder" / "risk.yml").exists()
    assert await bot_rules("check", tmp_path / "folder") == "没有问题\n"
    assert await bot_rules("check", tmp_path / "rules.zip") == "没有问题\n"


async def test_problems_are_listed_and_nothing_is_published(bot_rules, tmp_path):
    await bot_rules("export", tmp_path / "rules")
    edit(tmp_path / "rules", "solve_minutes: 240", "solve_minutes: soon")

    output = await bot_rules("check", tmp_path / "rules", status=1)
    assert "列 solve_minutes：“soon”不是数字" in output
    assert "1 处需要修改" in output
    with pytest.raises(RulesRefusedError):
        await bot_rules("publish", tmp_path / "rules", "--why", "x", "--based-on", 0)
    with pytest.raises(RulesRefusedError):
        await bot_rules("import", tmp_path / "rules", tmp_path / "other")


async def test_a_stale_base_and_a_missing_file_are_refused(bot_rules, tmp_path):
    await bot_rules("export", tmp_path / "rules")
    edit(tmp_path / "rules", "solve_minutes: 240", "solve_minutes: 180")

    with pytest.raises(RulesChangedError):
        await bot_rules("publish", tmp_path / "rules", "--why", "x", "--based-on", 3)
    with pytest.raises(ImportFileError):
        await bot_rules("check", tmp_path / "nothing.xlsx")
