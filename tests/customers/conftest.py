"""Customers with something of everything, over the test database."""

import pytest

from bot.customers.service import CustomerService
from tests.customers.builders import Things


@pytest.fixture
def customers(database, clock):
    return CustomerService(database, clock, channels=lambda: ("wechat", "sms"))


@pytest.fixture
def things(database, clock):
    return Things(database, clock)
