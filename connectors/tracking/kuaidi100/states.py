"""Kuaidi100's states and what they say in our words.

One table for the seven base states and those of ``resultv2=4``, which stand in ``state`` as well as in ``statusCode``.
Other services number differently (快递鸟 has 2 for on its way, 4 for trouble): this table is for Kuaidi100 only.
"""

import re

from bot.waybills.model import CheckpointKind as Kind
from bot.waybills.model import WaybillStatus as Status
from connectors.tracking.track import Meaning

ON_ITS_WAY = Meaning(Kind.departed, Status.in_transit)
_ARRIVED = Meaning(Kind.arrived, Status.in_transit)
_ORDERED = Meaning(Kind.ordered, Status.created)
_PICKED_UP = Meaning(Kind.picked_up, Status.picked_up)
_FAILED = Meaning(Kind.delivery_failed, Status.delivery_failed)
_BEING_DELIVERED = Meaning(Kind.out_for_delivery, Status.out_for_delivery)
_AT_STATION = Meaning(Kind.at_station, Status.at_station)
_DELIVERED = Meaning(Kind.delivered, Status.delivered)
_REFUSED = Meaning(Kind.refused, Status.refused)
_RETURNED = Meaning(Kind.returned, Status.returned)
_IN_CUSTOMS = Meaning(Kind.customs_held, Status.in_customs)

_MEANINGS = {
    "0": ON_ITS_WAY,  # 在途
    "1001": _ARRIVED,  # 到达派件城市
    "1002": ON_ITS_WAY,  # 干线
    "1003": ON_ITS_WAY,  # 转递: sent on to another address
    "1": _PICKED_UP,  # 揽收
    "101": _ORDERED,  # 已下单
    "102": _ORDERED,  # 待揽收
    "103": _PICKED_UP,  # 已揽收
    "2": _FAILED,  # 疑难
    "201": _BEING_DELIVERED,  # 超时未签收: out for delivery for too long
    "202": ON_ITS_WAY,  # 超时未更新
    "203": _REFUSED,  # 拒收
    "204": _FAILED,  # 派件异常
    "205": _AT_STATION,  # 柜或驿站超时未取
    "206": _FAILED,  # 无法联系
    "207": _FAILED,  # 超区
    "208": _ARRIVED,  # 滞留: kept at an outlet
    "209": Meaning(Kind.damaged, Status.in_transit),  # 破损
    "210": _RETURNED,  # 销单: called off by the consignor; nothing will be delivered
    "3": _DELIVERED,  # 签收
    "301": _DELIVERED,  # 本人签收
    "302": _DELIVERED,  # 派件异常后签收
    "303": _DELIVERED,  # 代签
    "304": _DELIVERED,  # 投柜或站签收
    "4": _RETURNED,  # 退签: the consignor has signed for what came back
    "401": _RETURNED,  # 已销单
    "5": _BEING_DELIVERED,  # 派件
    "501": _AT_STATION,  # 投柜或驿站
    "6": Meaning(Kind.returning, Status.returning),  # 退回
    "7": ON_ITS_WAY,  # 转投: handed to another carrier
    "8": _IN_CUSTOMS,  # 清关
    "10": _IN_CUSTOMS,  # 待清关
    "11": _IN_CUSTOMS,  # 清关中
    "12": Meaning(Kind.customs_cleared, Status.in_transit),  # 已清关
    "13": _IN_CUSTOMS,  # 清关异常
    "14": _REFUSED,  # 拒签
}
_NAMES = {
    "在途": "0",
    "揽收": "1",
    "疑难": "2",
    "签收": "3",
    "退签": "4",
    "派件": "5",
    "退回": "6",
    "转投": "7",
    "清关": "8",
    "拒签": "14",
}
_FOUR_DIGITS_OF_TRANSIT = re.compile(r"10\d\d")
_THREE_DIGITS = re.compile(r"\d{3}")
_IS_BEING_DELIVERED = re.compile(r"正在[^【】]{0,12}派[送件](?!中心|网点|城市|站|点|员|部)|派[送件]中(?!心|转)")
_KEPT_FOR_CONSIGNEE = re.compile(r"代收")


def meaning_of(code: str, name: str = "", text: str = "") -> Meaning | None:
    """What a code says; without a code, what the state's name says; None when neither is known.

    ``text`` is the scanner's sentence.  Two codes say less than it does: 304 is given to parcels that a station has
    signed for and still keeps, and 0 to whatever Kuaidi100 did not recognise.
    """
    meaning = _MEANINGS.get(_known(code.strip())) or _MEANINGS.get(_NAMES.get(name.strip(), ""))
    if code == "304" and _KEPT_FOR_CONSIGNEE.search(text):
        return _AT_STATION
    if meaning in (None, ON_ITS_WAY) and code in ("", "0") and _IS_BEING_DELIVERED.search(text):
        return _BEING_DELIVERED
    return meaning


def _known(code: str) -> str:
    """The code itself, or the base it begins with: 399 is some kind of 3, 1009 some kind of 0."""
    if code in _MEANINGS:
        return code
    if _FOUR_DIGITS_OF_TRANSIT.fullmatch(code):
        return "0"
    return code[0] if _THREE_DIGITS.fullmatch(code) else ""
