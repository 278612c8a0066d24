"""Every action, built once over the services."""

from actions.abuse import Abuse
from actions.affirm import Affirm
from actions.answer_faq import AnswerFaq
from actions.appeal import Appeal, AppealForm
from actions.apply_claim import ApplyClaim, ApplyClaimForm
from actions.base import ServiceAction
from actions.cancel_flow import CancelFlow
from actions.cancel_order import CancelOrder, CancelOrderForm
from actions.change_address import ChangeAddress, ChangeAddressForm
from actions.change_pickup_time import ChangePickupTime, ChangePickupTimeForm
from actions.complain import Complain, ComplainForm
from actions.delivery_preference import DeliveryPreference, DeliveryPreferenceForm
from actions.deny import Deny
from actions.dissatisfied import Dissatisfied
from actions.forms import ServiceForm
from actions.hand_off import HandOff
from actions.inform import Inform
from actions.intercept_parcel import InterceptParcel, InterceptParcelForm
from actions.place_order import PlaceOrder, PlaceOrderForm
from actions.praise import Praise, PraiseForm
from actions.privacy_request import PrivacyRequest
from actions.query_claim import QueryClaim
from actions.query_courier import QueryCourier, QueryCourierForm
from actions.query_coverage import QueryCoverage, QueryCoverageForm
from actions.query_eta import QueryEta, QueryEtaForm
from actions.query_order import QueryOrder
from actions.query_outlet import QueryOutlet, QueryOutletForm
from actions.query_pickup_code import QueryPickupCode, QueryPickupCodeForm
from actions.query_price import QueryPrice, QueryPriceForm
from actions.query_ticket import QueryTicket
from actions.query_transit_time import QueryTransitTime, QueryTransitTimeForm
from actions.query_waybill import QueryWaybill, QueryWaybillForm
from actions.refuse_parcel import RefuseParcel, RefuseParcelForm
from actions.report_damage import ReportDamage, ReportDamageForm
from actions.report_false_delivery import ReportFalseDelivery, ReportFalseDeliveryForm
from actions.report_fraud import ReportFraud
from actions.report_lost import ReportLost, ReportLostForm
from actions.report_missing_items import ReportMissingItems, ReportMissingItemsForm
from actions.report_not_to_door import ReportNotToDoor, ReportNotToDoorForm
from actions.report_overcharge import ReportOvercharge, ReportOverchargeForm
from actions.report_stalled import ReportStalled, ReportStalledForm
from actions.report_wrong_delivery import ReportWrongDelivery, ReportWrongDeliveryForm
from actions.reschedule_delivery import RescheduleDelivery, RescheduleDeliveryForm
from actions.services import Services
from actions.small_talk import BotChallenge, Chitchat, Goodbye, Greet, Thank
from actions.suggest import Suggest, SuggestForm
from actions.unsure import OutOfScope, Unsure
from actions.urge_delivery import UrgeDelivery, UrgeDeliveryForm
from actions.urge_pickup import UrgePickup, UrgePickupForm
from actions.urge_ticket import UrgeTicket, UrgeTicketForm

FORMS: tuple[type[ServiceForm], ...] = (
    AppealForm,
    ApplyClaimForm,
    CancelOrderForm,
    ChangeAddressForm,
    ChangePickupTimeForm,
    ComplainForm,
    DeliveryPreferenceForm,
    InterceptParcelForm,
    PlaceOrderForm,
    PraiseForm,
    QueryCourierForm,
    QueryCoverageForm,
    QueryEtaForm,
    QueryOutletForm,
    QueryPickupCodeForm,
    QueryPriceForm,
    QueryTransitTimeForm,
    QueryWaybillForm,
    RefuseParcelForm,
    ReportDamageForm,
    ReportFalseDeliveryForm,
    ReportLostForm,
    ReportMissingItemsForm,
    ReportNotToDoorForm,
    ReportOverchargeForm,
    ReportStalledForm,
    ReportWrongDeliveryForm,
    RescheduleDeliveryForm,
    SuggestForm,
    UrgeDeliveryForm,
    UrgePickupForm,
    UrgeTicketForm,
)

ACTIONS: tuple[type[ServiceAction], ...] = (
    Abuse,
    Affirm,
    AnswerFaq,
    Appeal,
    ApplyClaim,
    BotChallenge,
    CancelFlow,
    CancelOrder,
    ChangeAddress,
    ChangePickupTime,
    Chitchat,
    Complain,
    DeliveryPreference,
    Deny,
    Dissatisfied,
    Goodbye,
    Greet,
    HandOff,
    Inform,
    InterceptParcel,
    OutOfScope,
    PlaceOrder,
    Praise,
    PrivacyRequest,
    QueryClaim,
    QueryCourier,
    QueryCoverage,
    QueryEta,
    QueryOrder,
    QueryOutlet,
    QueryPickupCode,
    QueryPrice,
    QueryTicket,
    QueryTransitTime,
    QueryWaybill,
    RefuseParcel,
    ReportDamage,
    ReportFalseDelivery,
    ReportFraud,
    ReportLost,
    ReportMissingItems,
    ReportNotToDoor,
    ReportOvercharge,
    ReportStalled,
    ReportWrongDelivery,
    RescheduleDelivery,
    Suggest,
    Thank,
    Unsure,
    UrgeDelivery,
    UrgePickup,
    UrgeTicket,
)


def build_actions(services: Services) -> list[ServiceAction | ServiceForm]:
    """One object per custom action of the domain."""
    return [*(action(services) for action in ACTIONS), *(form(services) for form in FORMS)]
