"""Codes by SMS that show a customer to have a phone.

Six digits, five minutes, five wrong tries.  A code is kept as its HMAC only and travels as a secret notice, which the
delivery erases once it is sent.  How often codes are sent is limited by phone, by customer and by where they are asked
for, so that nobody is flooded and nobody can guess for long.
"""

import hashlib
import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID, uuid4

from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.clock import Clock
from bot.customers.bindings import PhoneBinding
from bot.customers.merging import hold
from bot.customers.model import Door, PhoneCode
from bot.customers.phones import normal_phone, sms_address
from bot.customers.reach import SMS
from bot.customers.service import CustomerService, get_customer
from bot.customers.words import customer_words
from bot.db import Database
from bot.delivery.ports import Notice, Outgoing
from bot.errors import PhoneCodeError

DIGITS = 6
CODE_KIND = "phone_code"
KEPT_FOR = timedelta(days=30)
_DAY = timedelta(days=1)
_SENDING = 2_077_012


@dataclass(frozen=True)
class CodeLimits:
    """How often, and for how long.

    Parameters
    ----------
    lasts: how long a code is good.
    tries: wrong codes that one code bears.
    pause: between two codes to the same phone.
    per_phone, per_customer, per_source: codes within 24 hours; a source is an IP address, where one is known.
    """

    lasts: timedelta = timedelta(minutes=5)
    tries: int = 5
    pause: timedelta = timedelta(minutes=1)
    per_phone: int = 5
    per_customer: int = 10
    per_source: int = 20


class Enqueue(Protocol):
    """Takes something to be sent, in the caller's transaction; as `DeliveryService.enqueue`."""

    async def __call__(self, session: AsyncSession, outgoing: Outgoing) -> None: ...


def six_digits() -> str:
    """A code nobody can foresee."""
    return f"{secrets.randbelow(10**DIGITS):0{DIGITS}d}"


class PhoneCodes:
    """Sends codes and checks them.

    Parameters
    ----------
    secret: key of the HMAC.
    enqueue: what gets a code to a phone.
    make: where codes come from.
    """

    def __init__(
        self,
        database: Database,
        clock: Clock,
        customers: CustomerService,
        enqueue: Enqueue,
        *,
        secret: str,
        limits: CodeLimits | None = None,
        make: Callable[[], str] = six_digits,
    ) -> None:
        self.limits = limits or CodeLimits()
        self._database = database
        self._clock = clock
        self._customers = customers
        self._enqueue = enqueue
        self._secret = secret.encode()
        self._make = make

    async def send(self, customer_id: UUID, phone: str, *, source: str = "") -> None:
        """Send a new code to this phone; an earlier one of the customer is good no more.

        Raises `PhoneCodeError`: ``wait`` where one was sent a moment ago, ``too_many`` for today.
        """
        phone, now = normal_phone(phone), self._clock()
        async with self._database.transaction() as session:
            await session.execute(select(func.pg_advisory_xact_lock(_SENDING)))
            customer_id = (await get_customer(session, customer_id)).id
            await self._refuse_too_often(session, customer_id, phone, source, now)
            code, code_id = self._make(), uuid4()
            session.add(
                PhoneCode(
                    id=code_id,
                    customer_id=customer_id,
                    phone=phone,
                    source=source,
                    digest=self._digest(code_id, phone, code),
                    tries=0,
                    created_at=now,
                    expires_at=now + self.limits.lasts,
                )
            )
            await session.flush()
            await self._enqueue(session, self._outgoing(code_id, phone, code, now))

    async def check(self, customer_id: UUID, phone: str, code: str, *, via: Door | None = None) -> UUID:
        """The right code proves the phone: returns who the customer is from now on (`CustomerService.verified`).

        Raises `PhoneCodeError`: ``wrong`` (with how many tries are left), ``spent``, ``expired``.
        """
        phone, now = normal_phone(phone), self._clock()
        async with self._database.transaction() as session:
            await hold(session)
            customer_id = (await get_customer(session, customer_id)).id
            sent = await self._newest(session, customer_id, phone)
            refusal = self._refusal(sent, phone, code, now)
            if refusal is None and sent is not None:
                sent.used_at = now
                await session.flush()
                return await self._customers.verified(session, customer_id, phone, now, via=via)
        raise refusal or PhoneCodeError("expired")

    async def forget(self, _: datetime | None = None) -> None:
        """Nothing is learnt from codes and half-done bindings of long ago."""
        before = self._clock() - KEPT_FOR
        async with self._database.transaction() as session:
            await session.execute(delete(PhoneCode).where(PhoneCode.created_at < before))
            await session.execute(delete(PhoneBinding).where(PhoneBinding.updated_at < before))

    def _refusal(self, sent: PhoneCode | None, phone: str, code: str, now: datetime) -> PhoneCodeError | None:
        if sent is None or sent.used_at is not None or now >= sent.expires_at:
            return PhoneCodeError("expired")
        if sent.tries >= self.limits.tries:
            return PhoneCodeError("spent")
        if hmac.compare_digest(sent.digest, self._digest(sent.id, phone, code)):
            return None
        sent.tries += 1
        left = self.limits.tries - sent.tries
        return PhoneCodeError("wrong", left=left) if left > 0 else PhoneCodeError("spent")

    async def _newest(self, session: AsyncSession, customer_id: UUID, phone: str) -> PhoneCode | None:
        """Locked, so that two tries at once count as two."""
        query = (
            select(PhoneCode)
            .where(PhoneCode.customer_id == customer_id, PhoneCode.phone == phone)
            .order_by(PhoneCode.created_at.desc())
            .limit(1)
            .with_for_update()
        )
        return (await session.scalars(query)).first()

    async def _refuse_too_often(
        self, session: AsyncSession, customer_id: UUID, phone: str, source: str, now: datetime
    ) -> None:
        recent = select(func.count()).select_from(PhoneCode).where(PhoneCode.created_at > now - _DAY)
        to_phone, limits = PhoneCode.phone == phone, self.limits
        last = await session.scalar(select(func.max(PhoneCode.created_at)).where(to_phone))
        if last is not None and now - last < limits.pause:
            raise PhoneCodeError("wait")
        counts = [
            (to_phone, limits.per_phone),
            (PhoneCode.customer_id == customer_id, limits.per_customer),
            *([(PhoneCode.source == source, limits.per_source)] if source else []),
        ]
        for which, most in counts:
            if (await session.scalar(recent.where(which)) or 0) >= most:
                raise PhoneCodeError("too_many")

    def _outgoing(self, code_id: UUID, phone: str, code: str, now: datetime) -> Outgoing:
        """The code stands among the values alone, which are erased: nowhere in the text."""
        minutes = int(self.limits.lasts.total_seconds() // 60)
        return Outgoing(
            id=code_id,
            channel=SMS,
            recipient=sms_address(phone),
            author="system",
            text=customer_words().code_sms,
            created_at=now,
            notice=Notice(CODE_KIND, {"code": code, "minutes": str(minutes)}),
            expires_at=now + self.limits.lasts,
        )

    def _digest(self, code_id: UUID, phone: str, code: str) -> str:
        return hmac.new(self._secret, f"{code_id}:{phone}:{code}".encode(), hashlib.sha256).hexdigest()
