"""Our account with Kuaidi100."""

from dataclasses import dataclass

from pydantic import SecretStr

from bot.errors import SettingsError


@dataclass(frozen=True)
class Kuaidi100Account:
    """Who we are for Kuaidi100; printing it shows no secret.

    Parameters
    ----------
    customer: the company's id (授权 customer), part of every signature.
    key: signs our questions.
    salt: signs the pushes that come to us; any long random text, since we choose it.
    callback_url: where pushes go: the public address of the endpoint of `make_router`.  Only needed for subscribing.
    """

    customer: str
    key: SecretStr
    salt: SecretStr
    callback_url: str = ""
    query_url: str = "https://poll.kuaidi100.com/poll/query.do"
    subscribe_url: str = "https://poll.kuaidi100.com/poll"
    guess_url: str = "https://www.kuaidi100.com/autonumber/auto"

    def __post_init__(self) -> None:
        if not (self.customer and self.key.get_secret_value()):
            raise SettingsError("a Kuaidi100 account needs customer and key")
        if not self.salt.get_secret_value():
            # Without a salt Kuaidi100 signs nothing, and anybody could push anything.
            raise SettingsError("a Kuaidi100 account needs a salt")
