"""What is refused about releases; every message is for trainers, in Chinese."""

from bot.errors import NotFoundError, RefusedError


class ReleaseRefusedError(RefusedError):
    """Not now, or not by this person."""


class ReleaseMoveError(ReleaseRefusedError):
    """Not from the state that the release is in."""


class ReleaseNotFoundError(NotFoundError):
    """No release is called so."""
