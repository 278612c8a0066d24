"""Short words that mean something only after what was said before: 打不通, 谁签的, 那到北京呢.

The classifier hears one sentence.  Where no other matter is open, these rules say which action the sentence goes on
with instead of what it would start on its own.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from actions.earlier import completed, words_before
from actions.heard import Heard
from actions.talk import Talk

_SHORT = 14
_ABOUT_PARCEL = ("query_waybill", "query_eta", "query_courier", "query_pickup_code", "urge_delivery")
_MEANS_OTHER_DAY = ("change_pickup_time", "reschedule_delivery", "query_eta", "inform", "change_address")
_ROUTES = ("query_price", "query_transit_time")
_PLACES = (*_ROUTES, "query_coverage", "query_outlet")
_BARE = ("deny", "inform", "nlu_fallback")
_TICKETED = ("complain", "appeal", "apply_claim", "urge_delivery", "urge_ticket", "urge_pickup")

_UNREACHABLE = re.compile(r"打唔?不?通|[没冇]人接|不接|唔接|关机|停机|空号|占线|联系不上|聯絡唔到")
_WHO_SIGNED = re.compile(r"(?:谁|誰|边个|邊個|哪个|哪个人)[^，,。]{0,4}(?:签|簽|拿|领|取走)|签收人(?:是谁|叫)")
_WHY = r"(?:为什么|为啥|为何|咋个?|怎么|凭什么|点解)"
_NOT_REFUSED = re.compile(rf"(?:没有?|未|冇|不是我|谁)(?:说要?)?拒收|{_WHY}[^，,。]{{0,6}}退回|谁[^，,。]{{0,4}}退")
_WHY_NOT_COME = re.compile(rf"{_WHY}(?:还|都|就|一直)?(?:没有?|不|未|冇)(?:给我)?(?:送|派|到)")
_WHEN_ANSWERED = re.compile(
    r"(?:什么时候|啥时候|几时|幾時|多久|几点|几天)[^，,。]{0,6}"
    r"(?:答复|回复|回电|回话|联系我|处理|有结果|解决|有消息)"
)
_THAT_PARCEL = re.compile(r"(?:那|这|上面|刚才|刚刚|前面|我的?)(?:那|这)?(?:个|票|一?件|单)?的?(?:单|快?件|快递|包裹)")
_MAY_COME = re.compile(
    r"[送派][^，,。]{0,3}(?:行不行|可不可以|能不能|行[吗么嘛]|可以[吗么嘛]|好[吗么]|得唔得|中不中|成不)"
)
_ABOUT_PICKUP = re.compile(r"取件|上门|揽|寄")
_AND_WHAT = re.compile(r"^(?:那|还有|像).+[呢咧嘞][?？]?$")
_HOW_LONG = re.compile(r"(?:多久|几天|幾天|什么时候|啥时候|几时)[^，,。]{0,3}到")
_AND_THIS = re.compile(r"^(?:那|如果|要是|换成|换|还有|从|寄|到|改|发)|[呢咧嘞]")


@dataclass(frozen=True)
class _Case:
    """``action`` is what goes on; ``after`` the tasks it must have begun with last, any when empty."""

    action: str
    fits: Callable[[Talk], bool]
    after: tuple[str, ...] = ()
    needs_waybill: bool = True

    def holds(self, talk: Talk) -> bool:
        if self.after and talk.get("last_task") not in self.after:
            return False
        return (not self.needs_waybill or talk.waybill_no is not None) and self.fits(talk)


def _says(pattern: re.Pattern[str]) -> Callable[[Talk], bool]:
    return lambda talk: bool(pattern.search(talk.heard.words))


def _names_other_day(talk: Talk) -> bool:
    """A day for the parcel under discussion, taken for that of a pickup: 后天上午吧."""
    heard = talk.heard
    is_taken_for_one = heard.intent in _MEANS_OTHER_DAY
    names_day = heard.when is not None and not heard.places
    return is_taken_for_one and _is_short(heard) and names_day and not _ABOUT_PICKUP.search(heard.words)


def _takes_for_pickup(talk: Talk) -> bool:
    """换成周六 right after a parcel was asked for: not the time of a pickup."""
    return talk.heard.intent == "change_pickup_time" and _names_other_day(talk)


def _asks_for_day(talk: Talk) -> bool:
    """那明天下午送行不行 right after a parcel was asked for: a wish for it, no question of policy."""
    heard = talk.heard
    return _is_short(heard) and heard.when is not None and bool(_MAY_COME.search(heard.words))


def continues_question(talk: Talk) -> bool:
    """那电瓶呢 after 蜂蜜可以寄吗; with a parcel under discussion it may as well be about that."""
    heard = talk.heard
    if talk.waybill_no is not None or not _is_short(heard) or heard.when or not _AND_WHAT.search(heard.words):
        return False
    return completed(heard.words, words_before(talk.tracker)) is not None


def _asks_how_long(talk: Talk) -> bool:
    return talk.waybill_no is None and _is_short(talk.heard) and bool(_HOW_LONG.search(talk.heard.words))


def _is_short(heard: Heard) -> bool:
    return bool(heard.words) and len(heard.words) <= _SHORT and not heard.waybill_numbers


def _names_other_place(talk: Talk) -> bool:
    heard = talk.heard
    return _is_short(heard) and bool(heard.places) and bool(_AND_THIS.search(heard.words))


def _names_other_weight(talk: Talk) -> bool:
    heard = talk.heard
    return _is_short(heard) and heard.first("weight") is not None and not heard.first("goods")


def _lacks_number(talk: Talk) -> bool:
    """没有单号啊, which on its own is a no or a bare fact: a parcel is looked for."""
    return talk.heard.intent in _BARE and talk.heard.lacks_number


_CASES = (
    _Case("query_courier_form", _says(_UNREACHABLE), after=("query_courier",)),
    _Case("query_courier_form", lambda talk: "电话" in talk.heard.words and is_unreachable(talk.heard)),
    _Case("query_waybill_form", _says(_WHO_SIGNED)),
    _Case("query_waybill_form", _says(_NOT_REFUSED), needs_waybill=False),
    _Case("query_waybill_form", _says(_WHY_NOT_COME), after=_ABOUT_PARCEL),
    _Case("query_waybill_form", _lacks_number, needs_waybill=False),
    _Case("action_query_ticket", _says(_WHEN_ANSWERED), after=_TICKETED, needs_waybill=False),
    _Case("reschedule_delivery_form", _names_other_day, after=("reschedule_delivery",)),
    _Case("reschedule_delivery_form", _takes_for_pickup, after=_ABOUT_PARCEL),
    _Case("reschedule_delivery_form", _asks_for_day, after=_ABOUT_PARCEL),
    _Case("query_price_form", _names_other_place, after=("query_price",), needs_waybill=False),
    _Case("query_transit_time_form", _asks_how_long, after=("query_price",), needs_waybill=False),
    _Case("query_price_form", _names_other_weight, after=("query_price",), needs_waybill=False),
    _Case("query_transit_time_form", _names_other_place, after=("query_transit_time",), needs_waybill=False),
    _Case("query_coverage_form", _names_other_place, after=("query_coverage",), needs_waybill=False),
    _Case("query_outlet_form", _names_other_place, after=("query_outlet",), needs_waybill=False),
    _Case("action_answer_faq", continues_question, needs_waybill=False),
)


def goes_on_with(talk: Talk) -> str | None:
    """The form or action that the message belongs to by what was said before; None when it stands on its own."""
    if not talk.heard.words:
        return None
    action = next((case.action for case in _CASES if case.holds(talk)), None)
    if action is None and talk.text_of("last_task").startswith("report_") and _WHEN_ANSWERED.search(talk.heard.words):
        return "action_query_ticket"
    return action


def is_about_parcel(heard: Heard) -> bool:
    """Whether the customer points at a parcel that was spoken of: 上面那个单, 我那个快递."""
    return bool(_THAT_PARCEL.search(heard.words))


def is_unreachable(heard: Heard) -> bool:
    """Whether the customer says that nobody answers the phone."""
    return bool(_UNREACHABLE.search(heard.words))


def goes_on_about_places(talk: Talk, task: str) -> bool:
    """Whether the message changes one fact of the question about places that was answered last."""
    return task in _PLACES and goes_on_with(talk) == f"{task}_form"
