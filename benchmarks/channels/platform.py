"""WeChat's API as a process of its own: what the bot sends is checked, counted, recorded and shown on phones.

python -m benchmarks.channels.platform PORT
"""

import asyncio
import sys

import uvicorn
from fastapi import FastAPI, Request

from bot.clock import system_clock
from connectors.wechat.simulator import WeChatSimulator

APP_ID, SECRET, TOKEN = "wx0123456789abcdef", "simulated", "simulated"
AES_KEY = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"


def simulator() -> WeChatSimulator:
    return WeChatSimulator(system_clock, app_id=APP_ID, secret=SECRET, token=TOKEN, aes_key=AES_KEY)


def make_app(wechat: WeChatSimulator) -> FastAPI:
    """The API, and two ways in for the benchmark itself."""
    app = FastAPI(openapi_url=None)

    @app.post("/bench/wrote")
    async def wrote(request: Request) -> dict[str, int]:
        """These customers write now: the window of each opens anew."""
        openids, now = await request.json(), system_clock()
        for openid in openids:
            phone = wechat.phone(openid)
            phone.wrote_at, phone.left = now, wechat.rules.messages
        return {"open": len(openids)}

    @app.get("/bench/screens")
    async def screens() -> dict[str, list[str]]:
        """What each customer has seen, in order."""
        return {openid: phone.screen for openid, phone in wechat.phones.items()}

    app.mount("/", wechat.app)
    return app


def main() -> None:
    config = uvicorn.Config(make_app(simulator()), port=int(sys.argv[1]), log_level="warning", access_log=False)
    asyncio.run(uvicorn.Server(config).serve())


if __name__ == "__main__":
    main()
