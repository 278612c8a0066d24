"""Errors of the core, drawn as a tree.

BotError
├── SettingsError              a setting is missing or makes no sense
├── SetupError                 something the set-up needs is not there
│   └── AlreadyRunningError    a second start in the same data folder
├── DataFileError              a file edited by people does not fit its schema (names file and line)
├── ImportFileError            a file to import cannot be read at all (says why, in Chinese)
├── NotFoundError              the thing asked for does not exist
│   └── WaybillNotFoundError
├── RefusedError               a rule of the business says no
│   ├── AccessRefusedError     the caller is no party to it
│   │   └── TooManyGuessesError
│   ├── IllegalMoveError       the state machine does not allow it
│   ├── AccountExistsError     the desk has an account of that name
│   ├── WeakPasswordError      too short to protect anything
│   └── LoginRefusedError      unknown name or wrong password
│       └── LoginLockedError   right, but tried wrongly too often
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


class RefusedError(BotError):
    """A rule of the business says no."""


class AccessRefusedError(RefusedError):
    """The caller is no party to what was asked for."""


class TooManyGuessesError(AccessRefusedError):
    """Phone tails were guessed too often; a person has to help."""


class IllegalMoveError(RefusedError):
    """The state machine does not allow this move from the present state."""


class AccountExistsError(RefusedError):
    """The desk already has an account of that name."""


class WeakPasswordError(RefusedError):
    """The password is too short to protect anything."""


class LoginRefusedError(RefusedError):
    """Unknown name or wrong password; which of them stays our secret."""


class LoginLockedError(LoginRefusedError):
    """The password is right, but wrong ones were tried too often just before."""


class EngineUnavailableError(BotError):
    """The dialogue engine is down or did not answer in time."""
