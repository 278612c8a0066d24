"""A studio with something in it: three months of counters, misses, two sets half labelled, dialogues."""

import random
from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

import yaml

from bot.clock import Clock, local
from bot.conversations.model import Message
from bot.db import Database
from bot.dialogue.engine import ScriptedEngine
from bot.settings import PROJECT
from bot.staff.model import Actor
from bot.studio.drafts.model import IntentLine, TopicLine
from bot.studio.insight.tables import DayCount, StudioSlice
from bot.studio.misses.tables import Miss, MissGroup
from bot.studio.sets.catalogue import Catalogues
from bot.studio.sets.dialogue_service import Dialogues
from bot.studio.sets.dialogues import DialogueTurn, Expected, Script
from bot.studio.sets.labelling import Labelling
from bot.studio.sets.model import Labels, Marked, Wish
from bot.studio.sets.responses import Responses
from bot.studio.sets.service import Sets
from bot.studio.sets.stage import EngineStage
from knowledge_base.entries import FaqEntry
from tests.studio.sets.builders import HE, LAN, heard, make_conversation

GAPS = {"price.upstairs_fee"}
SAID = {
    "query_waybill": ["我的快递到哪了", "查一下{no}", "货走到哪了呀", "{no}怎么还没动静", "帮我看看单号{no}"],
    "urge_delivery": ["催一下，急用", "今天能不能送到，{no}", "快点派送吧", "等了三天了赶紧送"],
    "query_price": ["寄3公斤到北京多少钱", "到上海首重多少", "寄个箱子到广州运费怎么算"],
    "report_lost": ["快递好像丢了", "显示签收但是没收到，是不是丢了"],
    "faq": ["能寄酒吗", "送货上楼要不要钱", "保价怎么收费", "节假日送不送"],
    "request_human": ["转人工", "叫客服来"],
}


class ShippedContent:
    """The content as it is shipped, without a draft."""

    async def intents(self) -> list[IntentLine]:
        labels = yaml.safe_load((PROJECT / "nlu_data/domain/responses/labels.yml").read_text(encoding="utf-8"))
        titles = {name.removeprefix("utter_label_"): texts[0]["text"] for name, texts in labels["responses"].items()}
        names = sorted(path.stem for path in (PROJECT / "nlu_data/intents").glob("*.yml"))
        return [IntentLine(name, titles.get(name, ""), 60, 20, changed=False) for name in names]

    async def topics(self) -> list[TopicLine]:
        topics = yaml.safe_load((PROJECT / "knowledge_base/topics.yml").read_text(encoding="utf-8"))
        return [
            TopicLine(topic, covers, None if topic in GAPS else covers, 9, changed=False)
            for topic, covers in topics.items()
        ]

    def entries(self) -> Iterable[FaqEntry]:
        until = (datetime.now().astimezone() + timedelta(days=6)).date()
        peak = {"id": "price.peak_surcharge", "question": "旺季会加价吗？", "phrasings": ("旺季",), "answer": "会"}
        return [FaqEntry.model_validate(peak | {"valid_until": until})]


async def fill(database: Database, clock: Clock, *, days: int = 120) -> None:
    """``days`` of counters."""
    luck = random.Random(3)
    await _fill_counters(database, clock, luck, days)
    await _fill_misses(database, clock, luck)
    await _fill_sets(database, clock, luck)
    await _fill_dialogues(database, clock)


async def _fill_counters(database: Database, clock: Clock, luck: random.Random, days: int) -> None:
    today, rows = local(clock()).date(), []
    topics = [
        "price.how_charged",
        "service.products",
        "price.peak_surcharge",
        "service.door_delivery",
        "price.refund_freight",
    ]
    for back in range(days):
        day = today - timedelta(days=back)
        for channel, size in (("wechat", 900), ("web", 400), ("wecom", 150), ("sms", 60)):
            busy = size * (0.75 if day.weekday() > 4 else 1) * luck.uniform(0.9, 1.1)
            better = 0.05 * (120 - back) / 120

            def put(metric: str, key: str, n: float, total: float = 0.0, channel: str = channel, day=day) -> None:
                rows.append(DayCount(metric=metric, day=day, channel=channel, key=key, n=round(n), total=round(total)))

            for intent, share in (
                ("query_waybill", 0.36),
                ("urge_delivery", 0.14),
                ("query_price", 0.1),
                ("faq", 0.12),
            ):
                put("heard", intent, busy * share * luck.uniform(0.9, 1.1), busy * share * 0.86)
            for intent, share in (("query_eta", 0.08), ("report_lost", 0.05), ("out_of_scope", 0.04)):
                put("heard", intent, busy * share * luck.uniform(0.8, 1.2), busy * share * 0.7)
            put("heard", "nlu_fallback", busy * (0.14 - better), busy * 0.05)
            contacts = busy * 0.42
            resolved = contacts * (0.66 + better)
            put("contact", "resolved", resolved, resolved * (0.17 - better))
            put("contact", "given_up", contacts * 0.07)
            for why, share in (("asked", 0.12), ("unsure", 0.07 - better / 2), ("dissatisfied", 0.04), ("risk", 0.03)):
                put("contact", why, contacts * share * luck.uniform(0.8, 1.2))
            for score, share in ((5, 0.5), (4, 0.22), (3, 0.1), (2, 0.06), (1, 0.12 - better)):
                put("rating", f"bot:{score}", contacts * 0.2 * share, contacts * 0.2 * share * score)
                put("rating", f"agent:{score}", contacts * 0.05 * share, contacts * 0.05 * share * score)
            for number, topic in enumerate(topics, start=1):
                n = busy * 0.08 / number
                put("answered", topic, n, n * (0.4 if number == 2 else 0.12))
                put("suggested", f"{topic}:used", n / 8)
                put("suggested", f"{topic}:edited", n / (6 if number == 4 else 30))
            put("unanswered", "", busy * 0.015)
    async with database.transaction() as session:
        session.add_all(rows)
        session.add(StudioSlice(at=clock().replace(minute=0, second=0, microsecond=0), counted_at=clock()))


async def _fill_misses(database: Database, clock: Clock, luck: random.Random) -> None:
    groups = (
        ("白酒和红酒能不能寄", "topic:price.how_charged", 38, 0.55),
        ("送货上楼要不要另外收钱", "topic:price.upstairs_fee", 24, 0.9),
        ("驿站关门了我怎么取", "intent:query_pickup_code", 31, 0.8),
        ("那个东西弄一下", None, 17, 0.0),
    )
    for name, target, n, agree in groups:
        group = MissGroup(name=name, total=b"", weight=n, size=n, open=n // 2, newest_at=clock(), votes={})
        group.target, group.agree, group.asked = target, round(n * agree), n
        async with database.transaction() as session:
            session.add(group)
            await session.flush()
            group_id = group.id
        talk = await make_conversation(database, clock())
        async with database.transaction() as session:
            for seq in range(1, n + 1):
                causes = luck.choices([["unsure"], ["unsure", "handed_over"], ["declined", "upset"]], [5, 3, 2])[0]
                miss = Miss(
                    conversation_id=talk, seq=seq, text=name, marks=[], causes=causes, channel="web", ranking=[]
                )
                miss.offered, miss.at, miss.group_id = [], clock() - timedelta(hours=luck.uniform(1, 160)), group_id
                miss.found_at = miss.at
                if seq % 2:
                    miss.state, miss.mended_at = "mended", min(clock(), miss.at + timedelta(hours=luck.uniform(2, 60)))
                session.add(miss)


async def _fill_sets(database: Database, clock: Clock, luck: random.Random) -> None:
    sets, labelling = Sets(database, clock), Labelling(database, clock, Catalogues(ShippedContent()))
    for number in range(60):
        await _talk(database, clock() - timedelta(days=luck.uniform(1, 9)), luck, number)
    until = local(clock()).date() - timedelta(days=1)
    wish = Wish(name="三月来话", about="给下一次发布用", since=until - timedelta(days=13), until=until, size=90)
    made = await sets.make(HE, wish)
    await sets.make(HE, wish.model_copy(update={"name": "没把握的", "about": "", "evenly": True, "size": 40}))
    for who, most in ((HE, 55), (LAN, 44)):
        await _label(labelling, made.id, who, most, luck)


async def _talk(database: Database, at: datetime, luck: random.Random, number: int) -> None:
    talk = await make_conversation(database, at, channel=luck.choice(["web", "wechat:gh", "wecom:kf"]))
    async with database.transaction() as session:
        for seq in range(1, luck.randrange(2, 6)):
            intent = luck.choice(list(SAID))
            text = luck.choice(SAID[intent]).format(no=f"YD20260{number:02}{luck.randrange(10**6):06}")
            said = f"{luck.choice(['', '你好，', '麻烦', '请问', '我说'])}{text}{luck.choice(['', '。', '谢谢', '？'])}"
            message = Message(conversation_id=talk, seq=seq, author="customer", text=said, payload="", buttons=[])
            message.created_at = at + timedelta(minutes=seq)
            guess = intent if luck.random() < 0.85 else luck.choice(["query_waybill", "nlu_fallback"])
            message.understood = heard(guess, luck.uniform(0.3, 1))
            session.add(message)


async def _label(labelling: Labelling, set_id: UUID, who: Actor, most: int, luck: random.Random) -> None:
    for _ in range(most):
        task = await labelling.next(who, set_id)
        if task is None:
            return
        intent = next((name for name, texts in SAID.items() if any(_like(task.text, text) for text in texts)), "faq")
        if luck.random() < 0.12:
            intent = {"query_waybill": "urge_delivery", "urge_delivery": "query_waybill"}.get(intent, "query_waybill")
        topic = "price.upstairs_fee" if "上楼" in task.text else "none" if intent == "faq" else None
        at = task.text.find("北京")
        marks = (Marked(start=at, end=at + 2, kind="region"),) if at >= 0 else ()
        await labelling.label(who, task.sentence_id, Labels(intents=(intent,), topic=topic, entities=marks))


def _like(said: str, text: str) -> bool:
    return max(text.split("{no}"), key=len)[:5] in said


async def _fill_dialogues(database: Database, clock: Clock) -> None:
    dialogues = Dialogues(database, clock, Responses.load(PROJECT / "nlu_data" / "domain"))
    need = Expected(response="utter_need_waybill_no")
    ask = DialogueTurn(says="我的快递到哪了", expected=need)
    tell = DialogueTurn(says="YD8800000000011", expected=Expected(phrases=("运输中",)))
    await dialogues.save(HE, None, "查件：先问单号", Script(turns=(ask,)), why="")
    await dialogues.save(HE, None, "查件：给单号就查", Script(turns=(ask, tell)), why="")
    await dialogues.save(HE, None, "要人工就转", Script(turns=(DialogueTurn(says="转人工"),)), why="")
    script = {"我的快递到哪了": "请问运单号是多少？YD 开头，或 12–15 位数字。", "YD8800000000011": "没有查到运单。"}
    await dialogues.run(HE, EngineStage(ScriptedEngine(script)), release="2026-03-03-2")
