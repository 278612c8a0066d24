"""A knowledge base of a few answers, each found by a word of the question."""

from bot.desk.tools.ports import Offer, Offers
from bot.waybills.model import WaybillStatus

_STALLED = "**两天没有更新**多半是在转运中心中转，我们会催办并在今天答复您。"
_SPEED = "已经在途的快件可以[催件](/urge)，催办后一般 24 小时内有新的轨迹。"
_DAMAGE = "请保留外包装并拍照，我们为您登记破损工单，3 个工作日内答复。"
_KNOWN = (
    ("停", Offer("track.stalled", "物流几天没更新怎么办", _STALLED, 0.93)),
    ("停", Offer("track.speed", "怎样加快运输", _SPEED, 0.71)),
    ("坏", Offer("claim.damage", "快件破损怎么理赔", _DAMAGE, 0.95)),
)


class FewAnswers:
    """`AnswerSource` for pages and tests."""

    async def search(
        self,
        text: str,
        *,
        channel: str,
        status: WaybillStatus | None = None,
        after: str | None = None,
        k: int = 3,
    ) -> Offers:
        found = tuple(offer for word, offer in _KNOWN if word in text)[:k]
        return Offers(found, in_scope=bool(found))
