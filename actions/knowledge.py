"""A task, or a question about it: 没保价摔坏了赔多少 reads like a claim and asks for the policy."""

from actions.afterwards import is_about_parcel
from actions.answer_faq import answer_topic, search_faq, topic_buttons
from actions.intents import PLAIN, QUESTIONS
from actions.talk import Talk
from bot.errors import NotFoundError

_OWN_MATTERS = ("order_no", "ticket_no", "phone", "phone_tail", "address", "region", "weight")


async def is_likelier_knowledge(talk: Talk, task: str) -> bool:
    """Whether the sentence that would begin this task is rather a question of policy, which is answered then.

    Both confidences are probabilities, so the likelier reading wins, but nothing is begun for who asks how much is
    paid or how; the task stays one tap away.  A sentence that names a waybill, an order or a place is about that,
    and a tapped button means what it says.
    """
    heard = talk.heard
    if not heard.words or heard.intent != task or heard.waybill_numbers or heard.first(*_OWN_MATTERS):
        return False
    if talk.waybill_no is not None and is_about_parcel(heard):
        return False
    found = await search_faq(talk, heard.words)
    is_about_terms = heard.asks_terms and task not in QUESTIONS
    if is_about_terms and found.decision == "ask":
        talk.say("utter_did_you_mean", [*topic_buttons(found.candidates), *talk.buttons(task)])
        return True
    if found.decision != "answer" or (found.candidates[0].confidence <= heard.confidence and not is_about_terms):
        return False
    try:
        await answer_topic(talk, found.candidates[0].topic)
    except NotFoundError:
        return False
    talk.add_buttons(talk.buttons(task))
    return True


async def tells_terms(talk: Talk, task: str) -> bool:
    """赔多少 in the middle of the claim is no description: answered, then the form goes on."""
    if not talk.heard.asks_terms or talk.heard.intent not in (task, *PLAIN):
        return False
    found = await search_faq(talk, talk.heard.words)
    if found.decision == "ask":
        talk.say("utter_did_you_mean", topic_buttons(found.candidates))
    if found.decision != "answer":
        return found.decision == "ask"
    try:
        await answer_topic(talk, found.candidates[0].topic)
    except NotFoundError:
        return False
    return True
