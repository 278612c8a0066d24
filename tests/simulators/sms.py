"""The simulated SMS gateways, which also ``bot simulate sms`` starts, with texts approved from our own catalogue."""

from connectors.sms.catalogue import Catalogue
from connectors.sms.simulators.aliyun import AliyunSimulator
from connectors.sms.simulators.handsets import Handsets, Shown
from connectors.sms.simulators.tencent import TencentSimulator
from connectors.sms.simulators.twilio import TwilioSimulator
from connectors.sms.submitting import all_submitted

__all__ = ["AliyunSimulator", "Handsets", "Shown", "TencentSimulator", "TwilioSimulator", "approve", "codes_of"]

BASE = "https://chat.example.com/c/"
_LONGEST = {"aliyun": 35, "tencent": 6}


def codes_of(catalogue: Catalogue, platform: str) -> dict[str, str]:
    """A code for each kind, as an operator would put them into the settings."""
    first = "SMS_1000" if platform == "aliyun" else "1900"
    return {kind: f"{first}{place:03d}" for place, kind in enumerate(catalogue.templates)}


def approve(catalogue: Catalogue, platform: str) -> dict[str, str]:
    """Our whole catalogue, approved: texts by code."""
    texts = dict(all_submitted(catalogue, platform, longest_value=_LONGEST[platform], base=BASE))
    return {code: texts[kind] for kind, code in codes_of(catalogue, platform).items()}
