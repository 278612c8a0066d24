"""Prices, times, coverage and outlets, from the tables of the network."""

from bot.network.tables import OutletRow
from tests.fakes import LittleRasa


async def test_a_price_needs_both_ends_and_a_weight(chat: LittleRasa) -> None:
    [origin] = await chat.hear("寄到北京多少钱", "query_price", region="北京")
    [weight] = await chat.hear("杭州", "inform", region="杭州")
    [price] = await chat.hear("三公斤", "inform", weight="三公斤")
    assert (origin.response, weight.response) == ("utter_need_origin", "utter_need_weight")
    assert (price.values["origin"], price.values["target"], price.values["weight"]) == ("杭州", "北京", "3")


async def test_a_weight_in_between_is_no_place(chat: LittleRasa) -> None:
    await chat.hear("寄到北京多少钱", "query_price", region="北京")
    [origin] = await chat.hear("三公斤", "inform", weight="三公斤")
    [price] = await chat.hear("杭州", "inform", region="杭州")
    assert origin.response == "utter_need_origin"
    assert price.values["weight"] == "3"


async def test_all_in_one_sentence_is_answered_at_once(chat: LittleRasa) -> None:
    facts = {"region": ["杭州", "北京"], "weight": "3公斤"}
    [price] = await chat.hear("从杭州寄到北京3公斤多少钱", "query_price", **facts)
    assert price.response == "utter_query_price_done"


async def test_two_places_without_a_word_between_are_from_and_to(chat: LittleRasa) -> None:
    [times] = await chat.hear("杭州寄北京几天", "query_transit_time", region=["杭州", "北京"])
    assert (times.values["origin"], times.values["target"]) == ("杭州", "北京")


async def test_coverage_tells_how_a_place_is_served(chat: LittleRasa) -> None:
    [said] = await chat.hear("送不送喀什", "query_coverage", region="喀什")
    assert "喀什" in said.values["place"]
    assert "偏远" in said.values["note"]


async def test_outlets_near_a_place_come_with_phone_and_hours(chat: LittleRasa, outlet: OutletRow) -> None:
    [asked] = await chat.hear("附近网点", "query_outlet")
    [said] = await chat.hear("广州天河", "inform", region="广州天河")
    assert asked.response == "utter_need_place"
    assert outlet.phone in said.values["outlets"]


async def test_where_there_is_no_outlet_that_is_said(chat: LittleRasa) -> None:
    [said] = await chat.hear("北京网点", "query_outlet", region="北京")
    assert said.response == "utter_query_outlet_none"
