"""Messages that the classifier takes for none of our matters: what can be read from them all the same.

A waybill number, another carrier's name, emoji, and questions of policy that continue the one before (那锂电池呢).
"""

import re

from actions.answer_faq import answer_topic, search_faq, topic_buttons
from actions.earlier import completed, words_before
from actions.foreign_numbers import asks_after_parcel, other_carrier
from actions.inform import go_to_waybill
from actions.services import FaqRetrieval
from actions.talk import Talk
from bot.errors import NotFoundError

_PRAISES_US = re.compile(
    r"[你您](?:真|好|太|很|挺|可真)?(?:棒|厉害|聪明|好用|可爱|贴心|优秀|不错|给力|牛)|真棒|好棒|太棒了|真不错|点赞|给力"
)


async def heard_after_all(talk: Talk) -> bool:
    """Whether the message was dealt with here."""
    if talk.heard.is_wordless:
        _answer_signs(talk)
    elif talk.heard.waybill_numbers:
        go_to_waybill(talk)
    elif asks_after_parcel(talk.heard, talk.services.others):
        talk.start("query_waybill")
    elif carrier := other_carrier(talk.heard, talk.services.others):
        talk.say("utter_other_not_ours", talk.buttons("query_waybill"), other=carrier)
    elif _PRAISES_US.search(talk.heard.words):
        talk.say("utter_praised")
    else:
        return await _is_knowledge(talk)
    return True


def _answer_signs(talk: Talk) -> None:
    if talk.heard.is_cross:
        talk.say("utter_upset")
    elif talk.heard.is_pleased:
        talk.say("utter_thank")
    else:
        talk.say("utter_please_say")


async def _is_knowledge(talk: Talk) -> bool:
    """The words alone, else as the continuation of the question before them, else goods that one may want to send."""
    if not talk.heard.words:
        return False
    if await _answered(talk, await search_faq(talk, talk.heard.words)):
        return True
    full = completed(talk.heard.words, words_before(talk.tracker))
    if full is None and talk.heard.first("goods"):
        full = talk.wording.part("part_may_send", goods=str(talk.heard.first("goods")))
    return full is not None and await _answered(talk, await search_faq(talk, full))


async def _answered(talk: Talk, found: FaqRetrieval) -> bool:
    """The entry, or the choice of a few; False where the knowledge base has neither."""
    if found.decision == "decline":
        return False
    if found.decision == "ask":
        talk.say("utter_did_you_mean", [*topic_buttons(found.candidates), *talk.buttons("request_human")])
        return True
    try:
        await answer_topic(talk, found.candidates[0].topic)
    except NotFoundError:
        return False
    return True
