"""Array literals mean to PostgreSQL what the values mean to us."""

from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from bot.waybills.arrays import literal
from bot.waybills.model import WaybillStatus

WORDS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=8)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(words=st.lists(st.none() | WORDS | st.sampled_from(['"', "\\", "NULL", "{}", "a,b", ""]), max_size=6))
async def test_texts_come_back_as_they_were(database, words):
    async with database.transaction() as session:
        found = await session.scalar(text("SELECT CAST(:words AS text[])"), {"words": literal(words)})

    assert found == words


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        ("float8", [1.5, -0.25, 3.0]),
        ("float8", [1.5, None]),
        ("bool", [True, False, None]),
        ("timestamptz", [datetime(2026, 3, 4, 2, 0, 0, 250, tzinfo=timezone(timedelta(hours=8)))]),
        ("timestamptz", [datetime(2026, 3, 4, tzinfo=timezone.utc), None]),
        ("text", [WaybillStatus.delivered, WaybillStatus.created]),
        ("text", []),
    ],
)
async def test_values_of_every_kind_come_back(database, kind, values):
    async with database.transaction() as session:
        found = await session.scalar(text(f"SELECT CAST(:values AS {kind}[])"), {"values": literal(values)})

    assert found == values


def test_a_text_with_nul_is_refused_and_does_not_become_two():
    with pytest.raises(ValueError, match="NUL"):
        literal(["a\0b"])
