from contextlib import nullcontext

import pytest
from typer.testing import CliRunner

from bot.notices.catalogue import catalogue
from bot.notices.commands import _line, make_notices_app


@pytest.fixture
def app(postgres_url):
    return make_notices_app(lambda _: nullcontext(postgres_url))


def test_kinds_are_listed_with_their_texts(app):
    shown = CliRunner().invoke(app, ["kinds"])

    assert shown.exit_code == 0
    assert [line.split()[0] for line in shown.output.splitlines()] == list(catalogue().kinds)


def test_notices_of_a_waybill_that_nobody_was_told_of_are_none(app):
    shown = CliRunner().invoke(app, ["list", "YD2026000000000", "--state", "told"])

    assert (shown.exit_code, shown.output) == (0, "")


async def test_a_line_says_when_what_and_how_but_not_to_whom(world, agreed):
    await world.scan("delivered")
    await world.told()
    (row,) = await world.notices.found()

    line = _line(row)

    assert line.split() == ["2026-03-04", "10:00:00", "delivered", "YD2026000000011", "told", "wechat"]
