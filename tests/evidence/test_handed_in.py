"""Files that somebody refers to have to stand in the record of the ticket."""

import pytest

from bot.errors import AccessRefusedError, BadQueryError, NotFoundError
from bot.evidence.handed_in import refuse_unless_handed_in
from bot.evidence.model import EvidenceKind, NewEvidence
from bot.evidence.words import evidence_words
from tests.evidence.builders import TICKET, agent_of, make_picture

HANGZHOU, TRANSIT = agent_of("HZ001"), agent_of("HZ900")
UNKNOWN = "0" * 64


@pytest.fixture
def refer(database):
    async def refer(*files: str, by=HANGZHOU, ticket_no: str = TICKET) -> None:
        async with database.transaction() as session:
            await refuse_unless_handed_in(session, ticket_no, files, by=by)

    return refer


@pytest.fixture
def hand_in(database, attachments, items, clock):
    async def hand_in(by=HANGZHOU, ticket_no: str = TICKET, width: int = 40) -> str:
        file = await attachments.upload(make_picture(size=(width, 30)), "image/jpeg", "a.jpg", by=by)
        async with database.transaction() as session:
            new = NewEvidence(EvidenceKind.photo, "", file)
            await items.add(session, ticket_no, new, by=by, at=clock())
        return file.sha256

    return hand_in


async def test_what_was_handed_in_for_the_ticket_may_be_referred_to_by_whoever_works_on_it(refer, hand_in):
    own, anothers = await hand_in(), await hand_in(TRANSIT, width=50)

    await refer()
    await refer(own, anothers, own)


async def test_a_file_that_nobody_uploaded_is_unknown(refer, hand_in):
    with pytest.raises(NotFoundError, match=evidence_words().refusal("file_unknown", file="0" * 12)):
        await refer(await hand_in(), UNKNOWN)


async def test_somebody_elses_file_may_not_be_referred_to(refer, hand_in):
    elsewhere = await hand_in(TRANSIT, "GD2600000002")

    with pytest.raises(AccessRefusedError, match="不是您上传的"):
        await refer(elsewhere)


async def test_an_own_file_has_to_be_handed_in_for_this_ticket_first(refer, hand_in):
    elsewhere = await hand_in(ticket_no="GD2600000002")

    with pytest.raises(BadQueryError, match=f"还没有提交为工单 {TICKET} 的证据"):
        await refer(elsewhere)
