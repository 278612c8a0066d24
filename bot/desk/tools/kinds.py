"""The closed lists of the tools.  Values are what the database and the API say."""

from enum import StrEnum


class Scope(StrEnum):
    """Whose canned response it is."""

    shared = "shared"
    team = "team"
    personal = "personal"


class SuggestionOutcome(StrEnum):
    """What an agent did with a suggested answer."""

    used = "used"
    edited = "edited"
    ignored = "ignored"


class Severity(StrEnum):
    """What a sensitive word does to a message: not sent, sent once confirmed, sent with a reminder."""

    block = "block"
    warn = "warn"
    remind = "remind"


class Script(StrEnum):
    """Which characters: 简体 or 繁體."""

    simplified = "simplified"
    traditional = "traditional"


class Secret(StrEnum):
    """What is masked until somebody has a reason to see it."""

    phone = "phone"
    address = "address"
    id_card = "id_card"
    bank_card = "bank_card"


class PromiseKind(StrEnum):
    """What an agent promised."""

    dispatch = "dispatch"
    deliver = "deliver"
    pick_up = "pick_up"
    call_back = "call_back"
    reply = "reply"
    handle = "handle"
    refund = "refund"


class PromiseState(StrEnum):
    """What became of a promise."""

    open = "open"
    kept = "kept"
    broken = "broken"
    withdrawn = "withdrawn"


class TaskState(StrEnum):
    """How far somebody is with a task."""

    open = "open"
    taken = "taken"
    done = "done"
