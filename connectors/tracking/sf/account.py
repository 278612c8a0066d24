"""Our account with SF's platform 丰桥."""

from dataclasses import dataclass, field

from pydantic import SecretStr

from bot.errors import SettingsError

SHORTEST_TOKEN = 16


@dataclass(frozen=True)
class SfAccount:
    """Who we are for SF; printing it shows no secret.

    Parameters
    ----------
    partner_id: the customer code (顾客编码).
    checkword: signs our questions (校验码).
    push_token: a long random text of our own choice that ends the address SF pushes to: SF documents no signature of
        its pushes, so whoever knows the address is believed.  Without one no push is taken.
    url: the sandbox is https://sfapi-sbox.sf-express.com/std/service and has a checkword of its own.
    """

    partner_id: str
    checkword: SecretStr
    push_token: SecretStr = field(default_factory=lambda: SecretStr(""))
    url: str = "https://sfapi.sf-express.com/std/service"

    def __post_init__(self) -> None:
        if not (self.partner_id and self.checkword.get_secret_value()):
            raise SettingsError("an SF account needs partner id and checkword")
        if 0 < len(self.push_token.get_secret_value()) < SHORTEST_TOKEN:
            raise SettingsError(f"the token of the SF push address must have {SHORTEST_TOKEN} characters or more")
