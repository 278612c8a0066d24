"""Chatting with a running platform as a customer of WeCom customer service, in a terminal."""

from bot.errors import SettingsError
from bot.settings import Settings
from connectors.simulated_phone import Phone, Show, Terminal, file_of
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


class Chat(Terminal):
    """One customer before a terminal."""

    def __init__(self, simulator: WeComSimulator, user: str, show: Show) -> None:
        super().__init__(user, show)
        self.simulator = simulator
        simulator.phone(user)

    @property
    def phone(self) -> Phone:
        return self.simulator.phone(self.customer)

    async def write(self, text: str) -> None:
        await self.simulator.writes(text, self.customer)

    async def tap(self, text: str) -> None:
        await self.simulator.taps(text, self.customer)

    async def command(self, name: str, words: list[str]) -> None:
        simulator, user = self.simulator, self.customer
        if name == "/enter":
            await simulator.enters(user)
        elif name in _FILES:
            path, content, content_type = await file_of(words[0])
            await simulator.sends_file(name.removeprefix("/"), content, content_type, user, name=path.name)
        elif name == "/at":
            place = {"latitude": float(words[0]), "longitude": float(words[1]), "name": " ".join(words[2:])}
            await simulator.message("location", place, user)
        elif name == "/take":
            await simulator.servicer_takes(words[0], user)
        elif name == "/say":
            simulator.session(user).servicer = words[0]
            await simulator.servicer_says(" ".join(words[1:]), user)
        elif name == "/end":
            await simulator.servicer_ends(user)
        else:
            self._set(name, words)

    def _set(self, command: str, words: list[str]) -> None:
        if command == "/tokens":
            self.simulator.expire_tokens()
        elif command == "/servicers":
            for account in self.simulator.accounts.values():
                account.servicers = {each: 0 for each in "".join(words).split(",") if each}
        elif command == "/state":
            session = self.simulator.session(self.customer)
            self._show(f"（{_STATES[session.state]} {session.servicer}）")
        else:
            self._show(HELP)


def account_to_simulate(settings: Settings) -> WeComAccount:
    """Raises `SettingsError` where the platform would talk to somebody else than the simulator."""
    account = WeComAccount.of(settings)
    if account is None:
        raise SettingsError("no WeCom company is configured; 'bot simulate wecom --settings' prints lines for .env")
    if "weixin.qq.com" in account.api_url:
        raise SettingsError("BOT_WECOM_API_URL leads to the real WeCom; let it lead to the simulator")
    return account
