"""Chatting with a running platform as a customer of WeCom customer service, in a terminal."""

import asyncio
import mimetypes
import shlex
from collections.abc import Callable
from pathlib import Path

from bot.errors import SettingsError
from bot.settings import Settings
from connectors.wecom.account import WeComAccount
from connectors.wecom.simulator import WeComSimulator

HELP = """\
  直接输入就是发消息；输入菜单里的文字就是点它
  /enter                       进入会话（拿到欢迎语）
  /image FILE  /voice FILE  /video FILE  /file FILE
  /at 23.1345 113.3588 体育西路1号
  /servicers zhangsan,lisi     谁在接待
  /take zhangsan               接待人员接入会话
  /say zhangsan 您好           接待人员说话
  /end                         接待人员结束会话
  /state                       会话现在的状态
  /tokens                      让 access_token 失效，看平台怎么换
  /help                        再看一次"""
_FILES = ("/image", "/voice", "/video", "/file")
_STATES = ("未处理", "智能助手接待", "待接入池", "人工接待", "已结束")


def settings_lines(port: int) -> list[str]:
    """For ``.env``: a company that only the simulator knows."""
    return [
        "BOT_WECOM_CORP_ID=ww0123456789abcdef",
        "BOT_WECOM_SECRET=simulated",
        "BOT_WECOM_TOKEN=simulated",
        "BOT_WECOM_AES_KEY=abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG",
        f"BOT_WECOM_API_URL=http://127.0.0.1:{port}",
    ]


class Chat:
    """One customer before a terminal.

    Parameters
    ----------
    show: called with every line that appears on the phone.
    """

    def __init__(self, simulator: WeComSimulator, user: str, show: Callable[[str], None]) -> None:
        self.simulator = simulator
        self.user = user
        self._show = show
        self._shown = 0
        simulator.phone(user)

    async def typed(self, line: str) -> None:
        """Act on one line; an error of the developer's is shown."""
        try:
            await self._act(line.strip())
        except (ValueError, IndexError, OSError) as error:
            self._show(f"（{type(error).__name__}：{error}；/help 看用法）")
        self.refresh()

    def refresh(self) -> None:
        """Show what is new on the phone."""
        screen = self.simulator.phone(self.user).screen
        for text in screen[self._shown :]:
            self._show(text)
        self._shown = len(screen)

    async def _act(self, line: str) -> None:
        if not line.startswith("/"):
            await self._write(line)
            return
        command, *words = shlex.split(line)
        simulator, user = self.simulator, self.user
        if command == "/enter":
            await simulator.enters(user)
        elif command in _FILES:
            await self._send_file(command.removeprefix("/"), words[0])
        elif command == "/at":
            place = {"latitude": float(words[0]), "longitude": float(words[1]), "name": " ".join(words[2:])}
            await simulator.message("location", place, user)
        elif command == "/take":
            await simulator.servicer_takes(words[0], user)
        elif command == "/say":
            simulator.session(user).servicer = words[0]
            await simulator.servicer_says(" ".join(words[1:]), user)
        elif command == "/end":
            await simulator.servicer_ends(user)
        else:
            self._set(command, words)

    def _set(self, command: str, words: list[str]) -> None:
        if command == "/tokens":
            self.simulator.expire_tokens()
        elif command == "/servicers":
            for account in self.simulator.accounts.values():
                account.servicers = {each: 0 for each in "".join(words).split(",") if each}
        elif command == "/state":
            session = self.simulator.session(self.user)
            self._show(f"（{_STATES[session.state]} {session.servicer}）")
        else:
            self._show(HELP)

    async def _write(self, text: str) -> None:
        if not text:
            return
        if text in self.simulator.phone(self.user).menu.values():
            await self.simulator.taps(text, self.user)
        else:
            await self.simulator.writes(text, self.user)

    async def _send_file(self, kind: str, file: str) -> None:
        path = Path(file)
        kinds = {".amr": "audio/amr"}
        content_type = kinds.get(path.suffix) or mimetypes.guess_type(path.name)[0] or "application/octet-stream"
        content = await asyncio.to_thread(path.read_bytes)
        await self.simulator.sends_file(kind, content, content_type, self.user, name=path.name)


def account_to_simulate(settings: Settings) -> WeComAccount:
    """Raises `SettingsError` where the platform would talk to somebody else than the simulator."""
    account = WeComAccount.of(settings)
    if account is None:
        raise SettingsError("no WeCom company is configured; 'bot simulate wecom --settings' prints lines for .env")
    if "weixin.qq.com" in account.api_url:
        raise SettingsError("BOT_WECOM_API_URL leads to the real WeCom; let it lead to the simulator")
    return account
