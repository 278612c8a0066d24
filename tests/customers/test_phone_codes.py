import logging
from datetime import timedelta
from itertools import count

import pytest
from sqlalchemy import select, text

from bot.customers.model import PhoneCode
from bot.customers.phone_codes import CodeLimits, PhoneCodes, six_digits
from bot.customers.phones import find_mobile, normal_phone, sms_address
from bot.delivery.channels import Channels
from bot.delivery.sending import Sending
from bot.delivery.service import DeliveryService
from bot.errors import PhoneCodeError
from tests.fakes import RecordingChannel

PHONE = "13900001234"


class Codes:
    """Codes with everything they need, and what the phone gets."""

    def __init__(self, database, clock, customers):
        self.sms = RecordingChannel("sms")
        self.deliveries = DeliveryService(database, clock, Channels(self.sms))
        numbers = count(111111)
        self.codes = PhoneCodes(
            database,
            clock,
            customers,
            self.deliveries.enqueue,
            secret="s" * 40,
            limits=CodeLimits(per_phone=3, per_customer=4, per_source=5),
            make=lambda: f"{next(numbers)}",
        )

    async def send(self, *args, **more):
        await self.codes.send(*args, **more)

    async def refused(self, awaitable):
        with pytest.raises(PhoneCodeError) as caught:
            await awaitable
        return caught.value


@pytest.fixture
def codes(database, clock, customers):
    return Codes(database, clock, customers)


@pytest.fixture
async def customer(things):
    return await things.customer()


async def test_the_right_code_proves_the_phone(codes, customers, customer):
    await codes.send(customer, PHONE)

    assert await codes.codes.check(customer, PHONE, "111111") == customer
    assert (await customers.get(customer)).verified_phone == PHONE


async def test_a_code_is_good_once(codes, customer):
    await codes.send(customer, PHONE)
    await codes.codes.check(customer, PHONE, "111111")

    assert (await codes.refused(codes.codes.check(customer, PHONE, "111111"))).reason == "expired"


async def test_a_code_is_good_for_five_minutes(codes, customer, clock):
    await codes.send(customer, PHONE)
    clock.advance(timedelta(minutes=5))

    assert (await codes.refused(codes.codes.check(customer, PHONE, "111111"))).reason == "expired"


async def test_five_wrong_tries_spend_a_code_even_for_the_right_one(codes, customer):
    await codes.send(customer, PHONE)
    errors = [await codes.refused(codes.codes.check(customer, PHONE, "000000")) for _ in range(5)]

    assert [(error.reason, error.left) for error in errors] == [
        *(("wrong", left) for left in (4, 3, 2, 1)),
        ("spent", 0),
    ]
    assert (await codes.refused(codes.codes.check(customer, PHONE, "111111"))).reason == "spent"


async def test_a_code_proves_its_own_phone_to_its_own_customer_alone(codes, customer, things):
    other = await things.customer()
    await codes.send(customer, PHONE)

    assert (await codes.refused(codes.codes.check(customer, "13900009999", "111111"))).reason == "expired"
    assert (await codes.refused(codes.codes.check(other, PHONE, "111111"))).reason == "expired"


async def test_a_new_code_makes_the_old_one_worthless(codes, customer, clock):
    await codes.send(customer, PHONE)
    clock.advance(timedelta(minutes=1))
    await codes.send(customer, PHONE)

    assert (await codes.refused(codes.codes.check(customer, PHONE, "111111"))).reason == "wrong"
    assert await codes.codes.check(customer, PHONE, "111112") == customer


async def test_a_phone_gets_a_code_a_minute_and_so_many_a_day_whoever_asks(codes, things, clock):
    first = await things.customer()
    await codes.send(first, PHONE)
    other = await things.customer()
    assert (await codes.refused(codes.send(other, PHONE))).reason == "wait"
    for _ in range(2):
        clock.advance(timedelta(minutes=1))
        await codes.send(other, PHONE)
    clock.advance(timedelta(minutes=1))

    assert (await codes.refused(codes.send(await things.customer(), PHONE))).reason == "too_many"
    clock.advance(timedelta(days=1))
    await codes.send(first, PHONE)


async def test_a_customer_and_an_address_ask_for_so_many_codes_a_day(codes, things):
    customer = await things.customer()
    for number in range(4):
        await codes.send(customer, f"1390000000{number}", source="10.0.0.1")
    assert (await codes.refused(codes.send(customer, "13900000009"))).reason == "too_many"
    await codes.send(await things.customer(), "13900000010", source="10.0.0.1")

    again = codes.send(await things.customer(), "13900000011", source="10.0.0.1")
    assert (await codes.refused(again)).reason == "too_many"


async def test_the_code_stands_nowhere_once_it_is_sent(codes, customer, database, caplog):
    caplog.set_level(logging.DEBUG)
    await codes.send(customer, PHONE)
    sending = Sending(codes.deliveries)
    await sending.start()
    for _ in range(200):
        if codes.sms.sent:
            break
        await _a_moment()
    await sending.stop()
    ((outgoing, _),) = codes.sms.sent
    assert outgoing.notice.values == {"code": "111111", "minutes": "5"}
    assert (outgoing.recipient, outgoing.text.count("111111")) == ("+8613900001234", 0)

    async with database.transaction() as session:
        rows = [
            str(row)
            for name in ("deliveries", "phone_codes", "delivery_parts")
            for row in await session.execute(text(f"SELECT row_to_json(t)::text FROM {name} t"))
        ]
    assert rows
    assert not [row for row in rows if "111111" in row]
    assert "111111" not in caplog.text


async def test_two_tries_at_once_count_as_two(codes, customer, database):
    import asyncio

    await codes.send(customer, PHONE)
    await asyncio.gather(*(codes.refused(codes.codes.check(customer, PHONE, "000000")) for _ in range(3)))

    async with database.transaction() as session:
        assert (await session.scalars(select(PhoneCode.tries))).one() == 3


def test_codes_have_six_digits():
    assert all(len(six_digits()) == 6 and six_digits().isdigit() for _ in range(50))


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("139 0000 1234", PHONE),
        ("+86 139-0000-1234", PHONE),
        ("008613900001234", PHONE),
        ("１３９００００１２３４", PHONE),
        ("+852 6123 4567", "+85261234567"),
    ],
)
def test_a_phone_is_kept_in_one_way(written, kept):
    assert normal_phone(written) == kept


def test_sms_calls_a_phone_by_its_international_number():
    assert (sms_address(PHONE), sms_address("+85261234567")) == ("+8613900001234", "+85261234567")


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ("我的手机号是139 0000 1234", PHONE),
        ("13900001234", PHONE),
        ("+8613900001234。", PHONE),
        ("YD2026139000012", None),
        ("139000012345", None),
        ("13900001234或13900005678", None),
        ("1234", None),
    ],
)
def test_a_mobile_is_found_in_a_sentence(said, found):
    assert find_mobile(said) == found


async def _a_moment():
    import asyncio

    await asyncio.sleep(0.02)


async def test_codes_of_long_ago_are_forgotten(codes, customer, database, clock):
    await codes.send(customer, PHONE)
    clock.advance(timedelta(days=30, seconds=1))
    await codes.codes.forget()

    async with database.transaction() as session:
        assert (await session.scalars(select(PhoneCode))).all() == []


async def test_a_code_sent_before_a_merge_is_good_after_it(codes, customers, things, database, clock):
    older = await things.customer()
    clock.advance(timedelta(seconds=1))
    younger = await things.customer()
    await codes.send(younger, PHONE)
    for one in (older, younger):
        async with database.transaction() as session:
            await customers.account(session, one, "member-7", clock())

    assert await codes.codes.check(younger, PHONE, "111111") == older
