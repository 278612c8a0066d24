"""The intents of the taxonomy, grouped by what they mean to a form that is open."""

# Answered from data; a form that is open is resumed afterwards.
QUESTIONS = frozenset(
    {
        "query_waybill",
        "query_eta",
        "query_pickup_code",
        "query_courier",
        "query_outlet",
        "query_price",
        "query_transit_time",
        "query_coverage",
    }
)

# End the form or answer back, whatever it asked for.
CONTROL = frozenset({"request_human", "cancel_flow", "dissatisfied", "abuse"})

# Say nothing of their own: whatever they hold belongs to the form.
PLAIN = frozenset({"inform", "affirm", "deny", "nlu_fallback"})

# Troubles told while a free description is asked for are part of it.
PROBLEMS = frozenset(
    {
        "report_stalled",
        "report_false_delivery",
        "report_lost",
        "report_damage",
        "report_missing_items",
        "report_wrong_delivery",
        "report_not_to_door",
        "report_overcharge",
        "apply_claim",
        "complain",
        "appeal",
        "suggest",
        "praise",
        "urge_delivery",
        "urge_ticket",
        "delivery_preference",
    }
)

# Control of the conversation itself: never proposed as "您是不是想问".
CONVERSATION = frozenset(
    {
        "greet",
        "goodbye",
        "thank",
        "affirm",
        "deny",
        "cancel_flow",
        "inform",
        "dissatisfied",
        "abuse",
        "bot_challenge",
        "chitchat",
        "out_of_scope",
        "nlu_fallback",
        "faq",
        "request_human",
    }
)

# Started by their form; everything else is done by one action at once.
TASKS_WITH_FORM = frozenset(
    {
        "appeal",
        "apply_claim",
        "cancel_order",
        "change_address",
        "change_pickup_time",
        "complain",
        "delivery_preference",
        "intercept_parcel",
        "place_order",
        "praise",
        "query_courier",
        "query_coverage",
        "query_eta",
        "query_outlet",
        "query_pickup_code",
        "query_price",
        "query_transit_time",
        "query_waybill",
        "refuse_parcel",
        "report_damage",
        "report_false_delivery",
        "report_lost",
        "report_missing_items",
        "report_not_to_door",
        "report_overcharge",
        "report_stalled",
        "report_wrong_delivery",
        "reschedule_delivery",
        "suggest",
        "urge_delivery",
        "urge_pickup",
        "urge_ticket",
    }
)
