"""The closed lists of misses.  Values are what the database and the API say."""

from enum import StrEnum


class MissCause(StrEnum):
    """Why a message counts as a miss; it may be so for several reasons.

    ``unsure``: the bot asked back.  ``declined``: it said that it cannot help.  ``offer_chosen`` and ``offer_refused``:
    what became of 您是不是想问.  ``upset``: a calm customer was angry after the answer.  ``handed_over``: a person took
    over because the bot was at its end.  ``answered_otherwise``: the agent said something else than was suggested.
    """

    unsure = "unsure"
    declined = "declined"
    offer_chosen = "offer_chosen"
    offer_refused = "offer_refused"
    dissatisfied = "dissatisfied"
    upset = "upset"
    handed_over = "handed_over"
    answered_otherwise = "answered_otherwise"
    low_rating = "low_rating"


class MissState(StrEnum):
    """What became of it."""

    open = "open"
    mended = "mended"
    out_of_scope = "out_of_scope"
    ignored = "ignored"


class MendKind(StrEnum):
    """How a miss is mended."""

    example = "example"
    phrasing = "phrasing"
    entry = "entry"
    out_of_scope = "out_of_scope"
    ignore = "ignore"

    @property
    def leads_to(self) -> MissState:
        return {
            MendKind.out_of_scope: MissState.out_of_scope,
            MendKind.ignore: MissState.ignored,
        }.get(self, MissState.mended)

    @property
    def teaches(self) -> bool:
        return self is not MendKind.ignore


class Personal(StrEnum):
    """What is masked in a miss: it names or reaches somebody."""

    waybill_no = "waybill_no"
    order_no = "order_no"
    ticket_no = "ticket_no"
    phone = "phone"
    phone_tail = "phone_tail"
    person_name = "person_name"
    address = "address"
    id_card = "id_card"
    bank_card = "bank_card"
    number = "number"


class GroupSort(StrEnum):
    """In which order groups stand."""

    size = "size"
    growth = "growth"
    newest = "newest"
