"""查运费: a price for every product on the route."""

from actions.base import TaskAction
from actions.fields import PlaceField, WeightField
from actions.forms import ServiceForm
from actions.talk import Talk


class QueryPriceForm(ServiceForm):
    task = "query_price"
    fields = (
        PlaceField("origin", "origin"),
        PlaceField("target", "destination"),
        WeightField("weight"),
    )


class QueryPrice(TaskAction):
    task = "query_price"

    async def perform(self, talk: Talk) -> None:
        route = {slot: talk.text_of(slot) for slot in ("origin", "target", "weight")}
        quotes = talk.services.network.quote(route["origin"], route["target"], float(route["weight"]))
        if not quotes:
            talk.say("utter_not_served", talk.buttons("query_outlet", "request_human"), place=route["target"])
            return
        lines = [
            talk.wording.part(
                "part_quote",
                product=quote.product_zh,
                freight=f"{quote.freight:g}",
                days=days_words(talk, quote.days_min, quote.days_max),
            )
            for quote in quotes
        ]
        talk.say("utter_query_price_done", talk.buttons("place_order"), quotes="\n".join(lines), **route)
        await talk.settled(self.task, lines[0])


def days_words(talk: Talk, least: int, most: int) -> str:
    """1-2 天, 当天."""
    if most == 0:
        return talk.wording.label("same_day")
    span = str(most) if least == most else f"{least}-{most}"
    return talk.wording.part("label_days", days=span)
