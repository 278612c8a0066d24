"""查件: where it is, since when, what comes next, when it should arrive; honestly if it is late, and then traced."""

from actions.status import StatusWords
from actions.talk import Talk
from actions.waybill_query import WaybillQueryForm, WhereaboutsQuery
from bot.waybills.progress import Progress


class QueryWaybillForm(WaybillQueryForm):
    task = "query_waybill"


class QueryWaybill(WhereaboutsQuery):
    task = "query_waybill"

    def answer(self, talk: Talk, progress: Progress, words: StatusWords) -> None:  # noqa: ARG002
        talk.say("utter_waybill_status", talk.buttons(*words.steps), **words.values)
