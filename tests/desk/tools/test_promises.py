"""Promises in agents' words, the summary they are confirmed with, and what becomes of them."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest
import yaml
from sqlalchemy import select

from bot.clock import CHINA
from bot.desk.tools.kinds import PromiseKind, PromiseState
from bot.desk.tools.promising import promises_in
from bot.desk.tools.proving import Ended, Proof, judge
from bot.desk.tools.summing_up import Confirmed, ConfirmedPromise
from bot.desking import SpokenCalendar
from bot.errors import AccessRefusedError, IllegalMoveError, NotFoundError, RefusedError
from bot.outbox.model import OutgoingEvent
from bot.tickets.model import ServiceSummary, TicketKind
from bot.tickets.service import Contact
from bot.waybills.model import Checkpoint, CheckpointKind
from tests.desk.builders import WAYBILL_NO, make_waybill
from tests.desk.tools.conftest import BOSS, LINA, TRAINER, ZHOU, say, write

SAID_AT = datetime(2026, 3, 4, 10, 0, tzinfo=CHINA)


def measured(name: str) -> tuple[float, float, int]:
    """Precision, recall and the number of sentences of one set."""
    rows = yaml.safe_load((Path(__file__).parent / f"promises_{name}.yml").read_text(encoding="utf-8"))
    right = found = wanted = 0
    for row in rows:
        want = {(kind, str(due)[:16]) for kind, due in row["promises"]}
        seen = promises_in(row["says"], said_at=SAID_AT, calendar=SpokenCalendar())
        got = {(one.kind.value, f"{one.due_at:%Y-%m-%d %H:%M}") for one in seen}
        right, found, wanted = right + len(want & got), found + len(got), wanted + len(want)
    return right / found, right / wanted, len(rows)


def test_promises_are_recognised_in_sentences_nobody_shaped_the_rules_by():
    precision, recall, sentences = measured("heldout")
    assert sentences >= 80
    assert precision >= 0.93
    assert recall >= 0.9


def test_promises_are_recognised_in_the_sentences_the_rules_were_shaped_by():
    precision, recall, sentences = measured("dev")
    assert sentences >= 80
    assert (precision, recall) == (1.0, 1.0)


def test_working_days_skip_weekends_and_holidays():
    before_new_year = datetime(2026, 2, 13, 10, 0, tzinfo=CHINA)
    (promise,) = promises_in("三个工作日内退款。", said_at=before_new_year, calendar=SpokenCalendar())
    assert promise.due_at.date() > datetime(2026, 2, 23, tzinfo=CHINA).date()


# -- judging ---------------------------------------------------------------------------------------

MADE, DUE = SAID_AT, SAID_AT + timedelta(hours=8)


def scan(kind: CheckpointKind, hours: float) -> Checkpoint:
    return Checkpoint(SAID_AT + timedelta(hours=hours), kind, "X", "网点", "成都", "")


def judged(kind: PromiseKind, proof: Proof, now: datetime = DUE + timedelta(hours=1)):
    found = judge(kind, since=MADE + timedelta(minutes=5), made_at=MADE, due_at=DUE, proof=proof, now=now)
    return found and found.state


@pytest.mark.parametrize(
    ("kind", "scanned", "state"),
    [
        (PromiseKind.dispatch, [(CheckpointKind.out_for_delivery, 2)], PromiseState.kept),
        (PromiseKind.dispatch, [(CheckpointKind.out_for_delivery, -2)], PromiseState.broken),
        (PromiseKind.dispatch, [(CheckpointKind.out_for_delivery, 9)], PromiseState.broken),
        (PromiseKind.deliver, [(CheckpointKind.out_for_delivery, 2)], PromiseState.broken),
        (PromiseKind.deliver, [(CheckpointKind.delivered, 7)], PromiseState.kept),
        (PromiseKind.pick_up, [(CheckpointKind.picked_up, 1)], PromiseState.kept),
        (PromiseKind.deliver, [], PromiseState.broken),
    ],
)
def test_a_promise_about_the_parcel_is_judged_by_its_scans(kind, scanned, state):
    assert judged(kind, Proof([scan(*each) for each in scanned])) is state


def test_a_promise_can_be_kept_until_it_is_due_and_a_little_longer():
    assert judged(PromiseKind.deliver, Proof([]), now=DUE + timedelta(minutes=10)) is None
    assert judged(PromiseKind.deliver, Proof(None)) is PromiseState.broken


def test_a_call_back_is_kept_by_words_after_the_contact_only():
    assert judged(PromiseKind.call_back, Proof(None, spoken=[MADE + timedelta(minutes=1)])) is PromiseState.broken
    assert judged(PromiseKind.call_back, Proof(None, spoken=[MADE + timedelta(hours=1)])) is PromiseState.kept


def test_handling_and_refunds_are_kept_by_a_ticket_in_time():
    in_time, late = Ended("GD1", MADE + timedelta(hours=1)), Ended("GD1", DUE + timedelta(hours=1))
    assert judged(PromiseKind.refund, Proof(None, ended=[in_time])) is PromiseState.kept
    assert judged(PromiseKind.handle, Proof(None, ended=[late])) is PromiseState.broken


# -- the summary -----------------------------------------------------------------------------------


def confirmed(due_at: datetime, kind: PromiseKind = PromiseKind.dispatch, **more) -> Confirmed:
    promise = ConfirmedPromise(kind=kind, words="明天派送，电话13812341234", due_at=due_at)
    return Confirmed(wrap_up_code="urge_delivery", text="已催派", promises=(promise,), **more)


async def test_the_draft_says_what_was_wanted_done_and_promised(tools, shop, held):
    await write(shop, "我的快递两天没动了，电话13812341234，还有YD2603040000023也没到")
    await say(tools, held, "您好，明天下午给您派送。", nth=1)
    await say(tools, held, "更正一下，后天上午给您派送。", nth=2)
    draft = await tools.summing_up.draft(LINA, held)
    assert draft.wrap_up_code == "report_stalled"
    assert draft.waybill_nos == (WAYBILL_NO, "YD2603040000023")
    assert "138****1234" in draft.wanted
    assert "13812341234" not in draft.text
    assert [(one.kind, one.due_at) for one in draft.promises] == [
        ("dispatch", datetime(2026, 3, 6, 12, 0, tzinfo=CHINA))
    ]
    assert draft.done == "已答复客户"
    assert draft == await tools.summing_up.draft(LINA, held)


async def test_a_ticket_that_was_opened_meanwhile_gives_the_code_and_stands_in_the_draft(tools, shop, held):
    view = await tools.parts.conversations.view(held)
    contact = Contact(view.customer_id, held, "turn-1")
    reported = await tools.parts.tickets.report(
        TicketKind.service, "damage", "外箱破了", waybill_no=WAYBILL_NO, contact=contact
    )
    draft = await tools.summing_up.draft(LINA, held)
    assert draft.wrap_up_code == "report_damage"
    assert reported.ticket_no in draft.done


async def test_the_confirmed_summary_is_kept_once_with_its_promises(tools, held, clock, database):
    due = clock() + timedelta(days=1)
    for _ in range(2):
        await tools.summing_up.confirm(LINA, held, confirmed(due, wanted="催派", done="已催"))
    async with database.transaction() as session:
        (summary,) = (await session.scalars(select(ServiceSummary))).all()
    assert (summary.wrap_up_code, summary.by, summary.waybill_no) == ("urge_delivery", "lina", WAYBILL_NO)
    assert summary.details is not None
    assert summary.details["wanted"] == "催派"
    (promise,) = await tools.promises.of_conversation(LINA, held)
    assert promise.words == "明天派送，电话138****1234"
    assert [one.id for one in await tools.promises.of_waybill(ZHOU, WAYBILL_NO)] == [promise.id]


async def test_a_summary_is_refused_to_who_does_not_hold_and_for_a_time_that_is_over(tools, held, clock):
    with pytest.raises(IllegalMoveError):
        await tools.summing_up.confirm(ZHOU, held, confirmed(clock() + timedelta(days=1)))
    with pytest.raises(RefusedError):
        await tools.summing_up.confirm(LINA, held, confirmed(clock() - timedelta(days=1)))
    with pytest.raises(RefusedError):
        await tools.summing_up.confirm(LINA, held, Confirmed(wrap_up_code="nonsense"))
    with pytest.raises(AccessRefusedError):
        await tools.summing_up.draft(TRAINER, held)


# -- afterwards ------------------------------------------------------------------------------------


async def broken(tools, held, clock, kind=PromiseKind.deliver):
    await tools.summing_up.confirm(LINA, held, confirmed(clock() + timedelta(hours=8), kind))
    clock.advance(timedelta(hours=9))
    await tools.promises.look(clock())


async def test_a_broken_promise_comes_back_as_one_task_and_one_event(tools, held, clock, database):
    await broken(tools, held, clock)
    await tools.promises.look(clock())
    (promise,) = await tools.promises.of_conversation(LINA, held)
    assert promise.state == PromiseState.broken
    assert "送达" in promise.because
    (task,) = await tools.tasks.of(ZHOU)
    assert (task.team, task.waybill_no, task.promise_id) == ("claims", WAYBILL_NO, promise.id)
    async with database.transaction() as session:
        events = (await session.scalars(select(OutgoingEvent).where(OutgoingEvent.kind == "promise.broken"))).all()
    assert [event.data["kind"] for event in events] == ["deliver"]


async def test_a_kept_promise_leaves_no_task(tools, held, clock, source):
    await tools.summing_up.confirm(LINA, held, confirmed(clock() + timedelta(hours=8)))
    clock.advance(timedelta(hours=1))
    waybill = make_waybill(clock())
    out = Checkpoint(clock(), CheckpointKind.out_for_delivery, "X", "网点", "成都", "")
    source.add(make_waybill(clock(), track=(*waybill.track, out)))
    assert await tools.promises.look(clock() + timedelta(hours=1)) == 1
    (promise,) = await tools.promises.of_conversation(LINA, held)
    assert promise.state == PromiseState.kept
    assert await tools.tasks.of(BOSS) == []


async def test_a_call_back_is_kept_when_the_agent_writes_again(tools, held, clock):
    await tools.summing_up.confirm(LINA, held, confirmed(clock() + timedelta(hours=8), PromiseKind.call_back))
    clock.advance(timedelta(hours=1))
    await say(tools, held, "您好，按约定联系您。", nth=9)
    await tools.promises.look(clock() + timedelta(hours=1))
    assert (await tools.promises.of_conversation(LINA, held))[0].state == PromiseState.kept


async def test_a_promise_is_settled_by_hand_by_its_maker_or_who_leads(tools, held, clock):
    await tools.summing_up.confirm(LINA, held, confirmed(clock() + timedelta(hours=8)))
    (promise,) = await tools.promises.of_conversation(LINA, held)
    with pytest.raises(NotFoundError):
        await tools.promises.settle(ZHOU, promise.id, PromiseState.kept, "打过电话")
    with pytest.raises(RefusedError):
        await tools.promises.settle(LINA, promise.id, PromiseState.broken, "没做")
    settled = await tools.promises.settle(LINA, promise.id, PromiseState.kept, "已电话确认")
    assert settled.state == PromiseState.kept
    with pytest.raises(IllegalMoveError):
        await tools.promises.settle(BOSS, promise.id, PromiseState.withdrawn, "撤销")
    clock.advance(timedelta(days=1))
    assert await tools.promises.look(clock()) == 0


async def test_a_task_is_taken_by_one_and_done_with_a_word(tools, held, clock):
    await broken(tools, held, clock)
    (task,) = await tools.tasks.of(LINA)
    await tools.tasks.take(ZHOU, task.id)
    with pytest.raises(IllegalMoveError, match="zhou"):
        await tools.tasks.take(LINA, task.id)
    with pytest.raises(RefusedError):
        await tools.tasks.finish(ZHOU, task.id, " ")
    with pytest.raises(AccessRefusedError):
        await tools.tasks.take(TRAINER, task.id)
    await tools.tasks.give_back(ZHOU, task.id)
    await tools.tasks.take(LINA, task.id)
    done = await tools.tasks.finish(LINA, task.id, "已致电道歉，今晚送到")
    assert (done.done_by, done.done_text) == ("lina", "已致电道歉，今晚送到")
    assert await tools.tasks.of(LINA) == []
    assert [one.id for one in await tools.tasks.of(LINA, done=True)] == [task.id]
    with pytest.raises(IllegalMoveError):
        await tools.tasks.take(LINA, task.id)
