"""Waybill numbers of other carriers in a message: the model takes some for no number at all, not being ours."""

import re
from dataclasses import replace

from actions.heard import Entity, Heard
from bot.waybills.foreign import ForeignParcels, Mention

_CARRIER = re.compile(
    r"顺丰|圆通|中通|申通|韵达|极兔|京东|邮政|EMS|德邦|百世|丹鸟|宅急送|安能|菜鸟|苏宁", re.IGNORECASE
)
_ASKS_AFTER = re.compile(r"查|到哪|物流|单号|[没不]更新|没动")


def with_numbers(heard: Heard, parcels: ForeignParcels | None) -> Heard:
    """The message with the numbers of other carriers among its waybill numbers, where these can be looked up."""
    if parcels is None or heard.is_tapped or heard.waybill_numbers:
        return heard
    found = tuple(filter(None, (_entity(mention, heard.text) for mention in parcels.mentions(heard.words))))
    return replace(heard, entities=(*heard.entities, *found)) if found else heard


def mention_in(heard: Heard, parcels: ForeignParcels | None) -> Mention | None:
    """The one number of the message that another carrier may have given out; a button may say whose it is as well."""
    if parcels is None:
        return None
    found = parcels.mentions((heard.first("waybill_no") or "") if heard.is_tapped else heard.words)
    return found[0] if len(found) == 1 else None


def asks_after_parcel(heard: Heard, parcels: ForeignParcels | None) -> bool:
    """Whether the message is about a parcel of another carrier that could be looked up: 顺丰快递到哪了."""
    if parcels is None:
        return False
    is_named = bool(parcels.carrier_in(heard.words)) and bool(_ASKS_AFTER.search(heard.words))
    return is_named or bool(parcels.mentions(heard.words))


def other_carrier(heard: Heard, parcels: ForeignParcels | None) -> str:
    """The other carrier that a question about a parcel names, where nobody's track but our own can be looked up."""
    named = _CARRIER.search(heard.words) if parcels is None else None
    return named.group() if named and (_ASKS_AFTER.search(heard.words) or re.search(r"\d{8}", heard.words)) else ""


def _entity(mention: Mention, text: str) -> Entity | None:
    """Where the number stands, however it was spaced."""
    match = re.search(r"[\s-]*".join(map(re.escape, mention.waybill_no)), text, re.IGNORECASE)
    return Entity("waybill_no", mention.waybill_no, match.start(), match.end()) if match else None
