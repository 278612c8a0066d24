"""Kuaidi100: real-time query, subscription and pushes.  Signs with its own few lines, none of the connector's."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import md5
from typing import Any

import httpx
from fastapi import FastAPI, Request

NEED_PHONE = {"shunfeng", "shunfengkuaiyun", "zhongtong"}
SUPPORTED = NEED_PHONE | {"yuantong", "shentong", "yunda", "jd", "ems", "jtexpress", "youzhengguonei"}
KNOWN_BUT_NOT_TRACKED = {"suning"}


ACKNOWLEDGED = {"result": True, "returnCode": "200", "message": "成功"}


def signed(text: str) -> str:
    return md5(text.encode()).hexdigest().upper()


def row(time: str, context: str, code: str = "0", status: str = "在途", area: str | None = None) -> dict[str, Any]:
    """One scan as Kuaidi100 writes it; fields it does not know are null."""
    return {
        "time": time,
        "ftime": time,
        "context": context,
        "areaCode": None,
        "areaName": area,
        "status": status,
        "statusCode": code,
        "location": "",
    }


@dataclass
class Parcel:
    """A parcel Kuaidi100 knows.  ``rows`` is newest first."""

    carrier: str
    number: str
    rows: list[dict[str, Any]]
    state: str = "0"
    tails: tuple[str, ...] = ()

    def result(self) -> dict[str, Any]:
        return {
            "message": "ok",
            "nu": self.number,
            "ischeck": "1" if self.state.startswith("3") else "0",
            "condition": "F00",
            "com": self.carrier,
            "status": "200",
            "state": self.state,
            "data": self.rows,
        }


@dataclass
class Subscription:
    callback_url: str
    salt: str


@dataclass
class Unacknowledged:
    """A push that comes again at ``due_at``; ``left`` more times at most."""

    subscription: Subscription
    content: dict[str, Any]
    due_at: datetime
    left: int


AGAIN_AFTER = timedelta(minutes=30)
REPETITIONS = 3


class Kuaidi100Simulator:
    """Answers on ``app``; what was asked is in ``asked``, what was pushed in vain in ``to_repeat``.

    ``first_answers``: codes given to the next questions and subscriptions, whatever they are about.
    ``expired``: our account is.  ``gate``: questions wait there for their answers.
    """

    def __init__(self, clock: Callable[[], datetime], *, customer: str = "CUST0001", key: str = "KEYabc123") -> None:
        self.clock = clock
        self.customer = customer
        self.key = key
        self.parcels: dict[tuple[str, str], Parcel] = {}
        self.asked: list[dict[str, str]] = []
        self.first_answers: list[str] = []
        self.expired = False
        self.subscriptions: dict[tuple[str, str], Subscription] = {}
        self.to_repeat: list[Unacknowledged] = []
        self.guesses: dict[str, list[str]] = {}
        self.guessed: list[str] = []
        self.gate: asyncio.Event | None = None
        self._last_asked: dict[tuple[str, str, str], datetime] = {}
        self.app = FastAPI()
        self.app.post("/poll/query.do")(self._query)
        self.app.post("/poll")(self._subscribe)
        self.app.get("/autonumber/auto")(self._guess)

    def add(self, parcel: Parcel) -> Parcel:
        self.parcels[parcel.carrier, parcel.number] = parcel
        return parcel

    # -- questions ---------------------------------------------------------------------------------

    async def _query(self, request: Request) -> dict[str, Any]:
        form = {name: str(value) for name, value in (await request.form()).items()}
        param = form.get("param", "")
        if form.get("customer") != self.customer or form.get("sign") != signed(param + self.key + self.customer):
            return _refused("503", "验证签名失败")
        question = json.loads(param)
        self.asked.append(question)
        if self.gate is not None:
            await self.gate.wait()
        code = self._verdict(question)
        return self.parcels[question["com"], question["num"]].result() if code == "200" else _refused(code, "查询失败")

    def _verdict(self, question: dict[str, str]) -> str:
        carrier, number, phone = question["com"], question["num"], question["phone"]
        if self.expired:
            return "601"
        if self.first_answers:
            return self.first_answers.pop(0)
        if carrier in KNOWN_BUT_NOT_TRACKED:
            return "401"
        if carrier not in SUPPORTED or not 6 <= len(number) <= 32:
            return "400"
        last = self._last_asked.get((carrier, number, phone))
        self._last_asked[carrier, number, phone] = self.clock()
        if last is not None and self.clock() - last < timedelta(minutes=30):
            return "504"
        parcel = self.parcels.get((carrier, number))
        if carrier in NEED_PHONE and (parcel is None or phone[-4:] not in parcel.tails):
            return "408"
        return "200" if parcel is not None else "500"

    async def _guess(self, num: str, key: str) -> Any:
        """Whose number it may be."""
        self.guessed.append(num)
        if key != self.key or num not in self.guesses:
            return _refused("701", "非法的身份信息" if key != self.key else "无法识别")
        return [{"lengthPre": len(num), "comCode": code, "name": code} for code in self.guesses[num]]

    # -- pushes ------------------------------------------------------------------------------------

    async def _subscribe(self, request: Request) -> dict[str, Any]:
        form = await request.form()
        wanted = json.loads(str(form["param"]))
        if form.get("schema") != "json" or wanted["key"] != self.key:
            return _refused("600", "您不是合法的订阅者（即授权Key出错）")
        if self.expired:
            return _refused("601", "POLL:KEY已过期")
        if self.first_answers:
            return _refused(self.first_answers.pop(0), "订阅失败")
        if wanted["company"] in KNOWN_BUT_NOT_TRACKED:
            return _refused("701", "拒绝订阅的快递公司")
        if wanted["company"] not in SUPPORTED:
            return _refused("700", "订阅方的订阅数据存在错误")
        key = (wanted["company"], wanted["number"])
        if key in self.subscriptions:
            return _refused("501", "重复订阅")
        parameters = wanted["parameters"]
        self.subscriptions[key] = Subscription(parameters["callbackurl"], parameters["salt"])
        return {"result": True, "returnCode": "200", "message": "提交成功"}

    async def push(
        self, http: httpx.AsyncClient, subscription: Subscription, content: dict[str, Any], *, left: int = REPETITIONS
    ) -> httpx.Response:
        """Push, and remember to do so again unless it is acknowledged exactly as agreed."""
        param = json.dumps(content, ensure_ascii=False)
        form = {"sign": signed(param + subscription.salt), "param": param}
        answer = await http.post(subscription.callback_url, data=form)
        is_acknowledged = answer.status_code == 200 and answer.json() == ACKNOWLEDGED
        if not is_acknowledged and left:
            self.to_repeat.append(Unacknowledged(subscription, content, self.clock() + AGAIN_AFTER, left - 1))
        return answer

    async def push_parcel(
        self, http: httpx.AsyncClient, carrier: str, number: str, status: str = "polling"
    ) -> httpx.Response:
        """Where a parcel that is subscribed to stands now."""
        content = PushContent(self.parcels[carrier, number], status).as_json()
        return await self.push(http, self.subscriptions[carrier, number], content)

    async def correct(self, http: httpx.AsyncClient, number: str, wrong: str, right: str) -> httpx.Response:
        """After three days without a result: an abort that names the right carrier, under which it goes on."""
        subscription = self.subscriptions.pop((wrong, number))
        self.subscriptions[right, number] = subscription
        changes = {"comOld": wrong, "comNew": right}
        content = PushContent(Parcel(wrong, number, []), "abort", "", changes).as_json()
        return await self.push(http, subscription, content)

    async def abort(self, http: httpx.AsyncClient, carrier: str, number: str, why: str) -> httpx.Response:
        """Nothing was found, or nothing changed: no more pushes, and another subscription is taken."""
        subscription = self.subscriptions.pop((carrier, number))
        return await self.push(http, subscription, PushContent(Parcel(carrier, number, []), "abort", why).as_json())

    async def repeat(self, http: httpx.AsyncClient) -> None:
        """What is due by now."""
        due = [each for each in self.to_repeat if each.due_at <= self.clock()]
        self.to_repeat = [each for each in self.to_repeat if each.due_at > self.clock()]
        for each in due:
            await self.push(http, each.subscription, each.content, left=each.left)


@dataclass
class PushContent:
    """The content of a push about a parcel."""

    parcel: Parcel
    status: str = "polling"
    message: str = "变化"
    changes: dict[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        return {
            "status": self.status,
            "billstatus": "got",
            "message": self.message,
            "autoCheck": "0",
            "comOld": "",
            "comNew": "",
            "lastResult": self.parcel.result(),
            **self.changes,
        }


def _refused(code: str, message: str) -> dict[str, Any]:
    return {"result": False, "returnCode": code, "message": message}
