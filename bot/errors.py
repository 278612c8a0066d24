"""Errors of the core, drawn as a tree.

BotError
├── SettingsError              a setting is missing or makes no sense
├── SetupError                 something the set-up needs is not there
│   └── AlreadyRunningError    a second start in the same data folder
├── DataFileError              a file edited by people does not fit its schema (names file and line)
├── ImportFileError            a file to import cannot be read at all (says why, in Chinese)
├── NotFoundError              the thing asked for does not exist
│   ├── WaybillNotFoundError
│   ├── TrackNotFoundError     no track yet at another carrier, or the wrong carrier
│   ├── AttachmentNotFoundError  no file of this content, or none of this person's
│   └── EntryNotFoundError     the draft has no such entry
├── RefusedError               a rule of the business says no
│   ├── AccessRefusedError     the caller is no party to it
│   │   ├── TooManyGuessesError
│   │   ├── PhoneTailRequiredError  another carrier wants a party's phone tail, the right one
│   │   │   └── PhoneTailWrongError  one was given, and shows nothing
│   │   └── NotHolderError     another node's window runs
│   ├── CarrierUnknownError    which carrier has to be said
│   ├── CarrierUnsupportedError  this carrier cannot be tracked
│   ├── IllegalMoveError       the state machine does not allow it
│   ├── EvidenceRefusedError   what was handed in is no evidence (says why, in Chinese)
│   │   ├── EvidenceClosedError  the chain ended, or the window did
│   │   └── AttachmentRefusedError  the file is of the wrong kind, or broken
│   │       └── AttachmentTooBigError
│   ├── RulesRefusedError      rules to be published have problems (says which, in Chinese)
│   ├── RulesChangedError      someone else published in the meantime
│   ├── EntryRefusedError      a change of the content breaks its rules (says which, in Chinese)
│   ├── StaleEntryError        someone else changed the entry in the meantime
│   ├── WebhookAddressError    a URL that must not be called, or leads where we do not call
│   ├── LedgerReversedError    an entry of the ledger can be reversed once only
│   ├── PhoneCodeError         a phone code cannot be sent, or is not right
│   ├── SendingRefusedError    an agent's message may not go out as it is (says why, in Chinese)
│   ├── AccountExistsError     the desk has an account of that name
│   ├── WeakPasswordError      too short, or what everybody tries first
│   └── LoginRefusedError      unknown name or wrong password
│       ├── LoginLockedError   wrong ones were tried too often just before
│       ├── SecondFactorNeededError  the password is right, the code is still owed
│       └── SignOnRefusedError  the single sign-on says no, or cannot be believed
├── TrackingError              a tracking service did not do what it should
│   ├── TrackingBusyError      it is down, too slow or too busy
│   │   └── TrackingTooOftenError  it was asked for the same number too often
│   └── TrackingConfigError    it does not accept our account: somebody has to act
├── EventDataError             what is to be told does not fit the published schema of its kind
├── BadQueryError              a list was asked for in a way that makes no sense (says why, in Chinese)
├── NoRuleError                no table, or no row of it, answers
├── FactsError                 facts for a decision table lack an input or have the wrong type
├── AttachmentDamagedError     the store gives back other bytes than were put there
├── WebhookUnreachableError    the receiver of an event did not answer in time, or at all
└── EngineUnavailableError     the dialogue engine is down or too slow
"""

from pathlib import Path


class BotError(Exception):
    """Base of every error this project raises on purpose."""


class SettingsError(BotError):
    """A setting is missing or makes no sense."""


class SetupError(BotError):
    """Something the set-up needs is not there; the message says what to do."""


class AlreadyRunningError(SetupError):
    """A second start in the same data folder."""


class DataFileError(BotError):
    """A file that people edit does not fit its schema.

    Parameters
    ----------
    problems: one sentence each, beginning with ``file:line:``.
    """

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems

    @classmethod
    def at(cls, path: Path, line: int, what: str) -> "DataFileError":
        return cls([f"{path}:{line}: {what}"])


class ImportFileError(BotError):
    """A file to import cannot be read at all; the message is for whoever sent it, in Chinese."""


class NotFoundError(BotError):
    """The thing asked for does not exist."""


class WaybillNotFoundError(NotFoundError):
    """No source knows this waybill number."""

    def __init__(self, waybill_no: str) -> None:
        super().__init__(f"waybill {waybill_no} is not known")
        self.waybill_no = waybill_no


class TrackNotFoundError(NotFoundError):
    """The carrier has no track for this number: it is too new, or another carrier's."""

    def __init__(self, waybill_no: str, carrier: str) -> None:
        super().__init__(f"{carrier} has no track of waybill {waybill_no}")
        self.carrier = carrier


class RefusedError(BotError):
    """A rule of the business says no."""


class AccessRefusedError(RefusedError):
    """The caller is no party to what was asked for."""


class TooManyGuessesError(AccessRefusedError):
    """Phone tails were guessed too often; a person has to help."""


class PhoneTailRequiredError(AccessRefusedError):
    """The carrier shows this waybill only for a party's phone tail, and none or a wrong one was given."""

    def __init__(self, waybill_no: str, carrier: str) -> None:
        super().__init__(f"{carrier} shows waybill {waybill_no} only for a party's phone tail")
        self.waybill_no = waybill_no
        self.carrier = carrier


class PhoneTailWrongError(PhoneTailRequiredError):
    """A phone tail was given for another carrier's waybill and shows nothing.

    Parameters
    ----------
    times: how many wrong ones this customer gave for this waybill lately, this one included.
    """

    def __init__(self, waybill_no: str, carrier: str, times: int) -> None:
        super().__init__(waybill_no, carrier)
        self.times = times


class CarrierUnknownError(RefusedError):
    """The tracking service does not know the carrier, or wants to be told: ask whose number it is."""

    def __init__(self, waybill_no: str, carrier: str) -> None:
        super().__init__(f"{carrier!r} is no carrier to track waybill {waybill_no} with")


class CarrierUnsupportedError(RefusedError):
    """The tracking service knows the carrier and cannot track it."""

    def __init__(self, waybill_no: str, carrier: str) -> None:
        super().__init__(f"waybill {waybill_no} of {carrier} cannot be tracked")
        self.carrier = carrier


class IllegalMoveError(RefusedError):
    """The state machine does not allow this move from the present state."""


class RulesRefusedError(RefusedError):
    """Rules to be published have problems: one Chinese sentence each, naming table, row and column."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class RulesChangedError(RefusedError):
    """Someone else published in the meantime; the message says so in Chinese."""


class EntryRefusedError(RefusedError):
    """A change of the content breaks its rules: one Chinese sentence each."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class StaleEntryError(RefusedError):
    """Someone else changed the entry in the meantime; the message says so in Chinese.

    Parameters
    ----------
    newest: the entry as it stands now, None where it is gone.
    """

    def __init__(self, message: str, newest: object | None) -> None:
        super().__init__(message)
        self.newest = newest


class WebhookAddressError(RefusedError):
    """A URL that must not be called, or leads where we do not call; the message is for the administrator."""


class LedgerReversedError(RefusedError):
    """The entry has been reversed, or is itself a reversal; the message is for whoever asked."""


class PhoneCodeError(RefusedError):
    """A code cannot be sent to a phone for now, or the one given is not right.

    Parameters
    ----------
    reason: ``wait``, ``too_many``, ``wrong``, ``spent``, ``expired``.
    left: how often a wrong one may still be tried.
    """

    def __init__(self, reason: str, *, left: int = 0) -> None:
        super().__init__(f"phone code: {reason}")
        self.reason = reason
        self.left = left


class SendingRefusedError(RefusedError):
    """An agent's message may not go out as it is.

    Parameters
    ----------
    confirmable: whether the same message goes out once the agent has confirmed it.
    """

    def __init__(self, message: str, *, confirmable: bool = False) -> None:
        super().__init__(message)
        self.confirmable = confirmable


class AccountExistsError(RefusedError):
    """The desk already has an account of that name."""


class WeakPasswordError(RefusedError):
    """The password is too short, or one that everybody tries first; the message says which, in Chinese."""


class LoginRefusedError(RefusedError):
    """Unknown name or wrong password; which of them stays our secret."""


class LoginLockedError(LoginRefusedError):
    """Wrong passwords or codes were tried too often just before; whether this one is right nobody looked.

    Parameters
    ----------
    wait_s: seconds until the next try counts.
    """

    def __init__(self, what: str, *, wait_s: int = 60) -> None:
        super().__init__(what)
        self.wait_s = wait_s


class SecondFactorNeededError(LoginRefusedError):
    """The password is right; a code of the authenticator is still owed.

    Parameters
    ----------
    token: stands for the login so far.
    sets_up: whether the person has to set an authenticator up first.
    """

    def __init__(self, token: str, *, sets_up: bool) -> None:
        super().__init__("the second factor is owed")
        self.token = token
        self.sets_up = sets_up


class SignOnRefusedError(LoginRefusedError):
    """The single sign-on refused, or what it sent cannot be believed; the message is for the log, in English."""


class TrackingError(BotError):
    """A tracking service did not do what it should.  Customers are told that it does not answer at the moment."""


class TrackingBusyError(TrackingError):
    """A tracking service is down, too slow or too busy; later may do."""


class TrackingTooOftenError(TrackingBusyError):
    """A tracking service was asked for the same number too often; not again within half an hour."""


class TrackingConfigError(TrackingError):
    """A tracking service does not accept our account or our signature; nothing gets better until somebody acts."""


class WebhookUnreachableError(BotError):
    """The receiver of an event did not answer in time, or at all."""


class EventDataError(BotError):
    """What is to be told to other systems does not fit the published schema of its kind."""


class AttachmentNotFoundError(NotFoundError):
    """The store has no content under this hash, or this person uploaded none such."""

    def __init__(self, sha256: str) -> None:
        super().__init__(f"attachment {sha256[:64]} is not known")
        self.sha256 = sha256


class AttachmentDamagedError(BotError):
    """The store gives back other bytes than were put there: they were swapped or rotted."""

    def __init__(self, sha256: str) -> None:
        super().__init__(f"the content of attachment {sha256} is not what was stored")
        self.sha256 = sha256


class EntryNotFoundError(NotFoundError):
    """The draft has no such entry; the message says so in Chinese."""


class EvidenceRefusedError(RefusedError):
    """What was handed in is no evidence; the message is for whoever handed it in, in Chinese."""


class EvidenceClosedError(EvidenceRefusedError):
    """Too late: the chain has ended, or the window of the node has."""


class AttachmentRefusedError(EvidenceRefusedError):
    """A file of the wrong kind, or one that cannot be opened."""


class AttachmentTooBigError(AttachmentRefusedError):
    """A file over the limit."""


class NotHolderError(AccessRefusedError):
    """Another node has the ticket; the message says which, in Chinese."""


class EngineUnavailableError(BotError):
    """The dialogue engine is down or did not answer in time."""


class BadQueryError(BotError):
    """A list was asked for in a way that makes no sense; the message says why, in Chinese."""


class NoRuleError(BotError):
    """No decision table of that name, or no row of it, answers."""

    def __init__(self, table: str, what: str) -> None:
        super().__init__(f"decision table {table}: {what}")
        self.table = table


class FactsError(BotError):
    """The facts handed to a decision table lack an input or have the wrong type."""

    def __init__(self, table: str, what: str) -> None:
        super().__init__(f"decision table {table}: {what}")
        self.table = table


class UnreadableError(BotError):
    """Something a platform pushed that we will never be able to read."""
