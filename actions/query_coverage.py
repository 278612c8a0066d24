"""派送范围: is a place served, to the door, at what surcharge."""

from actions.base import TaskAction
from actions.fields import PlaceField
from actions.forms import ServiceForm
from actions.talk import Talk


class QueryCoverageForm(ServiceForm):
    task = "query_coverage"
    fields = (PlaceField("place"),)


class QueryCoverage(TaskAction):
    task = "query_coverage"

    async def perform(self, talk: Talk) -> None:
        asked = talk.text_of("matter") or talk.text_of("place")
        coverage = talk.services.network.coverage(f"{talk.text_of('place')} {asked}")
        surcharge = f"{coverage.remote_surcharge:g}"
        note = talk.wording.part(f"part_coverage_{coverage.note}", surcharge=surcharge)
        buttons = talk.buttons("query_price", "query_outlet", "place_order")
        talk.say("utter_query_coverage_done", buttons, place=coverage.place.name, note=note)
        await talk.settled(self.task, note)
