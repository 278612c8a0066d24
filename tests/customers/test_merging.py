import asyncio
from datetime import timedelta
from uuid import UUID

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, text, update

from bot.customers.merging import STRAGGLERS
from bot.customers.model import Customer, Door, Identity
from bot.customers.service import customer_for, get_customer, phones_of
from bot.db import Base
from bot.errors import IllegalMoveError, NotFoundError
from bot.jobs import Jobs

PHONE = "13900001234"


async def verify(customers, customer_id, phone=PHONE, *, via=None):
    async with customers._database.transaction() as session:
        return await customers.verified(session, customer_id, phone, customers._clock(), via=via)


async def unionid(customers, customer_id, name="u1"):
    async with customers._database.transaction() as session:
        return await customers.unionid(session, customer_id, name, customers._clock())


async def account(customers, customer_id, name="member-7"):
    async with customers._database.transaction() as session:
        return await customers.account(session, customer_id, name, customers._clock())


async def two(things, clock):
    """An older and a younger customer, each with one conversation and a row of everything in it."""
    older = await things.customer("wechat", "openid-1")
    talk = await things.conversation(older, "wechat", "openid-1")
    await things.everything(older, talk)
    clock.advance(timedelta(hours=1))
    younger = await things.customer("web", "visitor-1")
    chat = await things.conversation(younger, "web", "visitor-1")
    await things.everything(younger, chat, waybill_no="YD2026000000022")
    clock.advance(timedelta(hours=1))
    return older, younger, talk, chat


@pytest.mark.parametrize("prove", [verify, unionid, account])
async def test_the_same_proof_makes_one_of_two_and_the_older_one_stays(customers, things, clock, prove):
    older, younger, *_ = await two(things, clock)

    assert await prove(customers, younger) == younger
    assert await prove(customers, older) == older

    assert all(not rows for rows in (await things.count_of(younger)).values())
    counts = await things.count_of(older)
    assert counts["identities"] == 3
    assert {counts[name] for name in counts if name != "identities"} == {2}
    (merge,) = await customers.merges(older)
    assert (merge.survivor_id, merge.merged_id, merge.by) == (older, younger, merge.proof)


async def test_who_asks_for_the_merged_one_gets_who_has_everything(customers, things, clock, database):
    older, younger, *_ = await two(things, clock)
    await verify(customers, older)
    await verify(customers, younger)

    async with database.transaction() as session:
        assert (await get_customer(session, younger)).id == older
        assert (await customer_for(session, "web", "visitor-1", at=clock())).id == older
        assert await phones_of(session, younger) == [PHONE]


async def test_an_address_merges_nobody(customers, things, clock, database):
    older, younger, *_ = await two(things, clock)

    async with database.transaction() as session:
        assert await customers.note_identity(session, older, "wecom", "wm1", clock())
        assert not await customers.note_identity(session, younger, "wecom", "wm1", clock())

    assert await customers.merges(older) == []


async def test_a_name_is_no_proof(customers, things, clock, database):
    older, younger, *_ = await two(things, clock)
    async with database.transaction() as session:
        await session.execute(update(Customer).values(name="王芳"))

    await verify(customers, older, "13900001111")
    await verify(customers, younger, "13900002222")

    assert await customers.merges(older) == []


async def test_a_phone_is_the_same_however_it_is_written(customers, things, clock):
    older, younger, *_ = await two(things, clock)
    await verify(customers, older, "+86 139-0000-1234")

    assert await verify(customers, younger, "13900001234") == older


async def test_a_second_open_case_of_the_same_category_keeps_its_key(customers, things, clock):
    older, younger, *_ = await two(things, clock)
    await things.ticket(older, category="lost")
    await things.ticket(younger, category="lost")
    await things.ticket(younger, category="damaged")
    await verify(customers, older)
    await verify(customers, younger)

    keys = [row[2] for row in (await things.picture())["tickets"] if row[2].startswith("customer:")]

    assert sorted(keys) == sorted([f"customer:{older}", f"customer:{younger}", f"customer:{older}"])


async def test_undoing_gives_everything_back(customers, things, clock):
    older, younger, *_ = await two(things, clock)
    await things.ticket(older, category="lost")
    await things.ticket(younger, category="lost")
    await things.grant(younger, "YD2026000000011")
    await verify(customers, older)
    before = await things.picture()
    await verify(customers, younger)
    assert await things.picture() != before

    (merge,) = await customers.merges(older)
    await customers.undo(merge.id, by="agent:chen", why="两个人")

    assert await things.picture() == before


async def test_an_undone_merge_is_kept_with_who_and_why_and_is_not_undone_twice(customers, things, clock):
    older, younger, *_ = await two(things, clock)
    await verify(customers, older)
    await verify(customers, younger)
    (merge,) = await customers.merges(younger)

    await customers.undo(merge.id, by="agent:chen", why="两个人")
    with pytest.raises(IllegalMoveError):
        await customers.undo(merge.id, by="agent:chen", why="再来一次")

    (kept,) = await customers.merges(older)
    assert (kept.undone_by, kept.undone_why, kept.undone_at) == ("agent:chen", "两个人", clock())


async def test_an_unknown_merge_cannot_be_undone(customers):
    with pytest.raises(NotFoundError):
        await customers.undo(UUID(int=1), by="x", why="y")


async def test_what_came_since_by_a_door_of_the_other_goes_with_the_other(customers, things, clock):
    older, younger, talk, chat = await two(things, clock)
    await verify(customers, older)
    await verify(customers, younger)
    clock.advance(timedelta(hours=1))
    await things.everything(older, chat, waybill_no="YD2026000000033")
    new_chat = await things.conversation(older, "web", "visitor-1b", ("web", "visitor-1c"))
    own_new = await things.conversation(older, "wechat", "openid-1b", ("web", "visitor-9"))
    async with things.database.transaction() as session:
        session.add(Identity(channel="web", external_id="visitor-1b", customer_id=older, created_at=clock()))
    (merge,) = await customers.merges(older)
    clock.advance(timedelta(hours=1))
    await customers.undo(merge.id, by="agent:chen", why="两个人")

    counts = await things.count_of(younger)
    assert (counts["tickets"], counts["orders"], counts["consents"], counts["waybill_watches"]) == (2, 2, 2, 2)
    owners = {row[0]: row[1] for row in (await things.picture())["conversations"]}
    assert owners[str(chat)] == str(younger)
    assert owners[str(talk)] == owners[str(own_new)] == owners[str(new_chat)] == str(older)


async def test_a_conversation_begun_since_behind_a_door_of_the_other_goes_with_the_other(customers, things, clock):
    older, younger, *_ = await two(things, clock)
    async with things.database.transaction() as session:
        session.add(Identity(channel="sms", external_id="+8613900001234", customer_id=younger, created_at=clock()))
    await verify(customers, older)
    await verify(customers, younger)
    clock.advance(timedelta(hours=1))
    theirs = await things.conversation(older, "sms", "+8613900001234")
    number = await things.ticket(older, theirs, category="lost")
    (merge,) = await customers.merges(older)
    await customers.undo(merge.id, by="agent:chen", why="两个人")

    picture = await things.picture()
    assert (str(theirs), str(younger)) in picture["conversations"]
    assert (number, str(younger), f"customer:{younger}") in picture["tickets"]


async def test_a_proof_given_since_at_a_door_of_the_other_goes_with_the_other(customers, things, clock):
    older, younger, *_ = await two(things, clock)
    await unionid(customers, older)
    await unionid(customers, younger)
    clock.advance(timedelta(hours=1))
    await verify(customers, older, PHONE, via=Door("web", "visitor-1"))
    (merge,) = await customers.merges(older)
    await customers.undo(merge.id, by="agent:chen", why="两个人")

    assert (await customers.get(younger)).verified_phone == PHONE
    assert (await customers.get(older)).verified_phone is None


async def test_waybills_proven_while_they_were_one_have_to_be_proven_again(customers, things, clock):
    older, younger, *_ = await two(things, clock)
    await verify(customers, older)
    await verify(customers, younger)
    clock.advance(timedelta(hours=1))
    await things.grant(older, "YD2026000000099")
    (merge,) = await customers.merges(older)
    await customers.undo(merge.id, by="agent:chen", why="两个人")

    assert "YD2026000000099" not in str((await things.picture())["waybill_grants"])


async def test_the_proof_that_was_undone_does_not_make_them_one_again(customers, things, clock):
    older, younger, *_ = await two(things, clock)
    await unionid(customers, older)
    await unionid(customers, younger)
    (merge,) = await customers.merges(older)
    await customers.undo(merge.id, by="agent:chen", why="两个人")

    assert await unionid(customers, younger) == younger


async def test_a_phone_proven_anew_after_an_undone_merge_has_changed_hands(customers, things, clock):
    older, younger, *_ = await two(things, clock)
    await verify(customers, older)
    await verify(customers, younger)
    (merge,) = await customers.merges(older)
    await customers.undo(merge.id, by="agent:chen", why="号码换了主人")

    assert await verify(customers, younger) == younger

    assert (await customers.get(younger)).verified_phone == PHONE
    assert (await customers.get(older)).verified_phone is None


async def test_merges_in_a_row_can_be_undone_in_any_order(customers, things, clock):
    oldest = await things.customer("wecom", "wm1")
    await things.everything(oldest, await things.conversation(oldest, "wecom", "wm1"), waybill_no="YD0")
    clock.advance(timedelta(hours=1))
    older, younger, *_ = await two(things, clock)
    await unionid(customers, oldest, "u9")
    before = await things.picture()
    await account(customers, older)
    await account(customers, younger)
    middle = await things.picture()
    await unionid(customers, older, "u9")
    first, second = sorted(await customers.merges(older), key=lambda each: each.survivor_id == oldest)
    assert (await things.count_of(oldest))["conversations"] == 3

    await customers.undo(second.id, by="a", why="b")
    assert await things.picture() == middle
    await unionid(customers, older, "u9")
    async with things.database.transaction() as session:
        assert (await get_customer(session, younger)).id == older
    await customers.undo(first.id, by="a", why="b")

    picture = await things.picture()
    assert picture["conversations"] == before["conversations"]
    assert picture["orders"] == before["orders"]


async def test_an_inner_merge_can_be_undone_while_the_outer_one_stands(customers, things, clock):
    oldest = await things.customer("wecom", "wm1")
    clock.advance(timedelta(hours=1))
    older, younger, *_ = await two(things, clock)
    await unionid(customers, oldest, "u9")
    await account(customers, older)
    await account(customers, younger)
    await unionid(customers, older, "u9")
    inner = next(each for each in await customers.merges(younger))

    await customers.undo(inner.id, by="a", why="b")

    assert (await things.count_of(younger))["conversations"] == 1
    assert (await things.count_of(oldest))["conversations"] == 1


async def test_racing_merges_end_in_one_customer_with_everything(customers, things, clock):
    people = []
    for number in range(6):
        person = await things.customer("web", f"r{number}")
        await things.everything(
            person, await things.conversation(person, "web", f"r{number}"), waybill_no=f"YD{number}"
        )
        clock.advance(timedelta(minutes=1))
        people.append(person)

    proofs = [verify(customers, person, PHONE) for person in people]
    others = [account(customers, person) for person in reversed(people)]
    await asyncio.gather(*proofs, *others)

    counts = await things.count_of(people[0])
    assert counts["orders"] == counts["conversations"] == counts["waybill_grants"] == 6
    assert counts["identities"] == 8
    left = [await things.count_of(person) for person in people[1:]]
    assert sum(sum(each.values()) for each in left) == 0


async def test_who_writes_while_being_merged_is_never_two_again(customers, things, clock, database):
    older, younger, *_ = await two(things, clock)
    await verify(customers, older)

    async def write():
        async with database.transaction() as session:
            found = await customer_for(session, "web", "visitor-1", at=clock())
            await asyncio.sleep(0)
            session.add(Identity(channel="more", external_id="x", customer_id=found.id, created_at=clock()))

    await asyncio.gather(write(), verify(customers, younger))

    assert (await things.count_of(younger))["identities"] == 0
    assert (await things.count_of(older))["identities"] == 4


async def test_what_was_written_for_the_merged_one_a_moment_later_is_found_and_undone_too(
    customers, things, clock, database
):
    older, younger, _, chat = await two(things, clock)
    await verify(customers, older)
    before = await things.picture()
    await verify(customers, younger)
    late = await things.ticket(younger, chat, category="lost")
    (merge,) = await customers.merges(older)

    await customers.gather_stragglers(str(merge.id))
    await customers.gather_stragglers(str(merge.id))
    assert (late, str(older), f"customer:{older}") in (await things.picture())["tickets"]
    await customers.undo(merge.id, by="a", why="b")

    picture = await things.picture()
    assert picture["tickets"] == sorted([*before["tickets"], (late, str(younger), f"customer:{younger}")])


async def test_somebody_looks_again_after_a_merge(customers, things, clock, database):
    older, younger, *_ = await two(things, clock)
    await verify(customers, older)
    await verify(customers, younger)

    async with database.transaction() as session:
        query = text("SELECT count(*) FROM procrastinate_jobs WHERE task_name = :name")
        assert await session.scalar(query, {"name": STRAGGLERS}) >= 2
        await session.execute(text("DELETE FROM procrastinate_jobs"))
    customers.register(Jobs(database))


async def test_a_merge_that_fails_leaves_everything_as_it_was(customers, things, clock, database):
    older, younger, *_ = await two(things, clock)
    await verify(customers, older)
    before = await things.picture()

    async def fail():
        async with database.transaction() as session:
            await customers.verified(session, younger, PHONE, clock())
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await fail()

    assert await things.picture() == before
    assert await customers.merges(older) == []


PROVE = st.tuples(
    st.just("prove"), st.integers(0, 3), st.sampled_from(["unionid", "phone", "account"]), st.integers(0, 1)
)
WORLD = st.lists(
    st.one_of(
        st.tuples(st.just("ticket"), st.integers(0, 3), st.sampled_from(["lost", "damaged"]), st.just(0)),
        st.tuples(st.just("grant"), st.integers(0, 3), st.sampled_from(["YD1", "YD2"]), st.just(0)),
        PROVE,
    ),
    max_size=8,
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(world=WORLD, last=PROVE)
@example(world=[("prove", 2, "phone", 0), ("prove", 2, "phone", 1)], last=("prove", 3, "phone", 0))
async def test_whatever_went_before_the_last_merge_can_be_undone_exactly(
    customers, things, clock, database, world, last
):
    names = ", ".join(f'"{table.name}"' for table in Base.metadata.sorted_tables)
    async with database.transaction() as session:
        await session.execute(text(f"TRUNCATE {names} RESTART IDENTITY CASCADE"))
    people = []
    for number in range(4):
        person = await things.customer("web", f"p{number}")
        await things.conversation(person, "web", f"p{number}")
        clock.advance(timedelta(minutes=1))
        people.append(person)
    granted = set()
    for what, who, which, number in world:
        clock.advance(timedelta(minutes=1))
        async with database.transaction() as session:
            now = (await get_customer(session, people[who])).id
        if what == "prove":
            await _prove(customers, now, which, number)
        elif what == "ticket":
            open_case = (
                select(text("1")).select_from(text("tickets")).where(text("case_key = :key AND category = :cat"))
            )
            async with database.transaction() as session:
                taken = await session.scalar(open_case, {"key": f"customer:{now}", "cat": which})
            if not taken:
                await things.ticket(now, category=which)
        elif (now, which) not in granted:
            async with database.transaction() as session:
                has = text("SELECT 1 FROM waybill_grants WHERE customer_id = :who AND waybill_no = :no")
                if await session.scalar(has, {"who": now, "no": which}):
                    continue
            granted.add((now, which))
            await things.grant(now, which)
    clock.advance(timedelta(minutes=1))
    _, who, which, number = last
    async with database.transaction() as session:
        now = (await get_customer(session, people[who])).id
    known = {merge.id for merge in await customers.merges(now)}
    before = await things.picture()
    merged = await _prove(customers, now, which, number)
    new = [merge for merge in await customers.merges(merged) if merge.id not in known and merge.at == clock()]
    if not new:
        return

    await customers.undo(new[0].id, by="a", why="b")

    assert await things.picture() == before


async def _prove(customers, customer_id, which, number):
    prove = {"unionid": unionid, "phone": verify, "account": account}[which]
    name = f"1390000000{number}" if which == "phone" else f"{which}-{number}"
    return await prove(customers, customer_id, name)
