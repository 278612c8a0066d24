"""表扬: passed on to whoever is praised."""

from actions.feedback import Feedback, FeedbackForm


class PraiseForm(FeedbackForm):
    task = "praise"


class Praise(Feedback):
    task = "praise"
    category = "praise"
