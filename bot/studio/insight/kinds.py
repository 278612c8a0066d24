"""What is counted, and what can be mended."""

from enum import StrEnum


class Metric(StrEnum):
    """What a counter counts; its key and total stand behind it.

    ``heard``: messages customers typed to the bot, by intent; total: the sum of confidences.
    ``contact``: by how it ended: ``resolved``, ``given_up``, or the reason of the hand-over; total: of those resolved,
    how many wrote again within 24 hours.
    ``rating``: by whom it is about and the score, ``bot:5``; total: the sum of scores.
    ``answered``: answers of the knowledge base, by topic; total: after how many the customer was not content.
    ``unanswered``: questions for the knowledge base that it had no answer to.
    ``suggested``: answers suggested to agents, by topic and what became of it, ``price.how_charged:edited``.
    """

    heard = "heard"
    contact = "contact"
    rating = "rating"
    answered = "answered"
    unanswered = "unanswered"
    suggested = "suggested"


class HintKind(StrEnum):
    """What a line of the list of things to do is about."""

    misses = "misses"
    confusable = "confusable"
    faq_gap = "faq_gap"
    faq_unanswered = "faq_unanswered"
    faq_poor = "faq_poor"
    faq_expiring = "faq_expiring"
    faq_edited = "faq_edited"
    agreement = "agreement"
    disputes = "disputes"


RESOLVED, GIVEN_UP = "resolved", "given_up"
"""How a contact ended without a person."""
