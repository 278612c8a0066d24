"""Scores, one objection with an answer, and how far scorers agree."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from bot.desk.leading.kinds import Mark, SampleState
from bot.desk.leading.scoring import Scoring
from bot.desk.leading.sheets import PlanRule, read_sheet
from bot.errors import AccessRefusedError, IllegalMoveError, NotFoundError, RefusedError
from bot.staff.model import Actor, Role
from tests.desk.leading.site import BOSS, LINA, SECOND, ZHOU, LeadingSite


async def sample_of(site: LeadingSite, agent: str = "lina", *, scorers: int = 1) -> UUID:
    conversation_id = await site.served(agent, f"v-{agent}-{uuid4()}")
    return await site.leading.sampling.calibrate(BOSS, conversation_id, scorers=scorers)


async def filled(site: LeadingSite, **marks: Mark) -> Scoring:
    """Everything met but what is named."""
    sheet = await site.leading.editions.sheet("service")
    return Scoring({one.key: Mark.met for one in sheet.criteria()} | marks)


async def scored(site: LeadingSite, **marks: Mark) -> UUID:
    sample_id = await sample_of(site)
    await site.leading.scoring.score(BOSS, sample_id, await filled(site, **marks), sheet_version=0)
    return sample_id


async def test_a_score_is_kept_with_remarks_on_messages_and_read_by_the_agent(site: LeadingSite) -> None:
    sample_id = await sample_of(site)
    seen = await site.leading.scoring.dossier(BOSS, sample_id)
    spoken = next(message for message in seen.messages if message.author == "agent")
    given = await filled(site, solution=Mark.partly)
    given = Scoring(given.marks, {spoken.seq: "这里可以先安抚"}, "整体不错")
    await site.leading.scoring.score(BOSS, sample_id, given, sheet_version=0)
    (mine,) = await site.leading.scoring.mine(LINA)
    assert (mine.total, mine.state) == (90.0, SampleState.scored)
    dossier = await site.leading.scoring.dossier(LINA, sample_id)
    assert dossier.scores[0].remarks == [{"seq": spoken.seq, "text": "这里可以先安抚"}]
    assert dossier.names["boss"] == "周经理"


async def test_nobody_else_reads_a_result_and_the_agent_not_before_it_is_scored(site: LeadingSite) -> None:
    sample_id = await sample_of(site)
    for actor in (LINA, ZHOU, Actor("agent:tang", Role.trainer)):
        with pytest.raises(NotFoundError):
            await site.leading.scoring.dossier(actor, sample_id)
    assert await site.leading.scoring.mine(LINA) == []
    with pytest.raises(AccessRefusedError):
        await site.leading.scoring.mine(Actor("agent:tang", Role.trainer))


async def test_personal_data_is_masked_beside_the_sheet(site: LeadingSite) -> None:
    dossier = await site.leading.scoring.dossier(BOSS, await sample_of(site))
    said = "".join(message.text for message in dossier.messages)
    assert "138****5678" in said
    assert "13812345678" not in said
    assert "502室" not in said


async def test_a_missed_fatal_criterion_is_zero(site: LeadingSite) -> None:
    sample_id = await scored(site, privacy=Mark.missed)
    (result,) = await site.leading.scoring.agents(BOSS, site.now - timedelta(days=1), site.now)
    assert (result.agent, result.average, result.failed) == ("lina", 0.0, 1)
    assert (await site.leading.scoring.dossier(BOSS, sample_id)).scores[0].failed == ["privacy"]


async def test_a_sample_is_scored_once_and_never_by_whose_service_it_was(site: LeadingSite) -> None:
    sample_id = await scored(site)
    for actor in (BOSS, SECOND):
        with pytest.raises(IllegalMoveError, match="已经评过"):
            await site.leading.scoring.score(actor, sample_id, await filled(site), sheet_version=0)
    own = await sample_of(site, "second")
    with pytest.raises(IllegalMoveError, match="自己"):
        await site.leading.scoring.score(SECOND, own, await filled(site), sheet_version=0)
    with pytest.raises(AccessRefusedError):
        await site.leading.scoring.score(LINA, own, await filled(site), sheet_version=0)


async def test_what_is_missing_or_no_message_is_refused(site: LeadingSite) -> None:
    sample_id = await sample_of(site)
    with pytest.raises(RefusedError, match="还有评分项没有打分"):
        await site.leading.scoring.score(BOSS, sample_id, Scoring({"tone": Mark.met}), sheet_version=0)
    given = Scoring((await filled(site)).marks, {999: "?"})
    with pytest.raises(NotFoundError, match="999"):
        await site.leading.scoring.score(BOSS, sample_id, given, sheet_version=0)
    assert (await site.leading.scoring.dossier(BOSS, sample_id)).scores == ()


async def test_the_agent_may_object_once_and_a_supervisor_answers(site: LeadingSite) -> None:
    scoring = site.leading.scoring
    sample_id = await scored(site, tone=Mark.missed)
    with pytest.raises(RefusedError, match="理由"):
        await scoring.object_to(LINA, sample_id, " ")
    with pytest.raises(IllegalMoveError, match="自己的成绩"):
        await scoring.object_to(ZHOU, sample_id, "不是我")
    await scoring.object_to(LINA, sample_id, "客户先骂人")
    with pytest.raises(IllegalMoveError, match="一次"):
        await scoring.object_to(LINA, sample_id, "再说一遍")
    await scoring.answer(SECOND, sample_id, "看了录音，有理", total=100)
    dossier = await scoring.dossier(LINA, sample_id)
    assert (dossier.sample.state, dossier.sample.total) == (SampleState.settled, 100)
    assert dossier.objection is not None
    assert (dossier.objection.upheld, dossier.objection.total_before, dossier.objection.answered_by) == (
        True,
        90.0,
        "second",
    )
    for attempt in (scoring.answer(SECOND, sample_id, "再答"), scoring.object_to(LINA, sample_id, "再说")):
        with pytest.raises(IllegalMoveError):
            await attempt


async def test_an_objection_that_is_not_upheld_leaves_the_score(site: LeadingSite) -> None:
    sample_id = await scored(site, tone=Mark.missed)
    await site.leading.scoring.object_to(LINA, sample_id, "不服")
    await site.leading.scoring.answer(BOSS, sample_id, "维持")
    (result,) = await site.leading.scoring.agents(BOSS, site.now - timedelta(days=1), site.now)
    assert (result.average, result.objected, result.upheld) == (90.0, 1, 0)


async def test_two_weeks_later_it_is_too_late(site: LeadingSite) -> None:
    sample_id = await scored(site)
    site.advance(timedelta(days=15))
    with pytest.raises(IllegalMoveError, match="14 天"):
        await site.leading.scoring.object_to(LINA, sample_id, "才看到")


async def test_scorers_who_are_compared_see_each_other_only_when_both_are_done(site: LeadingSite) -> None:
    scoring = site.leading.scoring
    sample_id = await sample_of(site, scorers=2)
    await scoring.score(BOSS, sample_id, await filled(site), sheet_version=0)
    hidden = await scoring.dossier(SECOND, sample_id)
    assert (hidden.scores, hidden.hidden) == ((), 1)
    with pytest.raises(IllegalMoveError, match="您已经"):
        await scoring.score(BOSS, sample_id, await filled(site), sheet_version=0)
    await scoring.score(SECOND, sample_id, await filled(site, tone=Mark.missed), sheet_version=0)
    assert len((await scoring.dossier(SECOND, sample_id)).scores) == 2
    agreement, (compared,), _ = await scoring.calibration(BOSS)
    assert compared.differing == ("tone",)
    assert compared.totals == (("boss", 100.0), ("second", 90.0))
    assert (agreement.share, agreement.spread) == (pytest.approx(10 / 11), 10.0)


async def test_what_compares_scorers_counts_for_no_agent(site: LeadingSite) -> None:
    scoring = site.leading.scoring
    sample_id = await sample_of(site, scorers=2)
    for actor in (BOSS, SECOND):
        await scoring.score(actor, sample_id, await filled(site), sheet_version=0)
    assert await scoring.agents(BOSS, site.now - timedelta(days=1), site.now) == []
    assert await scoring.mine(LINA) == []
    with pytest.raises(IllegalMoveError, match="校准"):
        await scoring.object_to(LINA, sample_id, "不服")


async def test_a_service_is_chosen_once_and_only_where_a_person_served(site: LeadingSite) -> None:
    conversation_id = await site.served("lina")
    await site.leading.sampling.calibrate(BOSS, conversation_id)
    with pytest.raises(IllegalMoveError, match="已经在质检"):
        await site.leading.sampling.calibrate(BOSS, conversation_id)
    with pytest.raises(NotFoundError, match="没有人工"):
        await site.leading.sampling.calibrate(BOSS, uuid4())


async def test_a_sheet_has_versions_and_a_score_keeps_its_own(site: LeadingSite) -> None:
    editions = site.leading.editions
    sample_id = await scored(site)
    new = read_sheet("新表", "100 | all | 全部")
    assert await editions.publish_sheet(BOSS, "service", new, after=0, note="简化") == 1
    with pytest.raises(RefusedError, match="第 1 版"):
        await editions.publish_sheet(SECOND, "service", new, after=0)
    with pytest.raises(AccessRefusedError):
        await editions.publish_sheet(LINA, "service", new, after=1)
    assert (await editions.sheet("service")).title == "新表"
    assert (await site.leading.scoring.dossier(BOSS, sample_id)).sheet_version == 0
    assert [line.version for line in await editions.history("sheet", "service")] == [1, 0]
    later = await sample_of(site)
    await site.leading.scoring.score(BOSS, later, Scoring({"all": Mark.partly}), sheet_version=1)
    assert (await site.leading.scoring.dossier(BOSS, later)).scores[0].total == 50.0


async def test_the_plan_has_versions_and_names_only_sheets_there_are(site: LeadingSite) -> None:
    editions = site.leading.editions
    version, rules = await editions.plan()
    assert version == 0
    gone = PlanRule.model_validate(rules[0].model_dump() | {"sheet": "nowhere"})
    with pytest.raises(RefusedError, match="nowhere"):
        await editions.publish_plan(BOSS, (gone,), after=0)
    assert await editions.publish_plan(BOSS, rules[:1], after=0) == 1
    assert await editions.plan() == (1, rules[:1])
