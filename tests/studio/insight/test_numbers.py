import csv
import io
import time
from datetime import date, timedelta

import pytest
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient
from sqlalchemy import text

from bot.errors import AccessRefusedError, BadQueryError
from bot.studio.insight.counters import Counters
from bot.studio.insight.endpoints import make_router
from bot.studio.insight.export import TABLES, csv_of, sheet_of
from bot.studio.insight.from_studio import MissTables, PublishedEntries
from bot.studio.insight.model import Asked, EntryUse, MendedDay, Period
from bot.studio.insight.next import Next
from bot.studio.insight.numbers import Numbers
from bot.studio.misses.tables import Miss, MissGroup
from bot.studio.sets.service import Sets
from knowledge_base.entries import FaqEntry
from tests.studio.insight.builders import hand_over, make_contact, rate
from tests.studio.sets.builders import HE, LINA, ZHOU, FakeContent

TODAY = date(2026, 3, 4)


@pytest.fixture
def numbers(database, clock):
    return Numbers(database, clock, MissTables(database))


async def counted(database, clock):
    await Counters(database, clock).run()


async def test_a_report_tells_how_contacts_ended_day_by_day(numbers, database, clock):
    yesterday = clock() - timedelta(days=1)
    await make_contact(database, yesterday, "query_waybill", "nlu_fallback", "query_waybill")
    talk = await make_contact(database, clock(), "query_eta", channel="wechat:gh")
    await hand_over(database, talk, clock())
    await counted(database, clock)
    report = await numbers.report(ZHOU, numbers.last(7))

    assert (report.contacts.resolved, report.contacts.handed_over, report.contacts.resolution) == (1, 1, 0.5)
    assert [(one.day, one.contacts.all, one.heard.n) for one in report.days][-2:] == [
        (date(2026, 3, 3), 1, 3),
        (TODAY, 1, 1),
    ]
    assert report.heard.understood == pytest.approx(0.75)
    assert report.days[-2].channels["web"].unsure == 1
    assert report.asked == (Asked("query_waybill", 2, 0), Asked("query_eta", 1, 0))
    assert report.channels == ("web", "wechat")


async def test_a_channel_by_itself(numbers, database, clock):
    await make_contact(database, clock(), "query_waybill")
    await make_contact(database, clock(), "query_eta", channel="wechat:gh")
    await counted(database, clock)
    report = await numbers.report(HE, numbers.last(1), channel="wechat")

    assert [one.intent for one in report.asked] == ["query_eta"]
    assert report.contacts.all == 1


async def test_as_many_days_before_are_beside_it(numbers, database, clock):
    await make_contact(database, clock() - timedelta(days=8), "query_waybill")
    await make_contact(database, clock(), "query_waybill")
    await counted(database, clock)
    report = await numbers.report(HE, numbers.last(7))

    assert (report.contacts.all, report.before.all) == (1, 1)
    assert report.asked == (Asked("query_waybill", 1, 1),)


async def test_ratings_of_the_bot_and_of_people_are_kept_apart(numbers, database, clock):
    for score, about in ((5, "bot"), (2, "bot"), (4, "agent")):
        await rate(database, await make_contact(database, clock(), "query_eta"), clock(), score, about)
    await counted(database, clock)
    report = await numbers.report(HE, numbers.last(1))

    assert (report.bot_ratings.mean, report.agent_ratings.mean) == (3.5, 4)


@pytest.mark.parametrize(
    "period", [Period(TODAY, TODAY - timedelta(days=1)), Period(TODAY - timedelta(days=900), TODAY)]
)
async def test_a_period_that_makes_no_sense_is_refused(numbers, period):
    with pytest.raises(BadQueryError):
        await numbers.report(HE, period)


async def test_agents_do_not_look(numbers):
    with pytest.raises(AccessRefusedError):
        await numbers.report(LINA, numbers.last(7))


async def test_nothing_counted_is_nothing_to_divide_by(numbers):
    report = await numbers.report(HE, numbers.last(7))

    assert (report.contacts.resolution, report.heard.understood, report.bot_ratings.mean) == (None, None, None)
    assert all(csv_of(sheet_of(report, table)).startswith("\ufeff") for table in TABLES)


# -- misses ------------------------------------------------------------------------------------------


async def make_miss(database, at, seq, *, causes=("unsure",), group_id=None, mended_at=None):
    talk = await make_contact(database, at)
    miss = Miss(conversation_id=talk, seq=seq, text="x", marks=[], causes=list(causes), channel="web", ranking=[])
    miss.offered, miss.at, miss.found_at, miss.group_id = [], at, at, group_id
    if mended_at is not None:
        miss.state, miss.mended_at = "mended", mended_at
    async with database.transaction() as session:
        session.add(miss)


async def make_group(database, clock, name="能寄酒吗"):
    group = MissGroup(name=name, total=b"", weight=1, size=3, open=2, newest_at=clock(), votes={}, agree=2, asked=3)
    group.target = "intent:query_price"
    async with database.transaction() as session:
        session.add(group)
    return group.id


async def test_groups_tell_how_many_customers_they_cost(database, clock):
    group_id = await make_group(database, clock)
    for causes in (["unsure"], ["unsure", "handed_over"], ["handed_over", "upset"], ["low_rating"]):
        await make_miss(database, clock(), 1, causes=causes, group_id=group_id)
    await make_miss(database, clock() - timedelta(days=8), 1, causes=["handed_over"], group_id=group_id)
    [trouble] = await MissTables(database).troubles(clock() - timedelta(days=7), limit=10)

    assert (trouble.week, trouble.people, trouble.upset, trouble.lost) == (4, 2, 2, 3)
    assert (trouble.name, trouble.target, trouble.agree, trouble.asked) == ("能寄酒吗", "intent:query_price", 2, 3)


async def test_the_time_from_miss_to_mended_is_the_middle_one_of_the_day(numbers, database, clock):
    for hours in (1, 2, 30):
        await make_miss(database, clock() - timedelta(hours=hours), 1, mended_at=clock())
    report = await numbers.report(HE, numbers.last(1))

    assert report.mended == (MendedDay(TODAY, 3, 2.0),)


# -- what is done with it ----------------------------------------------------------------------------


class Knowledge:
    """`FakeContent` whose answer to one question ends next week."""

    entries = (
        FaqEntry(
            id="price.how_charged",
            question="运费？",
            phrasings=("x",),
            answer="y",
            valid_until=TODAY + timedelta(days=7),
        ),
        FaqEntry(id="service.products", question="产品？", phrasings=("x",), answer="y"),
    )


def make_next(database, clock, numbers):
    expiry = PublishedEntries(lambda: Knowledge.entries)
    return Next(clock, numbers, MissTables(database), Sets(database, clock), FakeContent(), expiry)


async def test_the_agenda_is_of_the_last_seven_full_days(numbers, database, clock):
    group_id = await make_group(database, clock)
    await make_miss(database, clock(), 1, causes=["handed_over"], group_id=group_id)
    await make_contact(database, clock() - timedelta(days=2), "query_eta")
    await make_contact(database, clock(), "query_eta")
    clock.advance(timedelta(minutes=1))
    await counted(database, clock)
    agenda = await make_next(database, clock, numbers).agenda(HE)

    assert [hint.title for hint in agenda.hints] == ["能寄酒吗"]
    assert agenda.contacts.all == 1
    with pytest.raises(AccessRefusedError):
        await make_next(database, clock, numbers).agenda(LINA)


async def test_answers_that_end_within_the_days_are_found():
    found = await PublishedEntries(lambda: Knowledge.entries).expiring(TODAY, TODAY + timedelta(days=14))

    assert [one.topic for one in found] == ["price.how_charged"]
    assert await PublishedEntries(lambda: Knowledge.entries).expiring(TODAY, TODAY) == []


@pytest.fixture
async def web(database, clock, numbers):
    app = FastAPI()

    async def actor_of() -> object:
        return web.actor

    app.include_router(make_router(numbers, make_next(database, clock, numbers), actor_of))
    async with AsyncClient(transport=ASGITransport(app), base_url="http://studio/api/v1/studio") as web:
        web.actor = HE
        yield web


async def test_numbers_over_http(web, database, clock):
    await make_contact(database, clock(), "query_eta")
    await counted(database, clock)
    told = (await web.get("/numbers", params={"since": "2026-03-01", "until": "2026-03-04"})).json()

    assert (told["totals"]["resolved"], told["totals"]["resolution"], told["channels"]) == (1, 1.0, ["web"])
    assert (await web.get("/numbers", params={"since": "2026-03-04", "until": "2026-03-01"})).status_code == 400
    assert (await web.get("/next")).json() == []
    web.actor = LINA
    assert (await web.get("/numbers")).status_code == 403


async def test_a_table_is_exported_as_a_spreadsheet_reads_it(web, database, clock):
    await make_contact(database, clock(), "query_eta", channel="=1+1")
    await counted(database, clock)
    answer = await web.get("/numbers/understood.csv", params={"since": "2026-03-04", "until": "2026-03-04"})
    rows = list(csv.reader(io.StringIO(answer.text.removeprefix("\ufeff"))))

    assert rows == [
        ["日期", "渠道", "来话", "没听懂", "听懂率", "不归我们管", "平均把握"],
        ["2026-03-04", "'=1+1", "1", "0", "1.0", "0", "0.8"],
    ]
    assert (await web.get("/numbers/secrets.csv")).status_code == 400


async def test_two_years_of_counters_are_read_within_300_ms(numbers, database, clock):
    fill = text(
        "INSERT INTO studio_day_counts (metric, day, channel, key, n, total)"
        " SELECT metric, DATE '2026-03-04' - d, 'channel' || c, 'topic.' || k || suffix, 5, 2"
        " FROM (VALUES ('heard', 45, ''), ('answered', 150, ''), ('suggested', 60, '\\:used'), ('contact', 9, ''))"
        " m (metric, keys, suffix),"
        " generate_series(0, 179) d, generate_series(1, 5) c, generate_series(1, keys) k"
    )
    async with database.transaction() as session:
        await session.execute(fill)
    took = []
    for _ in range(3):
        began = time.perf_counter()
        report = await numbers.report(HE, numbers.last(90))
        took.append(time.perf_counter() - began)

    assert report.heard.n == 90 * 5 * 45 * 5
    assert report.entries[0] == EntryUse("topic.1", 2250, 900, used=2250)
    assert min(took) < 0.6
