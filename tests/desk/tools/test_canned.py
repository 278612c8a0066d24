"""Canned responses: what is found first, who may change what, what is kept, what is filled."""

from datetime import timedelta

import pytest

from bot.desk.tools import canned_files
from bot.desk.tools.canned import CannedDraft
from bot.desk.tools.kinds import Scope
from bot.desk.tools.shipping import ship, shipped_responses
from bot.desk.tools.spelling import spelled_at
from bot.desk.tools.variables import fill, holes, unknown_variables
from bot.errors import AccessRefusedError, IllegalMoveError, NotFoundError, RefusedError
from bot.staff.model import Actor, Role
from bot.waybills.model import PartyRole
from tests.desk.builders import WAYBILL_NO
from tests.desk.tools.conftest import BOSS, LINA, TRAINER, ZHOU


def draft(title="运输纠纷处理", text="我来处理。", **more) -> CannedDraft:
    return CannedDraft(title=title, text=text, **more)


@pytest.mark.parametrize(
    "query", ["ysjf", "运输", "yunshu", "yunshujiufen", "运输jf", "ys纠纷", "YSJF", "ｙｓ", "yunsh"]
)
def test_a_title_is_found_by_words_pinyin_initials_and_mixtures(query):
    assert spelled_at(query, "运输纠纷处理") == 0


@pytest.mark.parametrize("query", ["ysjx", "纠输", "zz", ""])
def test_what_is_not_spelled_is_not_found(query):
    assert spelled_at(query, "运输纠纷处理") is None


def test_a_character_of_two_readings_is_found_by_both():
    assert spelled_at("chongfa", "重发取件码") == 0
    assert spelled_at("zhongliang", "重量") == 0


async def test_the_shipped_set_is_put_in_once_and_found_by_its_initials(tools, database, clock):
    assert await ship(database, clock()) == len(shipped_responses()) >= 60
    assert await ship(database, clock()) == 0
    found = await tools.canned.search(LINA, "ysjf")
    assert found[0].title == "运输纠纷处理"


async def test_no_shipped_response_has_words_that_must_not_be_sent(tools):
    lexicon = await tools.sensitive.lexicon()
    wrong = {one.title: lexicon.check(one.text, allowed=["400-888-0000"]).reasons for one in shipped_responses()}
    assert {title: reasons for title, reasons in wrong.items() if reasons} == {}
    assert [one.title for one in shipped_responses() if unknown_variables(one.text)] == []
    shortcuts = [one.shortcut for one in shipped_responses()]
    assert len(set(shortcuts)) == len(shortcuts)


async def test_what_a_person_uses_comes_first_and_only_for_that_person(tools, clock):
    first = await tools.canned.add(BOSS, draft("派送一", scope=Scope.shared))
    second = await tools.canned.add(BOSS, draft("派送二", scope=Scope.shared))
    before = [one.id for one in await tools.canned.search(LINA, "ps")]
    await tools.canned.used(LINA, before[1])
    assert {first.id, second.id} == set(before)
    assert [one.id for one in await tools.canned.search(LINA, "ps")] == before[::-1]
    assert [one.id for one in await tools.canned.search(ZHOU, "ps")] == before


async def test_what_was_used_lately_comes_before_what_was_used_long_ago(tools, clock):
    old = await tools.canned.add(BOSS, draft("派送一", scope=Scope.shared))
    new = await tools.canned.add(BOSS, draft("派送二", scope=Scope.shared))
    for _ in range(2):
        await tools.canned.used(LINA, old.id)
    clock.advance(timedelta(days=90))
    await tools.canned.used(LINA, new.id)
    assert (await tools.canned.search(LINA))[0].id == new.id


async def test_personal_ones_are_nobody_elses_and_team_ones_the_teams(tools):
    own = await tools.canned.add(LINA, draft())
    teams = await tools.canned.add(BOSS, draft("理赔专用", scope=Scope.team, team="claims"))
    with pytest.raises(NotFoundError):
        await tools.canned.get(ZHOU, own.id)
    assert (await tools.canned.get(ZHOU, teams.id)).title == "理赔专用"
    with pytest.raises(NotFoundError):
        await tools.canned.get(Actor("agent:nobody", Role.agent), teams.id)


async def test_an_agent_changes_neither_shared_nor_team_ones(tools):
    shared = await tools.canned.add(BOSS, draft(scope=Scope.shared))
    with pytest.raises(AccessRefusedError):
        await tools.canned.add(LINA, draft("另一条", scope=Scope.shared))
    with pytest.raises(AccessRefusedError):
        await tools.canned.change(LINA, shared.id, draft("改"), version=1)
    with pytest.raises(AccessRefusedError):
        await tools.canned.remove(LINA, shared.id)


async def test_a_trainer_has_no_canned_responses(tools):
    with pytest.raises(AccessRefusedError):
        await tools.canned.search(TRAINER, "")


async def test_every_version_is_kept_with_who_and_when_and_can_come_back(tools, clock):
    response = await tools.canned.add(LINA, draft(text="第一版。"))
    clock.advance(timedelta(hours=1))
    await tools.canned.change(LINA, response.id, draft(text="第二版。"), version=1)
    restored = await tools.canned.restore(LINA, response.id, 1, version=2)
    kept = await tools.canned.versions(LINA, response.id)
    assert restored.text == "第一版。"
    assert [(one.version, one.what, one.text, one.by) for one in kept] == [
        (3, "restored", "第一版。", "lina"),
        (2, "changed", "第二版。", "lina"),
        (1, "added", "第一版。", "lina"),
    ]


async def test_of_two_who_change_the_same_version_one_is_refused(tools):
    response = await tools.canned.add(LINA, draft())
    await tools.canned.change(LINA, response.id, draft(text="二。"), version=1)
    with pytest.raises(IllegalMoveError):
        await tools.canned.change(LINA, response.id, draft(text="三。"), version=1)


async def test_a_shortcut_is_taken_once_and_free_again_after_removal(tools):
    first = await tools.canned.add(LINA, draft("一", shortcut="x"))
    with pytest.raises(IllegalMoveError, match="x"):
        await tools.canned.add(LINA, draft("二", shortcut="x"))
    await tools.canned.add(ZHOU, draft("二", shortcut="x"))
    await tools.canned.remove(LINA, first.id)
    await tools.canned.add(LINA, draft("三", shortcut="x"))
    with pytest.raises(NotFoundError):
        await tools.canned.get(LINA, first.id)


@pytest.mark.parametrize("text", ["一定赔您。", "加我微信说。", "您好{客户名}。"])
async def test_words_that_must_not_be_sent_and_unknown_variables_are_refused(tools, text):
    with pytest.raises(RefusedError):
        await tools.canned.add(LINA, draft(text=text))


def test_what_is_known_is_filled_and_the_rest_stays_marked():
    filled = fill("{客户称呼}您好，{运单号}在{承诺时间}前送到。", {"运单号": "YD1", "客户称呼": "", "承诺时间": None})
    assert filled.text == "{客户称呼}您好，YD1在{承诺时间}前送到。"
    assert filled.missing == holes(filled.text) == ("客户称呼", "承诺时间")


async def test_variables_are_filled_from_the_conversation_once_the_customer_is_known(tools, held):
    text = "我是{客服姓名}，{运单号}：{物流状态}，{承诺时间}，{客服热线}，{今天}"
    response = await tools.canned.add(LINA, draft(text=text))
    before = await tools.filling.filled(tools.canned, LINA, response.id, held)
    assert before.missing == ("物流状态", "承诺时间")
    view = await tools.parts.conversations.view(held)
    assert await tools.parts.waybills.prove(view.customer_id, WAYBILL_NO, "1234") is PartyRole.consignee
    after = await tools.filling.filled(tools.canned, LINA, response.id, held)
    assert after.text == f"我是李娜，{WAYBILL_NO}：运输中，3月3日14:00，400-888-0000，3月4日"


@pytest.mark.parametrize("kind", ["yml", "xlsx"])
async def test_what_is_taken_out_can_be_taken_in_again(tools, kind):
    await tools.canned.add(BOSS, draft("一", text="=1+1 也是文字。", scope=Scope.shared, folder="甲/乙", shortcut="y"))
    await tools.canned.add(BOSS, draft("二", text="第一行\n第二行", scope=Scope.team, team="claims"))
    found = await tools.canned.everything(BOSS)
    write = canned_files.write_yaml if kind == "yml" else canned_files.write_sheet
    read = canned_files.read_yaml if kind == "yml" else canned_files.read_sheet
    drafts = read(write(found))
    again = await canned_files.take_in(tools.canned, BOSS, drafts)
    assert (again.added, again.changed, again.same) == (0, 0, 2)
    changed = [each.model_copy(update={"text": each.text + "。"}) for each in drafts]
    more = await canned_files.take_in(tools.canned, BOSS, [*changed, draft("三", scope=Scope.shared)])
    assert (more.added, more.changed, more.same) == (1, 2, 0)


@pytest.mark.parametrize("content", [b"\xff\xfe", b"- a", b"responses: 3", b"PK\x03\x04 broken"])
async def test_a_file_that_makes_no_sense_is_refused(content):
    read = canned_files.read_sheet if content[:2] == b"PK" else canned_files.read_yaml
    with pytest.raises(RefusedError):
        read(content)


async def test_an_agent_cannot_take_in_shared_ones(tools):
    with pytest.raises(AccessRefusedError, match="第 1 行"):
        await canned_files.take_in(tools.canned, LINA, [draft(scope=Scope.shared)])
