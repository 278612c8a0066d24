"""Our account with Aliyun."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from pydantic import SecretStr

NAME = "aliyun"
ENDPOINT = "https://dysmsapi.aliyuncs.com"


@dataclass(frozen=True)
class AliyunAccount:
    """Who we are for Aliyun; printing it shows no secret.

    Parameters
    ----------
    sign_name: the approved signature, without 【】.
    templates: the codes (``SMS_...``) of approved templates by our kind.
    extend_code: digits put behind the sending number, so that answers come to this application.
    """

    access_key: str
    secret_key: SecretStr
    sign_name: str
    templates: Mapping[str, str] = field(default_factory=dict)
    extend_code: str = ""
    endpoint: str = ENDPOINT
