"""Which release answers a conversation.  Pure."""

from dataclasses import dataclass
from hashlib import blake2b
from uuid import UUID

_PARTS = 10_000


@dataclass(frozen=True)
class Line:
    """What serves at a moment.

    Parameters
    ----------
    candidate: the release that is tried on a share of new conversations, as soon as its process is up.
    share: percent of new conversations.
    served: every release that conversations may go on with, the stable one and the candidate among them.
    """

    stable: str
    candidate: str | None = None
    share: int = 0
    served: frozenset[str] = frozenset()

    def for_new(self, conversation_id: UUID) -> str:
        """Of a conversation that begins, or begins again.  The same each time, and kept when the share is widened."""
        if self.candidate is not None and part_of(conversation_id, self.candidate) < self.share * _PARTS // 100:
            return self.candidate
        return self.stable

    def for_turn(self, conversation_id: UUID, pinned: str | None, *, slept: bool) -> str:
        """Of a turn: a running conversation stays with its release, unless that was withdrawn."""
        if pinned is None or slept:
            return self.for_new(conversation_id)
        return pinned if pinned in self.served | {self.stable} else self.stable


def part_of(conversation_id: UUID, release: str) -> int:
    """A number below 10,000, spread evenly: each release draws its share anew."""
    digest = blake2b(f"{release}:{conversation_id}".encode(), digest_size=8).digest()
    return int.from_bytes(digest) % _PARTS
