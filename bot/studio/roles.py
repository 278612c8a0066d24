"""Who may do what in the studio."""

from bot.errors import AccessRefusedError
from bot.staff.model import Actor, Role
from bot.studio.words import studio_words

TRAINS = frozenset({Role.trainer, Role.admin})
"""They change what the bot knows, and publish it."""

LOOKS = TRAINS | {Role.supervisor}
"""They see what it knows, what it missed, and how it does."""


def refuse_unless_trains(actor: Actor) -> None:
    if actor.role not in TRAINS:
        raise AccessRefusedError(studio_words().refusals["trains"])


def refuse_unless_looks(actor: Actor) -> None:
    if actor.role not in LOOKS:
        raise AccessRefusedError(studio_words().refusals["looks"])
