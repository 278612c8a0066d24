"""网点查询: outlets near a place."""

from actions.base import TaskAction
from actions.fields import PlaceField
from actions.forms import ServiceForm
from actions.talk import Talk


class QueryOutletForm(ServiceForm):
    task = "query_outlet"
    fields = (PlaceField("place"),)


class QueryOutlet(TaskAction):
    task = "query_outlet"

    async def perform(self, talk: Talk) -> None:
        place = talk.text_of("place")
        outlets = await talk.services.network.outlets_near(place)
        if not outlets:
            talk.say("utter_query_outlet_none", talk.buttons("place_order", "request_human"), place=place)
            return
        lines = [
            talk.wording.part(
                "part_outlet",
                outlet=outlet.name,
                address=outlet.address,
                phone=outlet.phone,
                hours=outlet.opening_hours,
            )
            for outlet in outlets
        ]
        talk.say("utter_query_outlet_done", talk.buttons("place_order"), place=place, outlets="\n\n".join(lines))
        await talk.settled(self.task, outlets[0].name)
