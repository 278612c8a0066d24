"""What goes out of the desk, what is refused, and what may be tried again."""

import pytest

from bot.channels import MessageKind
from bot.desk.service import Person
from bot.desk.workplace import DeskServices, Workplace
from bot.errors import AttachmentNotFoundError, IllegalMoveError, NotFoundError, SendingRefusedError
from tests.desk.builders import make_waiting
from tests.evidence.builders import make_picture
from tests.fakes import RecordingChannel

MESSAGE = "desk:11111111"


async def test_a_warning_goes_out_once_it_is_confirmed_and_not_by_default(
    desk: DeskServices, workplace: Workplace, lina: Person
) -> None:
    conversation_id = await make_waiting(desk)
    await workplace.accept(lina, conversation_id)
    with pytest.raises(SendingRefusedError) as refusal:
        await workplace.say(lina, conversation_id, "今天一定能到", external_id=MESSAGE)
    assert refusal.value.confirmable
    said = await workplace.say(lina, conversation_id, "今天一定能到", external_id=MESSAGE, confirmed=True)
    assert (said.text, said.reminder) == ("今天一定能到", None)


@pytest.mark.parametrize("text", ["把验证码发给我", "您的运单{运单号}正在派送"])
async def test_no_confirmation_sends_what_is_blocked_or_not_filled(
    desk: DeskServices, workplace: Workplace, lina: Person, text: str
) -> None:
    conversation_id = await make_waiting(desk)
    await workplace.accept(lina, conversation_id)
    with pytest.raises(SendingRefusedError) as refusal:
        await workplace.say(lina, conversation_id, text, external_id=MESSAGE, confirmed=True)
    assert not refusal.value.confirmable


async def test_who_is_reminded_has_sent_it(desk: DeskServices, workplace: Workplace, lina: Person) -> None:
    conversation_id = await make_waiting(desk)
    await workplace.accept(lina, conversation_id)
    said = await workplace.say(lina, conversation_id, "慢慢等", external_id=MESSAGE)
    assert "语气有些生硬" in (said.reminder or "")
    assert (await desk.conversations.messages_after(conversation_id, 0))[-1].text == "慢慢等"


async def test_a_file_goes_out_with_or_without_words(desk: DeskServices, workplace: Workplace, lina: Person) -> None:
    conversation_id = await make_waiting(desk)
    await workplace.accept(lina, conversation_id)
    file = await workplace.upload(lina, conversation_id, make_picture(), "image/jpeg", "面单.jpg")
    said = await workplace.say(lina, conversation_id, "", external_id=MESSAGE, files=[file.id])
    assert [(one.kind, one.name, one.id) for one in said.attachments] == [(MessageKind.image, "面单.jpg", file.id)]


async def test_a_file_of_somebody_else_cannot_be_sent(
    desk: DeskServices, workplace: Workplace, lina: Person, zhou: Person
) -> None:
    conversation_id = await make_waiting(desk)
    await workplace.accept(lina, conversation_id)
    assert desk.attachments is not None
    theirs = await desk.attachments.upload(make_picture(), "image/jpeg", "x.jpg", by=zhou.actor)
    with pytest.raises(AttachmentNotFoundError):
        await workplace.say(lina, conversation_id, "", external_id=MESSAGE, files=[theirs.sha256])


async def test_files_are_taken_for_held_conversations_only(
    desk: DeskServices, workplace: Workplace, lina: Person, zhou: Person
) -> None:
    conversation_id = await make_waiting(desk)
    await workplace.accept(lina, conversation_id)
    with pytest.raises(IllegalMoveError):
        await workplace.upload(zhou, conversation_id, make_picture(), "image/jpeg", "x.jpg")


async def test_what_did_not_arrive_is_tried_again_by_whoever_holds_the_conversation(
    desk: DeskServices, workplace: Workplace, lina: Person, zhou: Person
) -> None:
    assert desk.deliveries is not None
    desk.deliveries.channels.add(RecordingChannel("web"))
    conversation_id = await make_waiting(desk)
    await workplace.accept(lina, conversation_id)
    said = await workplace.say(lina, conversation_id, "您好", external_id=MESSAGE)
    (delivery,) = [one for one in await desk.deliveries.found(conversation_id=conversation_id) if one.seq == said.seq]
    await desk.deliveries.drop(delivery.id)
    (failed,) = await workplace.messages_after(lina, conversation_id, said.seq - 1)
    with pytest.raises(IllegalMoveError):
        await workplace.resend(zhou, conversation_id, said.seq)
    await workplace.resend(lina, conversation_id, said.seq)
    (again,) = await workplace.messages_after(lina, conversation_id, said.seq - 1)
    assert (failed.delivery, again.delivery) == ("failed", "sending")


async def test_what_never_was_on_its_way_cannot_be_tried_again(
    desk: DeskServices, workplace: Workplace, lina: Person
) -> None:
    conversation_id = await make_waiting(desk)
    await workplace.accept(lina, conversation_id)
    with pytest.raises(NotFoundError):
        await workplace.resend(lina, conversation_id, 1)
