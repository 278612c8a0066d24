"""个人信息: recorded for those in charge of personal data."""

from actions.feedback import Feedback


class PrivacyRequest(Feedback):
    task = "privacy_request"
    category = "privacy"
