"""Our account with Tencent Cloud."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from pydantic import SecretStr

NAME = "tencent"
ENDPOINT = "https://sms.tencentcloudapi.com"


@dataclass(frozen=True)
class TencentAccount:
    """Who we are for Tencent Cloud; printing it shows no secret.

    Parameters
    ----------
    app_id: the SMS application (``1400...``).
    sign_name: the approved signature, without 【】.
    templates: the ids of approved templates by our kind.
    extend_code: digits put behind the sending number, where that was agreed.
    """

    secret_id: str
    secret_key: SecretStr
    app_id: str
    sign_name: str
    templates: Mapping[str, str] = field(default_factory=dict)
    region: str = "ap-guangzhou"
    extend_code: str = ""
    endpoint: str = ENDPOINT
