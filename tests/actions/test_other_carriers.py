"""A customer asks for a parcel that another carrier has, with simulated tracking services behind the bot."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from actions import Services, build_actions
from bot.jobs import Jobs
from bot.settings import Settings
from bot.waybills.access import GuessLimit
from bot.waybills.source import InMemoryWaybillSource
from connectors.tracking.assembly import track_elsewhere
from tests.actions.conftest import first_steps
from tests.builders import make_waybill
from tests.fakes import LittleRasa
from tests.simulators.kuaidi100 import Kuaidi100Simulator, Parcel, row
from tests.simulators.network import SimulatedNetwork
from tests.simulators.sf import SfSimulator, route

OWN = "YD2026000000011"
SF = "SF1234567890123"
YTO = "YT1234567890123"
BARE = "4310508235533"


@pytest.fixture
def kuaidi100(clock) -> Kuaidi100Simulator:
    simulator = Kuaidi100Simulator(clock)
    rows = [row("2026-03-04 08:20:00", "【深圳市】快件正在派件", "5", "派件")]
    simulator.add(Parcel("yuantong", YTO, rows, "5"))
    return simulator


@pytest.fixture
def sf() -> SfSimulator:
    simulator = SfSimulator()
    simulator.add(SF, ("1234",), [route("2026-03-03 18:00:00", "已收取快件", "50")])
    return simulator


@pytest.fixture
async def tracking_services(services, database, clock, waybills, tmp_path, kuaidi100, sf) -> AsyncIterator[Services]:
    settings = Settings(
        data_dir=tmp_path,
        kuaidi100_customer="CUST0001",
        kuaidi100_key="KEYabc123",
        kuaidi100_salt="SALT",
        sf_partner_id="PARTNER1",
        sf_checkword="check*word~1",
    )
    network = SimulatedNetwork({"kuaidi100": kuaidi100.app, "sf-express": sf.app})
    jobs = Jobs(database)
    tracking = track_elsewhere(settings, database, clock, jobs, waybills, GuessLimit(per_customer=4), transport=network)
    assert tracking is not None
    yield replace(services, others=tracking.parcels)
    await tracking.close()


@pytest.fixture
async def bot(tracking_services: Services) -> LittleRasa:
    """A conversation of a new customer with a bot that can look elsewhere."""
    view = await tracking_services.conversations.open("web", "visitor-1")
    metadata = {"conversation_id": str(view.id), "customer_id": str(view.customer_id), "channel": "web"}
    return LittleRasa(build_actions(tracking_services), first_steps(), metadata)


def _conversation(bot: LittleRasa) -> UUID:
    return UUID(bot.metadata["conversation_id"])


async def test_where_nothing_is_configured_another_carriers_number_is_unknown(chat: LittleRasa) -> None:
    [said] = await chat.hear(f"{SF}到哪了", "query_waybill", waybill_no=SF)
    assert said.response == "utter_waybill_unknown"


async def test_a_carrier_that_wants_no_tail_is_told_at_once_and_how_old_it_is(bot: LittleRasa) -> None:
    [said] = await bot.hear(f"{YTO}到哪了", "query_waybill", waybill_no=YTO)
    assert said.response == "utter_other_status"
    assert said.values == {
        "waybill_no": YTO,
        "carrier": "圆通速递",
        "status": "派送中",
        "since": "今天 08:20",
        "scan": "【深圳市】快件正在派件",
        "updated": "今天 10:00",
    }
    assert bot.form is None


async def test_sf_wants_the_tail_and_is_not_asked_before(bot: LittleRasa, sf: SfSimulator) -> None:
    [need] = await bot.hear(f"{SF}到哪了", "query_waybill", waybill_no=SF)
    assert (need.response, need.values["carrier"]) == ("utter_other_need_phone_tail", "顺丰速运")
    assert sf.asked == []
    [told] = await bot.hear("1234", "inform")
    assert (told.response, told.values["status"]) == ("utter_other_status", "已揽收")
    assert [question["checkPhoneNo"] for question in sf.asked] == ["1234"]


async def test_number_and_tail_in_one_sentence_are_enough(bot: LittleRasa) -> None:
    [told] = await bot.hear(f"{SF} 尾号1234 到哪了", "query_waybill", waybill_no=SF, phone_tail="1234")
    assert told.response == "utter_other_status"


async def test_a_wrong_tail_is_asked_for_once_more_then_said_to_show_nothing(bot: LittleRasa) -> None:
    await bot.hear(SF, "query_waybill", waybill_no=SF)
    [first] = await bot.hear("0001", "inform")
    [second] = await bot.hear("0002", "inform")
    assert (first.response, second.response) == (
        "utter_other_phone_tail_wrong",
        "utter_other_phone_tail_wrong_again",
    )
    assert bot.form is None


async def test_a_wrong_tail_and_then_the_right_one(bot: LittleRasa) -> None:
    await bot.hear(SF, "query_waybill", waybill_no=SF)
    await bot.hear("0001", "inform")
    [told] = await bot.hear("是1234", "inform")
    assert told.response == "utter_other_status"


async def test_who_goes_on_guessing_is_handed_to_a_person(bot: LittleRasa, services: Services) -> None:
    for tail in ("0001", "0002", "0003", "0004"):
        await bot.hear(f"{SF} {tail}", "query_waybill", waybill_no=SF)
    assert await bot.hear(f"{SF} 1234", "query_waybill", waybill_no=SF) == []
    assert (await services.conversations.view(_conversation(bot))).hand_off_reason == "locked"


async def test_what_was_proven_is_remembered_for_the_next_question(bot: LittleRasa) -> None:
    await bot.hear(f"{SF} 1234", "query_waybill", waybill_no=SF)
    [eta] = await bot.hear("什么时候到", "query_eta")
    [courier] = await bot.hear("快递员电话", "query_courier")
    assert (eta.response, courier.response) == ("utter_other_status", "utter_other_status")


async def test_our_own_number_is_ours_whatever_it_looks_like(
    bot: LittleRasa, waybills: InMemoryWaybillSource, kuaidi100: Kuaidi100Simulator
) -> None:
    waybills.add(make_waybill(BARE))
    [said] = await bot.hear(f"{BARE}到哪了", "query_waybill", waybill_no=BARE)
    assert said.response == "utter_need_phone_tail"
    assert kuaidi100.asked == []


async def test_a_mistyped_number_of_ours_is_unknown_and_asked_for_nowhere(
    bot: LittleRasa, kuaidi100: Kuaidi100Simulator
) -> None:
    [said] = await bot.hear("YD9999999999999", "query_waybill", waybill_no="YD9999999999999")
    assert said.response == "utter_waybill_unknown"
    assert (kuaidi100.asked, kuaidi100.guessed) == ([], [])


async def test_when_nobody_knows_whose_it_is_the_customer_taps_a_carrier(
    bot: LittleRasa, kuaidi100: Kuaidi100Simulator
) -> None:
    kuaidi100.add(Parcel("yunda", BARE, [row("2026-03-03 12:00:00", "已收件", "103")], "1"))
    [which] = await bot.hear(BARE, "query_waybill", waybill_no=BARE)
    [told] = await bot.tap(which.buttons[0])
    assert (which.response, which.buttons[0]["title"]) == ("utter_other_which_carrier", "韵达快递")
    assert (told.response, told.values["carrier"]) == ("utter_other_status", "韵达快递")


@pytest.mark.parametrize("intent", ["out_of_scope", "inform", "nlu_fallback"])
async def test_or_names_it_whatever_the_model_makes_of_that(
    bot: LittleRasa, kuaidi100: Kuaidi100Simulator, intent: str
) -> None:
    kuaidi100.add(Parcel("ems", BARE, [row("2026-03-03 12:00:00", "已收件", "103")], "1"))
    await bot.hear(BARE, "query_waybill", waybill_no=BARE)
    [told] = await bot.hear("是EMS的", intent)
    assert (told.response, told.values["carrier"]) == ("utter_other_status", "EMS")


@pytest.mark.parametrize("text", [f"中通的单号查一下{BARE}", f"{BARE} 中通", f"顺丰{SF}到哪了"])
async def test_a_number_with_its_carriers_name_is_looked_up_although_the_model_thinks_it_none_of_our_business(
    bot: LittleRasa, text: str
) -> None:
    [said] = await bot.hear(text, "out_of_scope")
    assert said.response == "utter_other_need_phone_tail"


async def test_asking_after_another_carriers_parcel_without_a_number_asks_for_it(bot: LittleRasa) -> None:
    [other] = await bot.hear("圆通加盟费多少", "out_of_scope")
    [number] = await bot.hear("顺丰快递到哪了", "out_of_scope")
    assert (other.response, number.response) == ("utter_out_of_scope", "utter_need_waybill_no")


@pytest.mark.parametrize(
    ("codes", "response"),
    [
        (["500"], "utter_other_no_track"),
        (["401"], "utter_other_unsupported"),
        (["400"], "utter_other_which_carrier"),
        (["501", "502", "501"], "utter_other_busy"),
        (["503"], "utter_other_busy"),
        (["504"], "utter_other_busy"),
        (["601"], "utter_other_busy"),
        (["999"], "utter_other_busy"),
    ],
)
async def test_every_error_of_the_service_is_a_sentence(
    bot: LittleRasa, kuaidi100: Kuaidi100Simulator, codes: list[str], response: str
) -> None:
    kuaidi100.first_answers = codes
    [said] = await bot.hear("JT1234567890123", "query_waybill", waybill_no="JT1234567890123")
    assert said.response == response


@pytest.mark.parametrize(("wish", "intent"), [("改地址", "change_address"), ("怎么还没人来取件", "urge_pickup")])
async def test_nothing_but_the_track_can_be_had_of_another_carriers_parcel(
    bot: LittleRasa, wish: str, intent: str
) -> None:
    [only] = await bot.hear(f"{YTO} {wish}", intent, waybill_no=YTO)
    assert (only.response, bot.form) == ("utter_other_only_track", None)
    [told] = await bot.tap(only.buttons[0])
    assert told.response == "utter_other_status"


async def test_another_carriers_number_is_not_carried_into_our_own_matters(bot: LittleRasa) -> None:
    await bot.hear(YTO, "query_waybill", waybill_no=YTO)
    [address] = await bot.hear("我要改地址", "change_address")
    assert address.response == "utter_need_waybill_no"
    await bot.hear("算了", "cancel_flow")
    await bot.hear(YTO, "query_waybill", waybill_no=YTO)
    [ticket] = await bot.hear("我的工单怎么样了", "query_ticket")
    assert ticket.response == "utter_query_ticket_none"


async def test_a_question_in_between_does_not_change_what_our_own_matter_is_about(
    bot: LittleRasa, waybills: InMemoryWaybillSource
) -> None:
    waybills.add(make_waybill(OWN))
    await bot.hear(f"{OWN} 尾号1234 改地址", "change_address", waybill_no=OWN, phone_tail="1234")
    told, again = await bot.hear(f"{YTO}到哪了", "query_waybill", waybill_no=YTO)
    assert (told.response, again.response) == ("utter_other_status", "utter_need_waybill_no")
    assert bot.form == "change_address_form"


async def test_while_the_tail_is_asked_for_everything_else_still_works(bot: LittleRasa, services: Services) -> None:
    await bot.hear(SF, "query_waybill", waybill_no=SF)
    chat, again = await bot.hear("谢谢", "thank")
    [over] = await bot.hear("算了", "cancel_flow")
    assert (chat.response, again.response) == ("utter_thank", "utter_other_need_phone_tail")
    assert (over.response, bot.form) == ("utter_form_cancelled", None)
    await bot.hear(SF, "query_waybill", waybill_no=SF)
    assert await bot.hear("转人工", "request_human") == []
    summary = (await services.conversations.view(_conversation(bot))).hand_off_summary or ""
    assert SF in summary


async def test_several_numbers_are_offered_to_choose_from(bot: LittleRasa) -> None:
    [which] = await bot.hear(f"{SF} {YTO}", "query_waybill", waybill_no=[SF, YTO])
    [told] = await bot.tap(which.buttons[1])
    assert (which.response, told.response) == ("utter_which_waybill", "utter_other_status")


async def test_the_answer_leaves_a_summary_under_no_waybill_of_ours(bot: LittleRasa, services: Services) -> None:
    await bot.hear(YTO, "query_waybill", waybill_no=YTO)
    [summary] = await services.tickets.summaries_of(_conversation(bot))
    assert (summary.wrap_up_code, summary.waybill_no) == ("query_waybill", None)
    assert YTO in summary.text


async def test_half_an_hour_later_it_is_asked_for_anew(bot: LittleRasa, kuaidi100: Kuaidi100Simulator, clock) -> None:
    await bot.hear(YTO, "query_waybill", waybill_no=YTO)
    clock.advance(timedelta(minutes=29))
    [old] = await bot.hear(YTO, "query_waybill", waybill_no=YTO)
    clock.advance(timedelta(minutes=1))
    [new] = await bot.hear(YTO, "query_waybill", waybill_no=YTO)
    assert (old.values["updated"], new.values["updated"]) == ("今天 10:00", "今天 10:30")
    assert len(kuaidi100.asked) == 2
