from contextlib import asynccontextmanager
from datetime import timedelta
from uuid import uuid4

import pytest

from bot.channels import Button, Reply
from bot.conversations.model import HandOffReason
from bot.conversations.routing import NoRouting
from bot.conversations.service import ConversationService
from bot.dialogue.engine import EngineAnswer, ScriptedEngine
from bot.errors import AccessRefusedError, EngineUnavailableError, NotFoundError, RefusedError
from bot.studio.sets.dialogue_service import Dialogues
from bot.studio.sets.dialogues import (
    DialogueTurn,
    DialogueView,
    Expected,
    Observed,
    Script,
    World,
    judge,
    key_phrase,
)
from bot.studio.sets.kinds import Outcome
from bot.studio.sets.playing import rehearse
from bot.studio.sets.responses import Responses
from bot.studio.sets.stage import ConversationStage, EngineStage, QuietRouting
from tests.studio.sets.builders import HE, LINA, ZHOU, heard, make_conversation, say

KNOWN = Responses(
    {
        "utter_need_waybill_no": ["请把运单号发给我（YD 开头）。", "请问运单号是多少？"],
        "utter_eta": ["运单 {waybill_no} 预计{when}送达。"],
        "utter_eta_none": ["运单 {waybill_no} 预计今天送达，请保持电话畅通。"],
        "utter_hand_off_asked": ["正在为您转接人工客服，您排在第 {position} 位。"],
    }
)
WAYBILL = "YD8800000000011"


class PlayedStage:
    """Plays what a test wrote: the answers, in order."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.heard = []

    @asynccontextmanager
    async def rehearse(self, world):
        yield self

    async def play(self, turn):
        self.heard.append(turn.says)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


@pytest.fixture
def dialogues(database, clock):
    return Dialogues(database, clock, KNOWN)


def saw(intent="query_eta", text="请问运单号是多少？", *, handed_over=False, buttons=()):
    return Observed(
        intent, (Reply(text=text, buttons=tuple(Button(title=b, payload=b) for b in buttons)),), handed_over
    )


def make_script(*expected, world=None):
    turns = tuple(DialogueTurn(says=f"第{number}句", expected=one) for number, one in enumerate(expected, start=1))
    return Script(turns=turns, world=world or World())


async def saved(dialogues, *expected, name="问时效", **script):
    return await dialogues.save(HE, None, name, make_script(*expected, **script), why="试试")


# -- what a turn must do -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("请问运单号是多少？", "utter_need_waybill_no"),
        ("运单 YD2026081234567 预计明天下午送达。", "utter_eta"),
        ("运单 YD2026081234567 预计今天送达，请保持电话畅通。", "utter_eta_none"),
        ("运费按重量算。", None),
    ],
)
def test_an_answer_tells_which_template_it_was_made_from(text, name):
    assert KNOWN.name_of(text) == name


def test_the_responses_of_the_bot_are_told_apart():
    from bot.settings import PROJECT

    known = Responses.load(PROJECT / "nlu_data" / "domain")

    assert known.name_of("请问运单号是多少？YD 开头，或 12–15 位数字。") == "utter_need_waybill_no"
    assert "utter_label_query_eta" not in known.names


@pytest.mark.parametrize(
    ("expected", "seen", "problem"),
    [
        (Expected(intent="query_eta"), saw("urge_delivery"), "意图应为“query_eta”"),
        (Expected(response="utter_eta"), saw(), "应回复“utter_eta”"),
        (Expected(phrases=("首重",)), saw(text="请稍候"), "首重"),
        (Expected(button="query_waybill"), saw(buttons=("/query_eta",)), "query_waybill"),
        (Expected(handed_over=True), saw(), "应转人工"),
        (Expected(), saw(handed_over=True), "不该转人工"),
    ],
)
def test_what_is_not_as_expected_is_said_in_a_sentence(expected, seen, problem):
    [said] = judge(DialogueTurn(says="到了吗", expected=expected), seen, KNOWN).problems

    assert problem in said


def test_what_nothing_is_expected_of_cannot_go_wrong():
    assert judge(DialogueTurn(says="到了吗"), saw("anything", "随便"), KNOWN).problems == ()


def test_other_words_of_the_same_template_are_no_change():
    turn = DialogueTurn(says="到了吗", expected=Expected(response="utter_need_waybill_no"))

    assert judge(turn, saw(text="请把运单号发给我（YD 开头）。"), KNOWN).problems == ()


def test_the_phrase_of_an_answer_is_its_longest_clause_without_numbers():
    assert key_phrase("**运费**由首重和续重组成，首重1公斤。") == "由首重和续重组成"
    assert key_phrase("12345") == ""


# -- made of a conversation --------------------------------------------------------------------------


async def test_a_conversation_becomes_a_dialogue(dialogues, database, clock):
    talk = await make_conversation(database, clock())
    at = clock()
    await say(database, talk, 1, "您好，我是智能客服", at, author="bot")
    await say(database, talk, 2, "几时到", at, understood=heard("query_eta"))
    await say(database, talk, 3, "请问运单号是多少？", at, author="bot", reply_to=2)
    await say(database, talk, 4, "YD2026081234567 我叫王伟", at, understood=heard("inform", entities=[NAME]))
    await say(database, talk, 5, "运费由首重和续重两部分组成。", at, author="bot", reply_to=4)
    await say(database, talk, 6, "人工", at, understood=heard("request_human"))
    await say(database, talk, 7, "正在为您转接人工客服，您排在第 3 位。", at, author="bot")
    made = await dialogues.from_conversation(HE, talk)
    first, second, third = made.script.turns

    assert first == DialogueTurn(says="几时到", expected=Expected(intent="query_eta", response="utter_need_waybill_no"))
    assert "YD2026081234567" not in second.says
    assert "王伟" not in second.says
    assert second.expected == Expected(intent="inform", phrases=("运费由首重和续重两部分组成",))
    assert third.expected == Expected(intent="request_human", handed_over=True)
    assert made.name.startswith("几时到")


NAME = {"entity": "person_name", "start": 18, "end": 20}


async def test_a_supervisor_may_make_one_of_a_conversation_and_nothing_else_of_dialogues(dialogues, database, clock):
    talk = await make_conversation(database, clock())
    await say(database, talk, 1, "几时到", clock(), understood=heard("query_eta"))

    made = await dialogues.from_conversation(ZHOU, talk)

    assert (made.changed_by, made.conversation_id) == ("zhou", talk)
    with pytest.raises(AccessRefusedError):
        await dialogues.save(ZHOU, made.id, "anders", made.script, version=made.version, why="")
    with pytest.raises(AccessRefusedError):
        await dialogues.from_conversation(LINA, talk)


async def test_lists_are_read_a_page_at_a_time(dialogues):
    for name in "ABCDE":
        await saved(dialogues, Expected(), name=name)

    assert [one.name for one in await dialogues.all(ZHOU, skip=2, limit=2)] == ["C", "D"]
    assert len(await dialogues.all(ZHOU)) == 5


async def test_a_conversation_in_which_nobody_spoke_is_no_dialogue(dialogues, database, clock):
    talk = await make_conversation(database, clock())

    with pytest.raises(RefusedError):
        await dialogues.from_conversation(HE, talk)
    with pytest.raises(NotFoundError):
        await dialogues.from_conversation(HE, uuid4())


# -- edited ------------------------------------------------------------------------------------------


async def test_every_change_is_another_version(dialogues):
    made = await saved(dialogues, Expected(intent="query_eta"))
    changed = await dialogues.save(
        HE, made.id, "问时效", make_script(Expected(intent="query_waybill")), version=1, why="改意图"
    )

    assert changed.version == 2
    assert [(number, why) for number, _, why, _ in await dialogues.versions(ZHOU, made.id)] == [
        (2, "改意图"),
        (1, "试试"),
    ]


async def test_nobody_overwrites_what_a_colleague_just_saved(dialogues):
    made = await saved(dialogues, Expected())
    await dialogues.save(HE, made.id, "问时效", make_script(Expected()), version=1, why="")

    with pytest.raises(RefusedError, match="he"):
        await dialogues.save(HE, made.id, "问时效", make_script(Expected()), version=1, why="")


async def test_a_name_is_free_again_once_the_dialogue_is_removed(dialogues):
    made = await saved(dialogues, Expected())
    with pytest.raises(RefusedError, match="问时效"):
        await saved(dialogues, Expected())
    await dialogues.remove(HE, made.id)

    assert (await saved(dialogues, Expected())).id != made.id
    with pytest.raises(NotFoundError):
        await dialogues.get(HE, made.id)


@pytest.mark.parametrize("actor", [ZHOU, LINA])
async def test_only_trainers_change_dialogues(dialogues, actor):
    with pytest.raises(AccessRefusedError):
        await dialogues.save(actor, None, "x", make_script(Expected()), why="")


# -- tried -------------------------------------------------------------------------------------------


async def test_a_run_tells_where_each_dialogue_left_the_path(dialogues):
    await saved(dialogues, Expected(intent="query_eta"), name="A")
    await saved(dialogues, Expected(intent="query_eta"), Expected(intent="thank"), Expected(), name="B")
    stage = PlayedStage(saw(), saw(), saw("goodbye"))
    run = await dialogues.run(HE, stage, release="2026-03-04-1")

    assert (run.total, run.passed) == (2, 1)
    assert [(one.name, one.outcome, one.strayed_at) for one in run.results] == [
        ("A", Outcome.passed, None),
        ("B", Outcome.strayed, 2),
    ]
    assert (await dialogues.runs(ZHOU))[0].results == run.results
    assert [one.last for one in await dialogues.all(ZHOU)] == [Outcome.passed, Outcome.strayed]


async def test_an_engine_that_does_not_answer_breaks_the_dialogue_not_the_run(dialogues):
    await saved(dialogues, Expected(), name="A")
    await saved(dialogues, Expected(), name="B")
    run = await dialogues.run(HE, PlayedStage(EngineUnavailableError("down"), saw()), release="x")

    assert [(one.outcome, one.strayed_at) for one in run.results] == [(Outcome.broken, 1), (Outcome.passed, None)]


async def test_the_parcel_of_the_world_takes_the_place_of_whichever_was_said(clock):
    turn = DialogueTurn(says="查YD2026081234567")
    script = Script(world=World(waybill_no=WAYBILL), turns=(turn,))
    fields = {"version": 1, "changed_by": "he", "changed_at": clock(), "conversation_id": None}
    stage = PlayedStage(saw())
    await rehearse(stage, DialogueView(id=HE_ID, name="x", script=script, **fields), KNOWN)

    assert stage.heard == [f"查{WAYBILL}"]


HE_ID = "00000000-0000-4000-8000-000000000001"


async def test_any_engine_can_be_tried(dialogues):
    await saved(dialogues, Expected(phrases=("第1句",)))

    assert (await dialogues.run(HE, EngineStage(ScriptedEngine()), release="x")).passed == 1


class HandingEngine:
    """Hands over at the second sentence, as actions do: through the service."""

    def __init__(self, conversations):
        self._conversations = conversations

    async def respond(self, turn):
        if turn.says == "第2句":
            await self._conversations.hand_off(
                turn.conversation_id, HandOffReason.asked, intent=None, summary="", seq=turn.seq
            )
            return EngineAnswer((), {"intent": "request_human"})
        return EngineAnswer((Reply(text="好的"),), {"intent": "greet"})


async def test_a_hand_over_that_is_only_tried_calls_nobody(dialogues, database, clock, words):
    conversations = ConversationService(database, clock, words)
    conversations.route_with(QuietRouting(NoRouting()))
    await saved(dialogues, Expected(intent="greet"), Expected(intent="request_human", handed_over=True))
    stage = ConversationStage(database, clock, conversations, HandingEngine(conversations))
    run = await dialogues.run(HE, stage, release="x")

    assert run.results[0].steps[-1].problems == ()
    assert await conversations.waiting() == []
    assert await conversations.owed() == []
    clock.advance(timedelta(days=400))
    assert await conversations.waiting() == []
