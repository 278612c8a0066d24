"""Our account with SF's platform 丰桥."""

from dataclasses import dataclass

from pydantic import SecretStr

from bot.errors import SettingsError


@dataclass(frozen=True)
class SfAccount:
    """Who we are for SF; printing it shows no secret.

    Parameters
    ----------
    partner_id: the customer code (顾客编码).
    checkword: signs our questions (校验码).
    url: the sandbox is https://sfapi-sbox.sf-express.com/std/service and has a checkword of its own.
    """

    partner_id: str
    checkword: SecretStr
    url: str = "https://sfapi.sf-express.com/std/service"

    def __post_init__(self) -> None:
        if not (self.partner_id and self.checkword.get_secret_value()):
            raise SettingsError("an SF account needs partner id and checkword")
