"""The outbox: what other systems and other packages are told, in the same transaction as the change."""

from bot.outbox.emitting import NewEvent, emit, emit_many

__all__ = ["NewEvent", "emit", "emit_many"]
