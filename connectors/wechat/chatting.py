"""Chatting with a running platform as a follower, in a terminal: what is typed becomes a push, what is sent a line."""

from bot.errors import SettingsError
from bot.settings import Settings
from connectors.simulated_phone import Phone, Show, Terminal, file_of
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


class Chat(Terminal):
    """One follower before a terminal."""

    def __init__(self, simulator: WeChatSimulator, openid: str, show: Show) -> None:
        super().__init__(openid, show)
        self.simulator = simulator
        simulator.phone(openid)

    @property
    def phone(self) -> Phone:
        return self.simulator.phone(self.customer)

    async def write(self, text: str) -> None:
        await self.simulator.writes(text, self.customer)

    async def tap(self, text: str) -> None:
        await self.simulator.taps(text, self.customer)

    async def command(self, name: str, words: list[str]) -> None:
        simulator, openid = self.simulator, self.customer
        if name == "/follow":
            await simulator.subscribes(openid)
        elif name == "/unfollow":
            await simulator.unsubscribes(openid)
        elif name == "/menu":
            await simulator.clicks(" ".join(words), openid)
        elif name == "/scan":
            await simulator.scans(f"CODE_128,{' '.join(words)}", openid)
        elif name in ("/image", "/voice", "/video"):
            _, content, content_type = await file_of(words[0])
            await simulator.sends_file(name.removeprefix("/"), content, content_type, openid)
        elif name == "/at":
            await simulator.is_at(float(words[0]), float(words[1]), " ".join(words[2:]), openid)
        else:
            self._set(name, " ".join(words))

    def _set(self, command: str, value: str) -> None:
        if command == "/spoken":
            self.simulator.rules.recognises_speech = value == "on"
        elif command == "/tokens":
            self.simulator.expire_tokens()
        else:
            self._show(HELP)


def account_to_simulate(settings: Settings) -> WeChatAccount:
    """Raises `SettingsError` where the platform would talk to somebody else than the simulator."""
    account = WeChatAccount.of(settings)
    if account is None:
        raise SettingsError("no WeChat account is configured; 'bot simulate wechat --settings' prints lines for .env")
    if "weixin.qq.com" in account.api_url:
        raise SettingsError("BOT_WECHAT_API_URL leads to the real WeChat; let it lead to the simulator")
    return account
