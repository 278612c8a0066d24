"""One customer across channels, and notices, put together; for the composition root alone."""

from dataclasses import dataclass
from datetime import datetime

from actions.binding import BindingEngine
from actions.noticing import NoticeEngine
from actions.services import Services
from bot.clock import Clock
from bot.conversations.service import ConversationService
from bot.customer_history import HISTORIES, CustomerSight
from bot.customers.phone_codes import CodeLimits, PhoneCodes
from bot.customers.service import CustomerService
from bot.db import Database
from bot.delivery.service import DeliveryService
from bot.dialogue.engine import DialogueEngine
from bot.jobs import Jobs
from bot.notices.quiet import QuietHours
from bot.notices.service import NoticeService
from bot.notices.telling import Teller
from bot.notices.watching import Watching
from bot.outbox.relaying import Subscribers
from bot.settings import Settings

_EVERY_MINUTE = "* * * * *"
_EVERY_NIGHT = "7 19 * * *"
"""In UTC: seven past three in China."""


@dataclass(frozen=True)
class ReachingOut:
    """The parts.  ``watching`` has to be there before waybills are, all others after conversations."""

    customers: CustomerService
    codes: PhoneCodes
    sight: CustomerSight
    notices: NoticeService
    watching: Watching
    teller: Teller

    @classmethod
    def build(
        cls,
        settings: Settings,
        database: Database,
        clock: Clock,
        deliveries: DeliveryService,
        conversations: ConversationService,
        *,
        secret: str,
    ) -> "ReachingOut":
        """Wire it; from now on notices that their channel refuses go another way."""
        quiet = QuietHours(settings.notice_quiet_from, settings.notice_quiet_until)
        customers = CustomerService(database, clock, histories=HISTORIES, channels=deliveries.channels.names)
        notices = NoticeService(database, quiet)
        teller = Teller(database, clock, deliveries, conversations, quiet)
        deliveries.fallback = teller
        return cls(
            customers=customers,
            codes=PhoneCodes(database, clock, customers, deliveries.enqueue, secret=secret, limits=_limits(settings)),
            sight=CustomerSight(database),
            notices=notices,
            watching=Watching(database, clock, notices, deliveries),
            teller=teller,
        )

    def register(self, jobs: Jobs, subscribers: Subscribers) -> None:
        """What runs by itself; before `Jobs.start`."""

        async def tell(_: datetime) -> None:
            await self.teller.tick()

        self.customers.register(jobs)
        self.watching.subscribe(subscribers)
        jobs.periodic("notices.tell", _EVERY_MINUTE, tell)
        jobs.periodic("notices.forget", _EVERY_NIGHT, self.teller.forget)
        jobs.periodic("customers.forget_codes", _EVERY_NIGHT, self.codes.forget)

    def listening(
        self, engine: DialogueEngine, services: Services, database: Database, clock: Clock, deliveries: DeliveryService
    ) -> DialogueEngine:
        """The engine, below which phones are bound (where SMS can be sent) and notices are agreed to."""
        engine = NoticeEngine(
            engine,
            database,
            clock,
            self.notices,
            services.waybills,
            services.tickets,
            services.conversations,
            deliveries.channels,
        )
        if "sms" not in deliveries.channels:
            return engine
        return BindingEngine(engine, database, clock, self.codes, services.waybills, services.conversations)


def _limits(settings: Settings) -> CodeLimits:
    return CodeLimits(
        per_phone=settings.phone_codes_per_phone,
        per_customer=settings.phone_codes_per_customer,
        per_source=settings.phone_codes_per_address,
    )
