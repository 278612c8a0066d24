"""No table that says whose something is may be forgotten by merging."""

import bot.tables
from bot.customers.references import REFERENCES, STAY
from bot.db import Base

assert bot.tables.__all__


def _columns():
    """Every column that refers to customers: by a foreign key, or by its name alone."""
    for table in Base.metadata.tables.values():
        for column in table.columns:
            to_customers = any(key.target_fullname == "customers.id" for key in column.foreign_keys)
            if to_customers or column.name == "customer" or column.name.endswith("customer_id"):
                yield table.name, column.name


def test_every_column_that_refers_to_a_customer_is_moved_or_stays_on_purpose():
    known = {(each.table, each.column) for each in REFERENCES} | STAY

    assert set(_columns()) == known


def test_what_is_said_of_a_table_is_so():
    for reference in REFERENCES:
        table = Base.metadata.tables[reference.table]
        named = {*reference.key, reference.made, *reference.once, *reference.more}
        named |= {name for name in (reference.conversation, reference.turn) if name}
        assert named <= set(table.columns.keys()), reference.table


def test_a_table_with_a_conversation_says_so():
    for reference in REFERENCES:
        columns = Base.metadata.tables[reference.table].columns
        assert reference.conversation == ("conversation_id" if "conversation_id" in columns else None)


def test_keys_name_one_row_of_a_customer():
    for reference in REFERENCES:
        primary = {column.name for column in Base.metadata.tables[reference.table].primary_key}
        assert primary - {reference.column} <= set(reference.key)


def test_unique_constraints_with_the_customer_in_them_are_known():
    for reference in REFERENCES:
        table = Base.metadata.tables[reference.table]
        unique = [{column.name for column in each.columns} for each in table.constraints if hasattr(each, "columns")]
        unique = [names - {reference.column} for names in unique if reference.column in names and len(names) > 1]
        assert all(names == set(reference.once) for names in unique), reference.table
