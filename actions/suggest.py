"""建议: recorded, with thanks."""

from actions.feedback import Feedback, FeedbackForm


class SuggestForm(FeedbackForm):
    task = "suggest"


class Suggest(Feedback):
    task = "suggest"
    category = "suggestion"
