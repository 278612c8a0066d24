"""预计送达: when this parcel should arrive; a late one is traced."""

from actions.status import StatusWords
from actions.talk import Talk
from actions.waybill_query import WaybillQueryForm, WhereaboutsQuery
from bot.waybills.progress import Progress


class QueryEtaForm(WaybillQueryForm):
    task = "query_eta"


class QueryEta(WhereaboutsQuery):
    task = "query_eta"

    def answer(self, talk: Talk, progress: Progress, words: StatusWords) -> None:
        response = "utter_eta" if progress.expected_at is not None else "utter_waybill_status"
        talk.say(response, talk.buttons(*words.steps), **words.values)
