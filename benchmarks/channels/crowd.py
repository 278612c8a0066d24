"""Who asks what and when: decided before the first push, the same for the same seed."""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from random import Random

from bot.demo.showcase import SHOWCASE

FAQ = (
    "寄充电宝可以吗",
    "保价费怎么收的",
    "你们春节还送不送货",
    "发票抬头开错了能改吗",
    "东西太占地方是不是要按体积算钱",
    "快递柜里的件超时了要付钱吗",
    "没人在家你们会送几次",
    "理赔需要准备哪些材料",
    "可以到付吗",
    "能不能寄酒",
    "你们几点下班",
    "怎么打印电子发票",
)
SMALL_TALK = ("你好", "谢谢你", "你是机器人吗", "在吗", "你能做什么")
_WAYBILL = ("查一下{}", "{}到哪了", "我的快递{}什么时候到")
_BURST_S = 0.4
_FIRST_ID = 23456789012345678


@dataclass(frozen=True)
class Question:
    """One message of one customer.

    Parameters
    ----------
    at_s: when the platform first pushes it, in seconds after the beginning.
    """

    msg_id: str
    openid: str
    text: str
    at_s: float


def crowd(rate: float, seconds: float, customers: int, *, seed: int = 7) -> list[Question]:
    """``rate`` questions a second, evenly; each customer asks about as many as any other, no two of them alike.

    A quarter of the customers write all theirs within moments, the others through the whole time.
    """
    rng, count = Random(seed), int(rate * seconds)
    wishes = sorted(_wishes(rng, count, customers, seconds))
    return [
        Question(str(_FIRST_ID + place), openid, text, place / rate)
        for place, (_, openid, text) in enumerate(wishes[:count])
    ]


def _wishes(rng: Random, count: int, customers: int, seconds: float) -> Iterator[tuple[float, str, str]]:
    """When each would like to write what, a few more than are needed."""
    each = -(-count // customers)
    for number in range(customers):
        openid = f"oBench{number:06d}"
        begin = rng.uniform(0, seconds)
        is_hasty = number % 4 == 0
        moments = [begin + _BURST_S * n if is_hasty else rng.uniform(0, seconds) for n in range(each)]
        yield from zip(moments, [openid] * each, _texts(rng, each), strict=True)


def _texts(rng: Random, count: int) -> list[str]:
    """Half of them what everybody asks, a third about parcels, the rest small talk."""
    found: dict[str, None] = {}
    while len(found) < count:
        kind = rng.random()
        if kind < 0.5:
            found[rng.choice(FAQ)] = None
        elif kind < 0.83:
            found[rng.choice(_WAYBILL).format(rng.choice(SHOWCASE).waybill_no)] = None
        else:
            found[rng.choice(SMALL_TALK)] = None
    return list(found)


def write(questions: list[Question], path: Path) -> None:
    path.write_text("\n".join(json.dumps(asdict(each), ensure_ascii=False) for each in questions), encoding="utf-8")


def read(path: Path) -> list[Question]:
    return [Question(**json.loads(line)) for line in path.read_text(encoding="utf-8").splitlines()]
