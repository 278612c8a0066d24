"""Promises in what an agent said: what, and by when; pure.  Rather one missed than one made up."""

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from bot.clock import CHINA, local
from bot.desk.tools.characters import simplified
from bot.desk.tools.kinds import PromiseKind
from bot.desk.tools.ports import Calendar
from bot.rules.working_time import day_kind

_SENTENCE = re.compile(r"[^。！!；;\n？?]+[。！!；;\n？?]?")
_CLAUSE = re.compile(r"[，,、\s]+|(?<!\d)[：:]|[：:](?!\d)")

_N = r"(?:\d{1,3}|半(?!天)|[一二两三四五六七八九十]{1,3})"
_HOUR_UNIT = r"(?:个?(?:小时|钟头)|分钟)"
_WITHIN = re.compile(
    rf"(?<![\d一二两三四五六七八九十月.])(?:{_N}(?:-|~|—|至|到))?(?P<n>{_N})个?"
    r"(?P<unit>工作日|小时|钟头|分钟|天|周|星期|月)(?:之|以)?内"
)
_ARRIVES = re.compile(
    rf"(?<![\d一二两三四五六七八九十月.])(?:{_N}(?:-|~|—|至|到))?(?P<n>{_N})个?(?P<unit>工作日|小时|天)(?=到账|退款|退还|打款)"
)
_DAY = (
    r"(?:今天|今日|今晚|今早|当天|当日|明天|明日|明晚|明早|次日|后天|大后天"
    r"|(?:这个?|本|下个?)?(?:周|星期|礼拜)[一二三四五六日天末]"
    rf"|(?:\d{{1,2}}|[一二三四五六七八九十]{{1,3}})月(?:\d{{1,2}}|[一二三四五六七八九十]{{1,3}})[日号]"
    rf"|(?:本月|这个月|下个?月)?(?:\d{{1,2}}|[一二三四五六七八九十]{{2,3}})[日号](?![线楼])|(?:本月|这个?月|下个?月)?月?底|本周|这周"
    rf"|{_N}天后)"
)
_PART = r"(?:凌晨|一早|早上|上午|中午|下午|傍晚|晚上|夜里|下班|午|晚间)"
_CLOCK = r"(?:\d{1,2}|[一二两三四五六七八九十]{1,3})(?:[点时](?:半|\d{1,2}分?)?|[:：]\d{2})"
_MOMENT = re.compile(
    rf"(?:最[晚迟]|在|于)?(?P<day>{_DAY})?(?:的)?(?P<hour>(?:{_PART})?(?:{_CLOCK})(?:(?:到|至|-|~|—){_CLOCK})?|{_PART})?"
    r"(?P<way>(?:之|以)?[前内]|左右|后)?"
)

_ACTIONS: tuple[tuple[PromiseKind, "re.Pattern[str]"], ...] = tuple(
    (kind, re.compile(pattern))
    for kind, pattern in (
        (
            PromiseKind.call_back,
            r"(?:回电|回拨|致电|电话联系|打电话|去电|回个?电话|电话回复|电话告知|电话通知|来电给您)|(?:再|主动)?联系[您你]|跟[您你]联系|与[您你]联系",
        ),
        (
            PromiseKind.refund,
            r"退款|退还|退回(?:运费|费用|差价|多收|去)|退给[您你]|赔付|赔款|打款|理赔款|到账|赔给[您你]|返还",
        ),
        (
            PromiseKind.pick_up,
            r"上门(?:取件|揽收|收件|取货|来取|去取)|取件员?\S{0,8}上门|揽收|过[来去]取件|来取件|去取件|取走",
        ),
        (
            PromiseKind.deliver,
            r"送达|送到|送上门|派送到|派到|送货上门|派送上门|送上楼|送去楼上|送至|(?:给|为)[您你]送过?[去来]|收到(?:快?件|包裹|快递)",
        ),
        (PromiseKind.dispatch, r"派送|派件|配送|安排派|再派|重派|出仓|送件|给[您你]送|今天送|明天送|后天送"),
        (
            PromiseKind.reply,
            r"答复|回复|反馈|给(?:[您你])?出?(?:一?个)?(?:处理)?(?:结果|说法|回音|消息|准信|方案)|告知[您你]?|通知[您你]|出结果|有结果|给出结果",
        ),
        (
            PromiseKind.handle,
            r"处理(?:完|好|掉|完毕|完成)?|解决|核实(?:清楚|完)?|办理(?:完|好)?|办好|修改好|改好|更改好|拦截好|退回寄件|核查|补发|寄出|更新物流|查清|登记好|补寄",
        ),
    )
)

_UNSURE = re.compile(
    r"预计|预估|估计|可能|大概|大约|应该|争取|尽量|尽快|一般|通常|正常情况|正常的?话|最快|或许|也许|差不多|视情况|看情况|不一定|不保证|不敢|参考"
    r"|如果|要是|若|假如|万一|一旦|的话|除非|等到|等.{0,8}后(?!天)|之后再|只要|无法|不能|没法|没有|没能|未能|未|不会|不用|不必|无需|不需要|不支持|暂时|来不及|做不到|不了|并非|不是"
    r"|系统(?:显示|提示)|轨迹显示|物流显示|页面显示|显示|提示"
)
_PAST = re.compile(
    r"昨[天日晚]|前天|上周|上个?月|刚[刚才]|之前(?:已|就)|曾|已经|已于|已[派送处退答回联登安完核办]|[派送退理复系]过(?!去|来)|了[。！!]?$|原[本来定]|本来|过[。！!]?$"
)
_SET_UP = re.compile(
    r"已经?(?:(?:为|帮|给|替)[您你])?(?:重新)?(?:登记|安排|预约|约好|约|申请|通知|改成|改到|改为|加急|催促|联系|反馈|备注)(?:好|到|成|在|了)?"
)
"""What has been arranged for later is no past."""
_GENERAL = re.compile(
    r"时限|时效|时段|时间(?:是|为|可)|有效|可选|可以申请|每天|每日|需要?\S{0,3}(?:工作日|小时|天)|超过|[前以之完收]后|不然|否则|建议|不派|停|审核|同城|同省|跨省|外省|偏远|标快|特快|第.班|统一"
)
_DENIED = re.compile(r"不|没|未|无|别|已|是|能|可以|可能|理论|说您|[您你]说")
_EXPLAINED = re.compile(
    rf"{_DAY}|{_PART}|{_CLOCK}|{_N}个?(?:工作日|小时|钟头|分钟|天|周|星期|月)|(?:之|以)?[内前]|左右|最[晚迟多]|[在于到至-]"
    r"|我们?|咱们|这边|网点|站点|门店|驿站|快递员|快递小哥|小哥|派件员|取件员|业务员|主管|专员|专人|理赔|客服|同事|财务|负责人|相关人员|工作人员"
    r"|[您你](?:的|这|那)?|快件|包裹|快递|件|货|票|地址|面单|信息|运费|差价|多[付收]|费用|金额|款项?|投诉|工单|拦截|申请|订单|结果|方案|问题"
    r"|会|将|就|要|一定|务必|保证|承诺|答应|确保|安排|给|为|帮|替|跟|与|和|把|让|由|再|重新|二次|再次|主动|统一|尽早|优先|加急|直接"
    r"|新|按|有|人|去|来|过|上|下|了|的|好|完成?|成|清楚|确认|核对|核实|一个|一份|最终|处理|原路|账户|支付|银行卡|银行|楼下|手上|手里|家门口|家里?|清单|物品|道歉|进度|情况|说明"
)
_MOST_UNEXPLAINED = 3
_REPORTED = re.compile(
    r"(?:[您你](?:要求|希望|想|说|提到|反映|需要|打算|准备|刚|选)|客户|对方|商家|卖家|平台|寄件人|收件人|店铺|仓库|厂家|他们?|她们?|规定|按规|要求|承诺的?是|时效是|服务时间|营业|上班时间|工作时间|营业时间)"
)
_TO_CUSTOMER = re.compile(
    r"(?:给|为|帮|跟|与|和|向|替|同|让|联系|通知|回复|答复|告知|告诉|退给|赔给|退还|找|至|到|送)[您你]"
    r"|[您你](?:的|这|那|家|放心|好|稍等|处|处理|这边|那边)|感谢[您你]|谢谢[您你]|请[您你]?放心|请[您你]?耐心|[您你]看|麻烦[您你]了"
)
_ASKED = re.compile(
    r"(?<!申)请[您你]?|麻烦|需要[您你]|[您你]可以|可以[您你]?|能否|能不能|可不可以|是否|吗|呢|么[？?]|行不行|好不好|方便"
)
_QUESTION = re.compile(r"[？?]$|吗[。！!]?$")

_ENDS = {"上午": 12.0, "早上": 12.0, "一早": 10.0, "今早": 12.0, "明早": 12.0, "中午": 14.0, "午": 14.0, "下午": 18.0}
_ENDS |= {"傍晚": 19.5, "下班": 18.5, "晚上": 22.0, "夜里": 24.0, "晚间": 22.0, "凌晨": 6.0}
_LATE = time(23, 59, 59)
_ABOUT = timedelta(hours=1)
_SHORT = 8


@dataclass(frozen=True)
class Promise:
    """What was promised.  ``words`` is the sentence; ``due_at`` the last moment at which it is kept, aware."""

    kind: PromiseKind
    words: str
    due_at: datetime


def promises_in(text: str, *, said_at: datetime, calendar: Calendar) -> list[Promise]:
    """Every promise with a time in an agent's message, in order; the same thing for the same time once.

    A guess (预计, 尽量), a condition (如果), a question, what has been, what the customer shall do or wants, what says
    more than who does what by when, and what has no time are no promises.
    """
    found: dict[tuple[PromiseKind, datetime], Promise] = {}
    for match in _SENTENCE.finditer(text):
        sentence = match.group().strip()
        for promise in _of_sentence(sentence, said_at, calendar):
            found.setdefault((promise.kind, promise.due_at), promise)
    return list(found.values())


def _of_sentence(sentence: str, said_at: datetime, calendar: Calendar) -> list[Promise]:
    if _QUESTION.search(sentence):
        return []
    found = []
    for clause in _joined(simplified(sentence)):
        rest = _SET_UP.sub("", clause)
        if any(pattern.search(rest) for pattern in (_UNSURE, _PAST, _GENERAL, _DENIED)) or _is_for_customer(rest):
            continue
        if _unexplained(rest) > _MOST_UNEXPLAINED:
            continue
        kind = _kind(clause)
        due_at = _due(clause, said_at, calendar) if kind else None
        if kind and due_at and due_at > said_at:
            found.append(Promise(kind, sentence, due_at))
    return found


def _joined(sentence: str) -> list[str]:
    """Clauses; a time that stands alone belongs to what follows, and a condition makes all that follows conditional."""
    clauses = [part for part in _CLAUSE.split(sentence) if part]
    found: list[str] = []
    before = ""
    for at, clause in enumerate(clauses):
        whole = before + clause
        is_condition = bool(_CONDITION.search(clause))
        names_time = bool(_MOMENT_OR_SPAN.search(clause))
        if is_condition and at + 1 < len(clauses):
            return found
        is_last = at + 1 == len(clauses)
        if names_time and _kind(clause) is None and not is_last and not _MOMENT_OR_SPAN.search(clauses[at + 1]):
            before = whole if len(_MOMENT_OR_SPAN.sub("", whole)) <= _SHORT else ""
            continue
        found.append(whole)
        before = ""
    return found


_CONDITION = re.compile(r"如果|要是|若|假如|万一|一旦|的话|只要|除非|等.{0,10}(?:后|了|再)")
_MOMENT_OR_SPAN = re.compile(rf"{_DAY}|{_PART}|{_CLOCK}|{_N}个?(?:工作日|小时|分钟|天)")


def _is_for_customer(clause: str) -> bool:
    """Whether it is the customer who shall act, or somebody else who said or wants it."""
    rest = _TO_CUSTOMER.sub("", clause)
    return bool(_ASKED.search(rest) or _REPORTED.search(rest) or re.search(r"[您你]", rest))


def _unexplained(clause: str) -> int:
    """How many characters say something else than who does what for the customer by when."""
    for _, pattern in _ACTIONS:
        clause = pattern.sub("", clause)
    return len(re.sub(r"\W", "", _EXPLAINED.sub("", clause)))


def _kind(clause: str) -> PromiseKind | None:
    return next((kind for kind, pattern in _ACTIONS if pattern.search(clause)), None)


# -- when ------------------------------------------------------------------------------------------


def _due(clause: str, said_at: datetime, calendar: Calendar) -> datetime | None:
    span = _WITHIN.search(clause) or _ARRIVES.search(clause)
    if span is not None:
        return _after(calendar.number(span["n"]), span["unit"], said_at)
    for match in _MOMENT.finditer(clause):
        if match["day"] or match["hour"]:
            return _moment(match, said_at, calendar)
    return None


def _after(number: float | None, unit: str, said_at: datetime) -> datetime | None:
    if number is None:
        return None
    if unit in ("小时", "钟头"):
        return said_at + timedelta(hours=number)
    if unit == "分钟":
        return said_at + timedelta(minutes=number)
    today = local(said_at).date()
    if unit == "工作日":
        return _end_of(_workdays_after(today, round(number)))
    days = {"天": 1, "日": 1, "周": 7, "星期": 7, "月": 30}[unit]
    return _end_of(today + timedelta(days=round(number * days)))


def _workdays_after(day: date, count: int) -> date:
    while count > 0:
        day += timedelta(days=1)
        count -= day_kind(day) == "workday"
    return day


def _moment(match: "re.Match[str]", said_at: datetime, calendar: Calendar) -> datetime | None:
    now = local(said_at)
    named, hour, way = match["day"] or "", match["hour"] or "", match["way"] or ""
    if way.endswith("后") and not named.endswith("后"):
        return None
    day = _day(named, now.date(), calendar) if named else now.date()
    if day is None:
        return None
    if hour and named.endswith("晚") and not re.match(_PART, hour):
        hour = f"晚上{hour}"
    part = hour or (named if named in _ENDS else "晚上" if named.endswith("晚") else "")
    if not part:
        return _end_of(day)
    end = _ends(part, calendar)
    if end is None:
        return None
    about = _ABOUT if re.search(r"[点时:：]", part) and not way.endswith(("前", "内")) else timedelta(0)
    return datetime.combine(day, time.min, CHINA) + timedelta(hours=end) + about


def _day(named: str, today: date, calendar: Calendar) -> date | None:
    """The last day that is meant."""
    if named in ("本周", "这周"):
        return today + timedelta(days=6 - today.weekday())
    plain = re.sub(r"(?<=[今明])[晚早]$", "天", named)
    plain = re.sub(r"^(这个?|本)(?=周|星期|礼拜)", "这", re.sub(r"^下个(?=周|星期|礼拜)", "下", plain))
    span = calendar.days(plain, today)
    return span[1] if span else None


def _ends(part: str, calendar: Calendar) -> float | None:
    if part in _ENDS:
        return _ENDS[part]
    span = calendar.hours(part)
    if span is None:
        return None
    return span[1] if span[1] is not None else span[0]


def _end_of(day: date) -> datetime:
    return datetime.combine(day, _LATE, CHINA)
