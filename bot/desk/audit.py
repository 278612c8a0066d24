"""Writing down what people do at the desk: the audit of the staff, under the desk's own name."""

from bot.staff.audit import of_conversation, record, record_by

__all__ = ["of_conversation", "record", "record_by"]
