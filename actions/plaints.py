"""Plaints that no intent was found for: 太慢了吧, 你们是不是有病."""

import re

from actions.heard import Heard
from actions.talk import Talk

_UPSET = re.compile(
    r"有病|气死|[坑骗]人|骗子|垃圾|什么玩意|[太真好](?:慢|差|烂|离谱)|慢死|到底管不管|受够|离谱|恶心|无语|"
    r"送了(?:一个|[两三四五六七八九十]个?)(?:星期|礼拜|天)|半个月"
)


def is_upset(heard: Heard) -> bool:
    """Whether a plaint stands behind words that have no answer."""
    return bool(_UPSET.search(heard.words))


def say_sorry(talk: Talk) -> None:
    """An apology, and what can be done: for the parcel under discussion where there is one."""
    if talk.waybill_no is None:
        talk.say("utter_unknown_upset")
        return
    buttons = talk.buttons("urge_delivery", "complain", "request_human")
    talk.say("utter_upset_parcel", buttons, waybill_no=talk.waybill_no)
    talk.put("offer", "urge_delivery")
