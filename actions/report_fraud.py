"""诈骗举报: a clear warning first, then on record."""

import re

from actions.feedback import Feedback
from actions.talk import Talk

_HAPPENED = re.compile(
    r"(?:已经?|刚刚?|都)[^，,。]{0,8}(?:给|转|付|汇|点|说|告诉|发)|(?:给|转|付|汇|告诉)[^，,。]{0,4}了|被骗"
)


class ReportFraud(Feedback):
    task = "report_fraud"
    category = "fraud"

    def response(self, talk: Talk) -> str:
        """The warning comes too late for who has paid or told the code."""
        return "utter_report_fraud_again" if _HAPPENED.search(talk.heard.words) else super().response(talk)
