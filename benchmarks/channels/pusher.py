"""WeChat's pushing side as a process of its own: on schedule whatever becomes of it, three attempts, five seconds each.

    python -m benchmarks.channels.pusher QUESTIONS PUSHES CALLBACK_PORT PLATFORM_PORT BEGIN

Every push comes on a connection of its own.  An attempt that is refused or cut off is repeated when its five seconds
are over, like one that nobody answers.
"""

import asyncio
import json
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from urllib.parse import urlencode

import httpx

from benchmarks.channels.crowd import Question, read
from benchmarks.channels.platform import simulator
from connectors.wechat.simulator import TRIES, WeChatSimulator

_ANSWER_WITHIN_S = 5.0
_AHEAD_S = 0.5


@dataclass(frozen=True)
class Pushed:
    """What became of a question; times in seconds since the epoch.

    Parameters
    ----------
    due_at: when it should have been pushed; ``began_at``: when it was, should this process be late.
    acked_at: None where the customer was shown that nobody is there.
    """

    msg_id: str
    due_at: float
    began_at: float
    attempts: int
    acked_at: float | None


def request_of(wechat: WeChatSimulator, question: Question) -> bytes:
    """Sealed as the platform does, ready to be written."""
    query, body = wechat.envelope(
        {
            "ToUserName": wechat.account,
            "FromUserName": question.openid,
            "CreateTime": int(time.time()),
            "MsgType": "text",
            "Content": question.text,
            "MsgId": int(question.msg_id),
        }
    )
    head = (
        f"POST /wechat/callback?{urlencode(query)} HTTP/1.1\r\nHost: bot\r\nContent-Type: text/xml\r\n"
        f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    )
    return head.encode() + body


def main() -> None:
    asking, pushes = Path(sys.argv[1]), Path(sys.argv[2])
    done = asyncio.run(push_all(read(asking), int(sys.argv[3]), int(sys.argv[4]), float(sys.argv[5])))
    pushes.write_text("\n".join(json.dumps(asdict(each)) for each in done), encoding="utf-8")


async def push_all(questions: list[Question], callback_port: int, platform_port: int, begin: float) -> list[Pushed]:
    wechat = simulator()
    requests = [request_of(wechat, question) for question in questions]
    phones = asyncio.create_task(_open_windows(questions, begin, platform_port))
    pushing = []
    for question, request in zip(questions, requests, strict=True):
        await asyncio.sleep(max(0.0, begin + question.at_s - time.time()))
        pushing.append(asyncio.create_task(_push(question, request, begin, callback_port)))
    pushes = await asyncio.gather(*pushing)
    await phones
    return pushes


async def _open_windows(questions: list[Question], begin: float, port: int) -> None:
    """The platform knows who writes a moment before we are told."""
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=30) as client:
        left, until = list(reversed(questions)), _AHEAD_S
        while left:
            await asyncio.sleep(max(0.0, begin + until - 2 * _AHEAD_S - time.time()))
            now = []
            while left and left[-1].at_s < until:
                now.append(left.pop().openid)
            await client.post("/bench/wrote", json=now)
            until += _AHEAD_S


async def _push(question: Question, request: bytes, begin: float, port: int) -> Pushed:
    due, began = begin + question.at_s, time.time()
    for attempt in range(1, TRIES + 1):
        attempt_began = time.time()
        try:
            async with asyncio.timeout(_ANSWER_WITHIN_S):
                thanked = await _once(request, port)
        except (TimeoutError, OSError):
            thanked = False
        if thanked:
            return Pushed(question.msg_id, due, began, attempt, time.time())
        await asyncio.sleep(max(0.0, attempt_began + _ANSWER_WITHIN_S - time.time()))
    return Pushed(question.msg_id, due, began, TRIES, None)


async def _once(request: bytes, port: int) -> bool:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(request)
        answer = await reader.read()
    finally:
        writer.close()
    return answer.startswith(b"HTTP/1.1 200") and answer.endswith(b"success")


if __name__ == "__main__":
    main()
