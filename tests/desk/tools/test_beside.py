"""Answers, notes, who else is there, characters and reveals beside a conversation."""

import ast
import asyncio
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, text

from bot.conversations.model import Message
from bot.delivery.model import Delivery
from bot.desk.tools.characters import convert, script_of
from bot.desk.tools.free_text import mask_address, mask_text
from bot.desk.tools.kinds import Script, Secret, SuggestionOutcome
from bot.desk.tools.ports import Offer
from bot.desk.tools.presence import GONE_AFTER, WRITING_FOR
from bot.desk.tools.revealing import Wanted, masked
from bot.desk.tools.scripts import Scripts, shown, suggested
from bot.errors import AccessRefusedError, IllegalMoveError, NotFoundError, RefusedError
from bot.staff.tables import AuditEntry
from bot.waybills.model import WaybillStatus
from tests.desk.builders import WAYBILL_NO, customer_says
from tests.desk.tools.conftest import BOSS, LINA, TRAINER, ZHOU, say, write

PROJECT = Path(__file__).resolve().parents[3]
DELIVERY = Offer("delivery_time", "什么时候送到", "快件到达网点后当天安排派送，派送前会联系您。", 0.8)
PRICE = Offer("price", "运费多少", "运费按寄达地和重量计算。", 0.1)


# -- answers ---------------------------------------------------------------------------------------


async def test_suggestions_answer_the_latest_words_with_the_parcels_state(tools, shop, held, answers):
    answers.offers = [DELIVERY, PRICE]
    await say(tools, held, "您好，请讲。")
    await write(shop, "我的快递什么时候到")
    found = await tools.answers.suggest(LINA, held)
    assert [one.offer.topic for one in found] == ["delivery_time", "price"]
    assert answers.asked == [("我的快递什么时候到", WaybillStatus.in_transit, "report_stalled")]
    assert [one.id for one in await tools.answers.suggest(LINA, held)] == [one.id for one in found]


async def test_nothing_is_suggested_once_a_person_has_answered(tools, shop, held, answers):
    answers.offers = [DELIVERY]
    await write(shop, "什么时候到")
    await say(tools, held, "今天到。")
    assert await tools.answers.suggest(LINA, held) == []


@pytest.mark.parametrize(
    ("said", "outcome"),
    [
        (DELIVERY.text, SuggestionOutcome.used),
        ("您好，快件到达网点后当天安排派送。", SuggestionOutcome.edited),
        ("请把面单拍给我看一下。", SuggestionOutcome.ignored),
    ],
)
async def test_what_the_agent_made_of_a_suggestion_is_what_trainers_read(tools, shop, held, answers, said, outcome):
    answers.offers = [DELIVERY, PRICE]
    await write(shop, "什么时候到")
    await tools.answers.suggest(LINA, held)
    await tools.answers.spoken(held, await say(tools, held, said))
    reports = {one.topic: one for one in await tools.answers.report(TRAINER)}
    assert getattr(reports["delivery_time"], outcome) == 1
    assert reports["price"].ignored == 1


async def test_agents_do_not_read_the_report_of_suggestions(tools):
    with pytest.raises(AccessRefusedError):
        await tools.answers.report(LINA)


async def test_a_search_without_a_conversation_needs_a_role_that_talks(tools, answers):
    answers.offers = [PRICE]
    assert (await tools.answers.search(LINA, "运费")).offers == (PRICE,)
    with pytest.raises(AccessRefusedError):
        await tools.answers.search(TRAINER, "运费")


# -- notes -----------------------------------------------------------------------------------------


async def test_a_note_is_kept_beside_the_log_and_never_in_it(tools, shop, held, database):
    before = await tools.parts.conversations.messages_after(held, 0)
    secret = "客户是重点客户，别说赔付上限"
    with tools.hub.subscribe(held) as desk_events:
        await tools.notes.add(LINA, held, secret)
    after = await tools.parts.conversations.messages_after(held, 0)
    async with database.transaction() as session:
        messages = (await session.scalars(select(Message.text))).all()
        deliveries = (await session.scalars(select(Delivery))).all()
        jobs = await session.scalar(text("SELECT string_agg(args::text, '') FROM procrastinate_jobs"))
    assert before == after
    assert all(secret not in each for each in messages)
    assert list(deliveries) == []
    assert secret not in (jobs or "")
    assert desk_events.empty()
    assert [note.text for note in await tools.notes.of(LINA, held)] == [secret]


@pytest.mark.parametrize(
    "package",
    ["connectors", "actions", "bot/delivery", "bot/conversations", "bot/notices", "bot/outbox", "bot/customers"],
)
def test_nothing_that_speaks_to_customers_knows_of_notes(package):
    """What cannot import them cannot read them: the table is named in the tools of the desk only."""
    for path in (PROJECT / package).rglob("*.py"):
        source = path.read_text(encoding="utf-8")
        assert "private_notes" not in source, path
        assert "PrivateNote" not in source, path
        imported = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.ImportFrom)]
        assert not any((node.module or "").startswith("bot.desk.tools") for node in imported), path


async def test_a_mentioned_colleague_reads_that_note_and_no_other(tools, held):
    await tools.notes.add(LINA, held, "先等等")
    await tools.notes.add(LINA, held, "@周强看一下理赔，另请 @boss 知悉")
    with pytest.raises(AccessRefusedError):
        await tools.notes.of(TRAINER, held)
    (note,) = await tools.notes.of(ZHOU, held)
    assert note.mentions == ("boss", "zhou")
    assert [one.id for one in await tools.notes.for_me(ZHOU)] == [note.id]
    await tools.notes.seen(ZHOU, note.id)
    assert await tools.notes.for_me(ZHOU) == []
    assert len(await tools.notes.for_me(BOSS)) == 1


async def test_a_colleague_who_is_not_mentioned_reads_none(tools, held):
    await tools.notes.add(LINA, held, "先等等")
    with pytest.raises(AccessRefusedError):
        await tools.notes.of(ZHOU, held)
    with pytest.raises(AccessRefusedError):
        await tools.notes.add(ZHOU, held, "插一句")


async def test_an_empty_note_is_refused(tools, held):
    with pytest.raises(RefusedError):
        await tools.notes.add(LINA, held, "  ")


# -- presence --------------------------------------------------------------------------------------


async def test_colleagues_see_who_is_there_and_who_writes_until_the_beats_stop(tools, held, clock):
    assert await tools.presence.beat(LINA, held, "tab1") == []
    (other,) = await tools.presence.beat(BOSS, held, "tab9", typing=True)
    assert (other.username, other.name, other.is_typing) == ("lina", "李娜", False)
    assert [(one.username, one.is_typing) for one in await tools.presence.others(LINA, held)] == [("boss", True)]
    clock.advance(WRITING_FOR)
    assert [one.is_typing for one in await tools.presence.others(LINA, held)] == [False]
    clock.advance(GONE_AFTER - WRITING_FOR)
    assert await tools.presence.others(LINA, held) == []


async def test_two_tabs_of_one_person_are_one_colleague_and_leaving_one_keeps_the_other(tools, held):
    await tools.presence.beat(BOSS, held, "a")
    await tools.presence.beat(BOSS, held, "b", typing=True)
    assert [one.is_typing for one in await tools.presence.others(LINA, held)] == [True]
    await tools.presence.leave(BOSS, held, "b")
    assert [one.is_typing for one in await tools.presence.others(LINA, held)] == [False]
    await tools.presence.leave(BOSS, held, "a")
    assert await tools.presence.others(LINA, held) == []


async def test_other_replicas_hear_who_comes_and_who_begins_to_write_but_not_every_beat(tools, held, database):
    hub = type(tools.hub)(database, line="desk_events")
    try:
        with hub.subscribe(held) as events:
            await hub.start()
            async with asyncio.timeout(30):
                assert (await events.get()).kind == "message"  # it listens from now on
            await tools.presence.beat(LINA, held, "a")
            first = await events.get()
            await tools.presence.beat(LINA, held, "a")
            await tools.presence.beat(LINA, held, "a", typing=True)
            second = await events.get()
            await tools.notes.add(LINA, held, "好了")
            third = await events.get()
        assert [first.kind, second.kind, third.kind] == ["presence", "presence", "note"]
    finally:
        await hub.stop()


async def test_traces_of_closed_tabs_are_forgotten(tools, held, clock, database):
    await tools.presence.beat(LINA, held, "a")
    clock.advance(timedelta(hours=2))
    await tools.presence.forget(clock())
    async with database.transaction() as session:
        assert await session.scalar(text("SELECT count(*) FROM desk_presence")) == 0


async def test_a_strangers_conversation_shows_nobody(tools, held):
    with pytest.raises(AccessRefusedError):
        await tools.presence.beat(ZHOU, held, "a")


# -- characters ------------------------------------------------------------------------------------


def test_words_change_with_the_characters():
    assert convert("我的快遞還沒到，請問怎麼辦", Script.simplified) == "我的快递还没到，请问怎么办"
    assert "派送" in convert("明天派送", Script.traditional)
    assert convert("运单YD2603040000015", Script.traditional) == "運單YD2603040000015"


@pytest.mark.parametrize(
    ("written", "script"),
    [("我的快遞呢", Script.traditional), ("我的快递呢", Script.simplified), ("你好", None), ("123", None)],
)
def test_the_script_of_a_text_is_known_where_it_can_be(written, script):
    assert script_of(written) is script


async def test_the_choice_is_remembered_for_the_conversation(tools, shop, held, pass_on):
    await customer_says(shop, "我的快遞在哪裡", nth=5)
    log = await tools.parts.conversations.messages_after(held, 0)
    assert suggested(log) == Scripts(Script.simplified, Script.traditional)
    assert await tools.translation.of(LINA, held) == Scripts()
    await tools.translation.choose(LINA, held, suggested(log))
    assert "我的快递在哪里" in [one.text for one in shown(log, await tools.translation.of(LINA, held))]
    assert (await pass_on(LINA, held, "您的快递在路上")).text == "您的快遞在路上"
    assert (await tools.parts.conversations.messages_after(held, 0)) == log


# -- masking ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "shows"),
    [
        ("我电话13812341234，快点", "我电话138****1234，快点"),
        ("打 138-1234-1234 或 +86 13812341234", "打 138****1234 或 138****1234"),
        ("座机0571-88886666转8", "座机057*****6666"),
        ("身份证110101199003078515", "身份证11************8515"),
        ("卡号6222 0202 0000 1234 567", "卡号62*************4567"),
        ("运单YD2603040000015到哪了", "运单YD2603040000015到哪了"),
        ("单号773012345678901", "单号773012345678901"),
        ("热线400-888-0000", "热线400-888-0000"),
        ("送到锦江区红星路2号5栋301", "送到锦江区红星路****"),
        ("改到文一西路998号海创园3号楼2单元1502室", "改到文一西路****"),
        ("住3栋1502", "住****"),
        ("订单2件，今天3点", "订单2件，今天3点"),
        ("我在二楼", "我在二楼"),
    ],
)
def test_phones_addresses_and_numbers_are_masked_inside_sentences(written, shows):
    assert mask_text(written) == shows


@given(st.text(alphabet="我的电话是138路号0123456789 -，栋室A", max_size=60))
def test_masking_twice_is_masking_once_and_no_mobile_survives(written):
    once = mask_text(written)
    assert mask_text(once) == once
    assert not [part for part in once.replace(" ", "").replace("-", "").split("，") if part == "13812341234"]


def test_an_address_keeps_its_street():
    assert mask_address("红星路 2 号") == "红星路 ****"
    assert "301" not in mask_address("天府大道中段1号5栋301")


async def test_messages_are_shown_masked_and_stay_whole_in_the_log(tools, shop, held):
    await write(shop, "我电话13812341234")
    log = await tools.parts.conversations.messages_after(held, 0)
    assert masked(log)[-1].text == "我电话138****1234"
    assert log[-1].text == "我电话13812341234"


async def test_a_reveal_says_who_saw_what_and_why(tools, held, database):
    wanted = Wanted(kind=Secret.phone, whose="consignee")
    assert await tools.revealing.reveal(LINA, held, wanted, "客户要求核对") == "13812341234"
    async with database.transaction() as session:
        (entry,) = (await session.scalars(select(AuditEntry).where(AuditEntry.what == "personal.revealed"))).all()
    assert (entry.who, entry.why, entry.conversation_id) == ("lina", "consignee 电话：客户要求核对", held)
    assert "13812341234" not in str(vars(entry))


async def test_addresses_messages_and_the_couriers_phone_can_be_revealed(tools, shop, held):
    assert "红星路" in await tools.revealing.reveal(LINA, held, Wanted(kind=Secret.address, whose="consignee"), "改址")
    await write(shop, "打13812341234")
    seq = (await tools.parts.conversations.view(held)).last_seq
    assert await tools.revealing.reveal(BOSS, held, Wanted(seq=seq), "质检") == "打13812341234"


@pytest.mark.parametrize("why", ["", " ", "x"])
async def test_nothing_is_revealed_without_a_reason(tools, held, why):
    with pytest.raises(RefusedError):
        await tools.revealing.reveal(LINA, held, Wanted(whose="consignee"), why)


async def test_what_is_not_there_is_not_revealed_and_leaves_no_trace(tools, held, database):
    for wanted in (Wanted(whose="courier"), Wanted(whose="somebody"), Wanted(whose="customer"), Wanted(seq=1)):
        with pytest.raises(NotFoundError):
            await tools.revealing.reveal(LINA, held, wanted, "看看")
    async with database.transaction() as session:
        assert (await session.scalars(select(AuditEntry))).all() == []


async def test_only_who_holds_the_conversation_or_leads_may_reveal(tools, shop):
    from tests.desk.builders import make_waiting

    waiting = await make_waiting(shop, waybill_no=WAYBILL_NO)
    with pytest.raises(IllegalMoveError):
        await tools.revealing.reveal(LINA, waiting, Wanted(whose="consignee"), "看看")
    with pytest.raises(AccessRefusedError):
        await tools.revealing.reveal(TRAINER, waiting, Wanted(whose="consignee"), "看看")
    assert await tools.revealing.reveal(BOSS, waiting, Wanted(whose="consignee"), "质检")
