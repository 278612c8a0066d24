"""Customers and one row of every table that refers to them, and a picture of who has what."""

from datetime import timedelta
from itertools import count
from uuid import UUID, uuid4

from sqlalchemy import func, insert, select, text

from bot.conversations.model import Conversation, ConversationDoor
from bot.customers import references
from bot.customers.model import ChannelPreference, PhoneCode
from bot.customers.service import customer_for
from bot.notices.model import Consent, NoticeRow, WaybillWatch
from bot.orders.model import Order
from bot.tickets.model import Ticket
from bot.waybills.tables import Instruction, PhoneTailGuess, WaybillGrant
from connectors.tracking.tables import ForeignInquiry

_numbers = count(1)


class Things:
    """Makes rows as the services would, without their rules."""

    def __init__(self, database, clock):
        self.database = database
        self.clock = clock

    async def customer(self, channel="web", address=None):
        async with self.database.transaction() as session:
            found = await customer_for(session, channel, address or f"v{next(_numbers)}", at=self.clock())
            return found.id

    async def conversation(self, customer_id, channel="web", address="v", *doors):
        values = {
            "id": uuid4(),
            "customer_id": customer_id,
            "channel": channel,
            "reply_channel": channel,
            "reply_address": address,
            "state": "bot",
            "last_seq": 0,
            "customer_seq": 0,
            "handled_seq": 0,
            "priority": 0,
            "created_at": self.clock(),
            "updated_at": self.clock(),
        }
        async with self.database.transaction() as session:
            await session.execute(insert(Conversation).values(values))
            for where in ((channel, address), *doors):
                session.add(
                    ConversationDoor(
                        channel=where[0], address=where[1], conversation_id=values["id"], created_at=self.clock()
                    )
                )
        return values["id"]

    async def ticket(self, customer_id, conversation_id=None, *, waybill_no=None, category="other", status="open"):
        number = f"GD{next(_numbers):010d}"
        now = self.clock()
        values = {
            "ticket_no": number,
            "kind": "service",
            "category": category,
            "flow": "standard",
            "cause": "other",
            "service_class": "normal",
            "waybill_no": waybill_no,
            "case_key": waybill_no or f"customer:{customer_id}",
            "customer_id": customer_id,
            "conversation_id": conversation_id,
            "channel": "web",
            "party": "",
            "text": "没送上门，电话 13900001234",
            "status": status,
            "priority": "normal",
            **dict.fromkeys(("contacts", "urges", "escalations", "sent_backs", "reopened", "version"), 0),
            "tier": "outlet",
            "across_provinces": False,
            "vip": False,
            "calendar": "outlet",
            "opened_at": now,
            "updated_at": now,
            "due_at": now + timedelta(hours=4),
            "next_tick_at": now + timedelta(hours=4),
        }
        async with self.database.transaction() as session:
            await session.execute(insert(Ticket.__table__).values(values))
        return number

    async def everything(self, customer_id, conversation_id, *, waybill_no="YD2026000000011"):
        """One row of each table, made in a conversation."""
        now = self.clock()
        await self.ticket(customer_id, conversation_id, waybill_no=f"{waybill_no}{next(_numbers)}")
        async with self.database.transaction() as session:
            session.add_all(
                [
                    Order(
                        order_no=f"JD{next(_numbers)}",
                        turn=f"{conversation_id}:{next(_numbers)}:order",
                        customer_id=customer_id,
                        contact_phone="13900001234",
                        pickup_address="文三路1号",
                        destination="广州",
                        goods="衣服",
                        pickup_when="明天",
                        status="placed",
                        urged=0,
                        placed_at=now,
                        updated_at=now,
                    ),
                    Instruction(
                        waybill_no=waybill_no,
                        kind="expedite",
                        details={},
                        party="consignee",
                        customer_id=customer_id,
                        conversation_id=conversation_id,
                        turn=f"{conversation_id}:{next(_numbers)}",
                        at=now,
                    ),
                    ForeignInquiry(
                        customer_id=customer_id,
                        waybill_no=waybill_no,
                        carrier="shunfeng",
                        phone_tail="1234",
                        proven_at=now,
                        at=now,
                    ),
                    PhoneTailGuess(customer_id=customer_id, waybill_no=waybill_no, at=now),
                    PhoneCode(
                        customer_id=customer_id,
                        phone="13900001234",
                        source="",
                        digest="x",
                        tries=0,
                        created_at=now,
                        expires_at=now,
                    ),
                    ChannelPreference(
                        customer_id=customer_id, channel="wechat", conversation_id=conversation_id, at=now
                    ),
                    Consent(
                        customer_id=customer_id,
                        kind="delivered",
                        channel="wechat",
                        subject=waybill_no,
                        agreed=True,
                        how="button",
                        by="bot",
                        conversation_id=conversation_id,
                        at=now,
                    ),
                ]
            )
        await self.grant(customer_id, waybill_no)
        await self.watch(customer_id, waybill_no, conversation_id)
        await self.notice(customer_id, waybill_no)

    async def grant(self, customer_id, waybill_no):
        row = WaybillGrant(
            customer_id=customer_id,
            waybill_no=waybill_no,
            party="consignee",
            proof="phone_tail",
            granted_at=self.clock(),
        )
        async with self.database.transaction() as session:
            session.add(row)

    async def watch(self, customer_id, waybill_no, conversation_id=None):
        row = WaybillWatch(
            waybill_no=waybill_no, customer_id=customer_id, conversation_id=conversation_id, at=self.clock()
        )
        async with self.database.transaction() as session:
            session.add(row)

    async def notice(self, customer_id, waybill_no):
        now = self.clock()
        row = NoticeRow(
            customer_id=customer_id,
            kind="delivered",
            subject=waybill_no,
            occasion=f"delivered:{waybill_no}",
            values={},
            happened_at=now,
            due_at=now,
            expires_at=now,
            state="waiting",
            tried=[],
            created_at=now,
        )
        async with self.database.transaction() as session:
            session.add(row)

    async def picture(self):
        """Who has what, down to the last row: what a merge and its undoing must leave as it was."""
        found = {}
        async with self.database.transaction() as session:
            for reference in references.REFERENCES:
                rows = reference.clause()
                names = [rows.c[name] for name in reference.key] + [rows.c[reference.column]]
                if reference is references.TICKETS:
                    names.append(rows.c.case_key)
                values = (await session.execute(select(*names))).all()
                found[reference.table] = sorted(tuple(map(str, row)) for row in values)
            people = await session.execute(text("SELECT id, name, verified_phone, merged_into FROM customers"))
            found["customers"] = sorted(tuple(map(str, row)) for row in people.all())
        return found

    async def count_of(self, customer_id: UUID):
        """Rows of each table that are this customer's."""
        counts = {}
        async with self.database.transaction() as session:
            for reference in references.REFERENCES:
                rows = reference.clause()
                query = select(func.count()).select_from(rows).where(rows.c[reference.column] == customer_id)
                counts[reference.table] = await session.scalar(query)
        return counts
