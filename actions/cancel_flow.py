"""算了: the form ends, what it collected is forgotten, and that is said; what is wanted instead goes on at once."""

import re

from actions.base import ServiceAction
from actions.heard import Heard
from actions.talk import Talk

_GIVES_UP = re.compile(
    r"算了|算啦|算喇|不[^，,。]{0,4}了|不要|不用|不办|不搞|不弄|取消|撤销|撤回|放弃|退出|停止?|别|等等|等一?下|先这样|没事|罢了|唔使|唔要"
)
_GIVING_UP = re.compile(r"^[^，,。\s]{0,2}(?:算了|取消|等等|等一下|不办了|不用了|不弄了)[吧啊哈]?[，,。！!\s]*")
_GOES_ON = re.compile(r"继续|接着|還是要|还是要")
_SURE = 0.8
_INSTEAD = {
    "query_waybill": re.compile(r"查[^，,。]{0,4}(?:快递|件|单|物流|包裹)"),
    "change_address": re.compile(r"改[^，,。]{0,3}地址"),
    "query_price": re.compile(r"运费|多少钱"),
    "complain": re.compile(r"投诉"),
    "place_order": re.compile(r"寄[^，,。]{0,3}(?:快递|件|东西)"),
}


class CancelFlow(ServiceAction):
    action_name = "action_cancel_flow"
    keeps_count_of_unsure = True

    async def act(self, talk: Talk) -> None:
        heard, open_form = talk.heard, talk.active_form
        if heard.words and not _gives_up(heard):
            talk.follow = None if open_form else "action_unsure"
            return
        talk.put("unsure_count", 0)
        instead = _wanted_instead(talk)
        talk.end_form()
        if instead is not None:
            talk.start(instead)
            return
        talk.say("utter_form_cancelled" if open_form else "utter_nothing_to_cancel")


def _gives_up(heard: Heard) -> bool:
    """Whether it says so; where it doesn't the classifier has to be sure, and nobody gives up who goes on."""
    says_so = bool(_GIVES_UP.search(heard.words))
    return says_so or (heard.confidence >= _SURE and not _GOES_ON.search(heard.words))


def _wanted_instead(talk: Talk) -> str | None:
    """算了我先查个快递: another task behind the words that give up this one."""
    rest = _GIVING_UP.sub("", talk.heard.words, count=1)
    if rest == talk.heard.words or _GIVES_UP.search(rest):
        return None
    return next((task for task, words in _INSTEAD.items() if words.search(rest)), None)
