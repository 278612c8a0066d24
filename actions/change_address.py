"""改地址: a new address, phone or name for a parcel that is not there yet."""

import re

from actions.fields import AddressField, ConfirmField, EntityField, PhoneField
from actions.forms import ServiceForm
from actions.instruction import Instruct
from actions.talk import Talk
from actions.waybill_gate import StillPossible
from actions.waybill_query import GATE
from bot.waybills.service import InstructionKind

_NEW = ("new_address", "new_phone", "new_name")
_CHANGES_PHONE = re.compile(r"(电话|手机|号码).*(改|换|错|不对)|(改|换|错|不对).*(电话|手机|号码)")
_INSTEAD = ("report_wrong_delivery",)


class _NewPhone(PhoneField):
    """Only when a new phone is what is talked about: a number may also just say who the customer is."""

    async def take(self, talk: Talk, *, asked: bool) -> bool:
        about_phone = _CHANGES_PHONE.search(talk.heard.words) or talk.get("requested_slot") in (*_NEW, "confirm")
        return bool(about_phone) and await super().take(talk, asked=asked)

    async def is_open(self, talk: Talk) -> bool:  # noqa: ARG002
        return False


class _NewName(EntityField):
    async def is_open(self, talk: Talk) -> bool:  # noqa: ARG002
        return False


class _NewAddress(AddressField):
    """Asked for unless a new phone or name is all that changes."""

    async def is_open(self, talk: Talk) -> bool:
        return all(talk.get(slot) is None for slot in _NEW)


class _ConfirmChange(ConfirmField):
    """Shows only what changes."""

    def values(self, talk: Talk) -> dict[str, str]:
        label = talk.wording.label
        changes = [f"{label(f'slot_{slot}')}：{talk.text_of(slot)}" for slot in _NEW if talk.get(slot)]
        return super().values(talk) | {"changes": "\n".join(changes)}


class ChangeAddressForm(ServiceForm):
    task = "change_address"
    fields = (
        *GATE,
        StillPossible(InstructionKind.change_address, *_INSTEAD),
        _NewName("new_name", "person_name"),
        _NewPhone("new_phone"),
        _NewAddress("new_address"),
        _ConfirmChange({"waybill_no": "waybill_no"}, editable=("new_address",)),
    )


class ChangeAddress(Instruct):
    task = "change_address"
    needs = ("confirm",)
    kind = InstructionKind.change_address
    details = _NEW
    instead = _INSTEAD
