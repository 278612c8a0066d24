import asyncio
from datetime import timedelta
from uuid import uuid4

import pytest

from bot.customers.service import customer_for
from bot.errors import AccessRefusedError, TooManyGuessesError
from bot.waybills.access import GuessLimit, WaybillAccess
from bot.waybills.model import PartyRole
from tests.builders import make_waybill


@pytest.fixture
def access(database, clock) -> WaybillAccess:
    return WaybillAccess(database, clock, GuessLimit(per_customer=3, per_waybill=5, window=timedelta(hours=1)))


async def test_a_stranger_is_no_party(access):
    assert await access.party(uuid4(), make_waybill()) is None


@pytest.mark.parametrize(("tail", "party"), [("1234", PartyRole.consignee), ("5678", PartyRole.consignor)])
async def test_the_right_phone_tail_opens_the_waybill_for_good(access, tail, party):
    customer = uuid4()

    assert await access.prove(customer, make_waybill(), tail) is party
    assert await access.party(customer, make_waybill()) is party


async def test_one_waybill_opened_opens_no_other(access):
    customer = uuid4()
    await access.prove(customer, make_waybill(), "1234")

    assert await access.party(customer, make_waybill("YD2026000000099")) is None


async def test_a_wrong_tail_is_refused(access):
    with pytest.raises(AccessRefusedError):
        await access.prove(uuid4(), make_waybill(), "0000")


async def test_after_too_many_wrong_tails_even_the_right_one_is_refused(access):
    customer = uuid4()
    for _ in range(3):
        with pytest.raises(AccessRefusedError):
            await access.prove(customer, make_waybill(), "0000")

    with pytest.raises(TooManyGuessesError):
        await access.prove(customer, make_waybill(), "1234")


async def test_many_strangers_together_cannot_guess_one_waybill(access):
    for _ in range(5):
        with pytest.raises(AccessRefusedError):
            await access.prove(uuid4(), make_waybill(), "0000")

    with pytest.raises(TooManyGuessesError):
        await access.prove(uuid4(), make_waybill(), "1234")


async def test_parallel_guesses_do_not_slip_past_the_limit(access):
    customer = uuid4()
    guesses = (access.prove(customer, make_waybill(), f"000{n}") for n in range(8))

    outcomes = await asyncio.gather(*guesses, return_exceptions=True)

    assert sum(isinstance(outcome, TooManyGuessesError) for outcome in outcomes) == 5


async def test_wrong_tails_are_forgotten_after_the_window(access, clock):
    customer = uuid4()
    for _ in range(3):
        with pytest.raises(AccessRefusedError):
            await access.prove(customer, make_waybill(), "0000")

    clock.advance(timedelta(hours=1, seconds=1))

    assert await access.prove(customer, make_waybill(), "1234") is PartyRole.consignee


async def test_a_verified_phone_needs_no_tail(access, database, clock):
    async with database.transaction() as session:
        customer = await customer_for(session, "web", "v", at=clock())
        customer.verified_phone = "13900001234"

    assert await access.party(customer.id, make_waybill()) is PartyRole.consignee
