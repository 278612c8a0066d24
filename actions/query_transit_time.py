"""查时效: how many days each product takes from here to there."""

from actions.base import TaskAction
from actions.fields import PlaceField
from actions.forms import ServiceForm
from actions.query_price import days_words
from actions.talk import Talk


class QueryTransitTimeForm(ServiceForm):
    task = "query_transit_time"
    fields = (
        PlaceField("origin", "origin"),
        PlaceField("target", "destination"),
    )


class QueryTransitTime(TaskAction):
    task = "query_transit_time"

    async def perform(self, talk: Talk) -> None:
        route = {slot: talk.text_of(slot) for slot in ("origin", "target")}
        times = talk.services.network.transit(route["origin"], route["target"])
        lines = [
            talk.wording.part(
                "part_transit", product=time.product_zh, days=days_words(talk, time.days_min, time.days_max)
            )
            for time in times
        ]
        if not lines:
            talk.say("utter_not_served", talk.buttons("query_outlet", "request_human"), place=route["target"])
            return
        buttons = talk.buttons("place_order", "query_price")
        talk.say("utter_query_transit_time_done", buttons, times="\n".join(lines), **route)
        await talk.settled(self.task, lines[0])
