"""Our account with Twilio."""

from dataclasses import dataclass

from pydantic import SecretStr

NAME = "twilio"
ENDPOINT = "https://api.twilio.com"
OPTED_OUT = "21610"
"""The code of a number whose owner wrote STOP."""
UP_PATH = "/sms/twilio/up"
STATUS_PATH = "/sms/twilio/status"


@dataclass(frozen=True)
class TwilioAccount:
    """Who we are for Twilio; printing it shows no secret.

    Parameters
    ----------
    auth_token: signs what Twilio calls, and is the password of what we call.
    sender: a number of ours in E.164, or the id of a messaging service (``MG...``).
    public_url: where Twilio reaches us, without a slash at the end; signatures are over this address, whatever a proxy
        makes of it.
    """

    account_sid: str
    auth_token: SecretStr
    sender: str
    public_url: str
    endpoint: str = ENDPOINT
