from uuid import uuid4

import pytest
from sqlalchemy import func, select

from bot.errors import IllegalMoveError, WaybillNotFoundError
from bot.waybills.access import GuessLimit, WaybillAccess
from bot.waybills.model import PartyRole, WaybillStatus
from bot.waybills.service import InstructionKind, WaybillService
from bot.waybills.source import InMemoryWaybillSource
from bot.waybills.tables import Instruction
from tests.builders import make_waybill


@pytest.fixture
def source() -> InMemoryWaybillSource:
    return InMemoryWaybillSource([make_waybill()])


@pytest.fixture
def waybills(source, database, clock) -> WaybillService:
    return WaybillService(source, WaybillAccess(database, clock, GuessLimit()), database, clock)


async def _instruct(waybills, kind=InstructionKind.change_address, turn="t1") -> None:
    await waybills.instruct(
        kind,
        "YD2026000000011",
        {"address": "新地址"},
        party=PartyRole.consignee,
        customer_id=uuid4(),
        conversation_id=uuid4(),
        turn=turn,
    )


async def test_the_same_turn_records_one_instruction(waybills, database):
    await _instruct(waybills)
    await _instruct(waybills)

    async with database.transaction() as session:
        assert await session.scalar(select(func.count()).select_from(Instruction)) == 1


@pytest.mark.parametrize("kind", list(InstructionKind))
async def test_a_delivered_parcel_takes_no_instruction(waybills, source, kind):
    source.add(make_waybill(status=WaybillStatus.delivered))

    with pytest.raises(IllegalMoveError):
        await _instruct(waybills, kind)


async def test_a_parcel_at_a_station_can_still_be_returned_but_not_readdressed(waybills, source):
    source.add(make_waybill(status=WaybillStatus.at_station))

    await waybills.check(InstructionKind.intercept, "YD2026000000011")
    with pytest.raises(IllegalMoveError):
        await waybills.check(InstructionKind.change_address, "YD2026000000011")


async def test_an_unknown_number_is_an_error_of_its_own(waybills):
    with pytest.raises(WaybillNotFoundError):
        await waybills.progress("YD0000000000000")
