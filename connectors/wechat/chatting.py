"""Chatting with a running platform as a follower, in a terminal: what is typed becomes a push, what is sent a line."""

import asyncio
import mimetypes
import shlex
from collections.abc import Callable
from pathlib import Path

from bot.errors import SettingsError
from bot.settings import Settings
from connectors.wechat.account import WeChatAccount
from connectors.wechat.simulator import WeChatSimulator

HELP = """\
  直接输入就是发消息；输入菜单消息里的文字就是点它
  /follow /unfollow            关注、取消关注
  /menu KEY                    点自定义菜单，如 /menu /query_waybill
  /scan YD8800000000011        扫运单条码
  /image FILE  /voice FILE  /video FILE
  /at 23.1345 113.3588 体育西路1号
  /spoken on|off               语音是否带识别结果
  /tokens                      让 access_token 失效，看平台怎么换
  /help                        再看一次"""


def settings_lines(port: int) -> list[str]:
    """For ``.env``: an account that only the simulator knows."""
    return [
        "BOT_WECHAT_APP_ID=wx0123456789abcdef",
        "BOT_WECHAT_SECRET=simulated",
        "BOT_WECHAT_TOKEN=simulated",
        "BOT_WECHAT_AES_KEY=abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG",
        f"BOT_WECHAT_API_URL=http://127.0.0.1:{port}",
    ]


class Chat:
    """One follower before a terminal.

    Parameters
    ----------
    show: called with every line that appears on the phone.
    """

    def __init__(self, simulator: WeChatSimulator, openid: str, show: Callable[[str], None]) -> None:
        self.simulator = simulator
        self.openid = openid
        self._show = show
        self._shown = 0
        simulator.phone(openid)

    async def typed(self, line: str) -> None:
        """Act on one line; an error of the developer's is shown."""
        try:
            await self._act(line.strip())
        except (ValueError, IndexError, OSError) as error:
            self._show(f"（{type(error).__name__}：{error}；/help 看用法）")
        self.refresh()

    def refresh(self) -> None:
        """Show what is new on the phone."""
        screen = self.simulator.phone(self.openid).screen
        for text in screen[self._shown :]:
            self._show(text)
        self._shown = len(screen)

    async def _act(self, line: str) -> None:
        if not line.startswith("/"):
            await self._write(line)
            return
        command, *words = shlex.split(line)
        rest = line.partition(" ")[2].strip()
        simulator, openid = self.simulator, self.openid
        if command == "/follow":
            await simulator.subscribes(openid)
        elif command == "/unfollow":
            await simulator.unsubscribes(openid)
        elif command == "/menu":
            await simulator.clicks(rest, openid)
        elif command == "/scan":
            await simulator.scans(f"CODE_128,{rest}", openid)
        elif command in ("/image", "/voice", "/video"):
            await self._send_file(command.removeprefix("/"), words[0])
        elif command == "/at":
            await simulator.is_at(float(words[0]), float(words[1]), " ".join(words[2:]), openid)
        else:
            self._set(command, rest)

    def _set(self, command: str, value: str) -> None:
        if command == "/spoken":
            self.simulator.rules.recognises_speech = value == "on"
        elif command == "/tokens":
            self.simulator.expire_tokens()
        else:
            self._show(HELP)

    async def _write(self, text: str) -> None:
        if not text:
            return
        if text in self.simulator.phone(self.openid).menu.values():
            await self.simulator.taps(text, self.openid)
        else:
            await self.simulator.writes(text, self.openid)

    async def _send_file(self, kind: str, file: str) -> None:
        path = Path(file)
        kinds = {".amr": "audio/amr"}
        content_type = kinds.get(path.suffix) or mimetypes.guess_type(path.name)[0] or "application/octet-stream"
        content = await asyncio.to_thread(path.read_bytes)
        await self.simulator.sends_file(kind, content, content_type, self.openid)


def account_to_simulate(settings: Settings) -> WeChatAccount:
    """Raises `SettingsError` where the platform would talk to somebody else than the simulator."""
    account = WeChatAccount.of(settings)
    if account is None:
        raise SettingsError("no WeChat account is configured; 'bot simulate wechat --settings' prints lines for .env")
    if "weixin.qq.com" in account.api_url:
        raise SettingsError("BOT_WECHAT_API_URL leads to the real WeChat; let it lead to the simulator")
    return account
