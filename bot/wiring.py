"""Everything that the platform and its worker are built on, wired together; the composition root's lower half."""

from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property, partial
from uuid import UUID

from actions.follow_up import AskInConversation, FollowUpEngine
from actions.preferred import AskWherePreferred
from actions.services import Services
from actions.stand_in import StandIn
from actions.wordless import TicketProofs, WordlessEngine
from bot.arms import Arms, Live, Loader
from bot.assembly import EVERY_NIGHT, Service, assemble
from bot.changeover import Changeover
from bot.clock import Clock
from bot.connecting import Connected, connect
from bot.conversations.answering import Answering
from bot.conversations.events import EventHub
from bot.conversations.mood_watch import MoodWatch
from bot.conversations.service import ConversationService
from bot.conversations.typing import TypingRelay
from bot.conversations.waking import Waking
from bot.customers.reach import Doorkeeper
from bot.db import Database
from bot.delivery.attempts import Patience
from bot.delivery.sending import Sending
from bot.delivery.service import DeliveryService
from bot.desk.tools.services import DeskTools
from bot.desking import desk_tools, look_at_promises
from bot.dialogue.engine import DialogueEngine, EngineAnswer, RasaEngine, Turn
from bot.errors import SettingsError
from bot.handing_over import HandingOver
from bot.inbox.postgres import PostgresInbox
from bot.inbox.reading import Reading, ReadingLimits
from bot.inbox.shelf import Shelf
from bot.leading_wiring import draw_weekly
from bot.moods import LiveMoods
from bot.network.service import NetworkService
from bot.orders.service import OrderService
from bot.reaching_out import ReachingOut
from bot.secrets import Secrets, load_secrets
from bot.settings import Settings
from bot.studio.releases.choosing import Choosing
from bot.training import content_of, current_encoder, current_model
from bot.understanding import Lineup, Understanding, announced
from bot.waybills.access import GuessLimit, WaybillAccess
from bot.waybills.postgres import PostgresWaybillSource
from bot.waybills.service import WaybillService
from bot.words import Words
from connectors.connector import Surroundings
from connectors.tracking.assembly import Tracking, track_elsewhere
from connectors.web.continuing import forget_links
from knowledge_base.encoder import Encoder
from knowledge_base.store import FaqStore

_REPORTS_KEPT = timedelta(days=1)


@dataclass(frozen=True)
class Wired:
    """The parts.  Nothing runs before `start`; `Work` is what one process does for all."""

    settings: Settings
    secrets: Secrets
    clock: Clock
    words: Words
    database: Database
    hub: EventHub
    deliveries: DeliveryService
    inbox: PostgresInbox
    conversations: ConversationService
    reaching: ReachingOut
    handing: HandingOver
    waybills: Service
    tracking: Tracking | None
    services: Services
    faq: FaqStore
    mood_reader: LiveMoods
    arms: Arms
    engine: DialogueEngine
    changeover: Changeover
    choosing: Choosing
    around: Surroundings
    connected: Connected
    wakes: list[Callable[[UUID], None]]
    loader: Loader

    @cached_property
    def shelf(self) -> Shelf:
        return Shelf(self.database)

    @cached_property
    def tools(self) -> DeskTools:
        """What agents have at hand."""
        services = self.services
        return desk_tools(
            self.settings,
            self.database,
            self.clock,
            services.conversations,
            services.waybills,
            services.tickets,
            self.faq,
        )

    def encoder(self) -> Encoder:
        """The one that most customers are understood with now."""
        return self.loader.encoder(self.changeover.serving.encoder)

    def wake(self, conversation_id: UUID) -> None:
        """Have a conversation answered; where the worker is another process it hears of it by itself."""
        _call_all(self.wakes, conversation_id)

    async def start(self, stack: AsyncExitStack, *, works: bool) -> None:
        """What every process needs; the stack stops it again."""
        stack.push_async_callback(self.database.close)
        stack.push_async_callback(self.arms.engine.close)
        if self.tracking is not None:
            stack.push_async_callback(self.tracking.close)
        await self.inbox.open()
        stack.push_async_callback(self.inbox.close)
        await self.hub.start()
        stack.push_async_callback(self.hub.stop)
        stack.push_async_callback(self.waybills.stop)
        await self.waybills.start(works=works)
        await self.faq.start()
        stack.push_async_callback(self.faq.stop)
        await self.changeover.start()
        stack.push_async_callback(self.changeover.stop)


class Work:
    """What is done once for all processes: letters read, customers answered, moods read, messages sent.

    Parameters
    ----------
    alone: whether this process does nothing else; then it hears of what others receive.
    """

    def __init__(self, wired: Wired, *, alone: bool) -> None:
        settings, clock, conversations = wired.settings, wired.clock, wired.conversations
        self._wired = wired
        self._alone = alone
        limits = ReadingLimits(at_once=settings.inbox_at_once, hold=timedelta(minutes=settings.inbox_hold_minutes))
        self._reading = Reading(wired.database, clock, limits)
        wired.connected.register(self._reading)
        patience = Patience(give_up_after=timedelta(hours=settings.delivery_give_up_hours))
        self._sending = Sending(wired.deliveries, patience=patience, at_once=settings.delivery_at_once)
        listening = _engine(wired)
        stand_in = _StandIn(wired.arms)
        self._answering = Answering(
            conversations, wired.database, listening, stand_in, at_once=settings.answers_at_once
        )
        self._moods = MoodWatch(conversations, wired.mood_reader, listens=not alone)
        self._typing = TypingRelay(wired.hub, conversations, wired.deliveries.channels, clock)
        self._waking = Waking(wired.hub, conversations, self._answering, self._moods)
        wired.wakes.append(self._answering.wake)

    async def start(self, stack: AsyncExitStack) -> None:
        """The stack stops it: first what takes work in, last what gets answers out."""
        await self._wired.connected.start(stack)
        await self._wired.handing.dispatcher.start()
        stack.push_async_callback(self._wired.handing.dispatcher.stop)
        await self._sending.start()
        stack.push_async_callback(self._sending.stop)
        await self._typing.start()
        stack.push_async_callback(self._typing.stop)
        stack.push_async_callback(self._moods.stop)
        await self._answering.start()
        stack.push_async_callback(self._answering.stop)
        if self._alone:
            await self._waking.start()
            stack.push_async_callback(self._waking.stop)
        await self._reading.start()
        stack.push_async_callback(self._reading.stop)


def wire(settings: Settings, clock: Clock, engine: DialogueEngine | None = None) -> Wired:
    """All parts.  ``engine`` replaces Rasa, for tests."""
    if settings.database_url is None:
        raise SettingsError("the platform needs DATABASE_URL; 'bot up' starts a database and sets it")
    secrets = load_secrets(settings)
    values = {"carrier": settings.carrier_name, "hotline": settings.hotline, "website": settings.website}
    database = Database(settings.database_url, pool_size=20)
    lineup = announced(settings.data_dir)
    first = Lineup.alone(lineup.serving if lineup else _unannounced(settings))
    loader = Loader(settings, values, clock)
    known = loader.load(first.serving.encoder, content_of(settings))
    faq, words = known.faq, known.words
    live = Live(content_of(settings), faq, words, LiveMoods(known.moods))
    deliveries = DeliveryService(database, clock)
    deliveries.when_changed(Doorkeeper(clock))
    conversations = ConversationService(database, clock, words, deliveries)
    secret = secrets.secret_key
    reaching = ReachingOut.build(settings, database, clock, deliveries, conversations, secret=secret)
    asking = AskWherePreferred(AskInConversation(conversations))
    waybills = assemble(settings, database, clock, asking, reaching.watching)
    reaching.register(waybills.jobs, waybills.outbox.subscribers)
    source = PostgresWaybillSource(database)
    tracking = track_elsewhere(settings, database, clock, waybills.jobs, source, _guess_limit(settings))
    hub = EventHub(database)
    handing = HandingOver.build(
        settings,
        database,
        clock,
        conversations,
        waybills.rules,
        waybills.tickets.tickets,
        hub,
        deliveries.channels,
    )
    inbox = PostgresInbox(settings.database_url)
    wakes: list[Callable[[UUID], None]] = []
    around = Surroundings(
        settings,
        database,
        clock,
        words,
        inbox,
        waybills.jobs,
        conversations,
        waybills.evidence.attachments,
        wake=partial(_call_all, wakes),
    )
    services = _services(settings, database, words, faq, conversations, waybills, clock, tracking)
    choosing = Choosing(database)
    if lineup is not None:
        conversations.serve_by(choosing)
    arms = Arms(first, services, live, loader.load, partial(_rasa, settings, secrets, values), choosing.is_served)
    wired = Wired(
        settings=settings,
        secrets=secrets,
        clock=clock,
        words=words,
        database=database,
        hub=hub,
        deliveries=deliveries,
        inbox=inbox,
        conversations=conversations,
        reaching=reaching,
        handing=handing,
        waybills=waybills,
        tracking=tracking,
        services=services,
        faq=faq,
        mood_reader=live.moods,
        arms=arms,
        engine=engine or arms.engine,
        changeover=Changeover(settings.data_dir, first, arms.take_over),
        choosing=choosing,
        around=around,
        connected=connect(around, deliveries, reaching.customers),
        wakes=wakes,
        loader=loader,
    )
    _schedule(wired)
    return wired


def _engine(wired: Wired) -> DialogueEngine:
    """Who answers, from the outside in: what is no words, answers to follow-ups, phones and notices, all else."""
    inner = wired.reaching.listening(wired.engine, wired.services, wired.database, wired.clock, wired.deliveries)
    follow_up = FollowUpEngine(inner, wired.services.tickets, wired.words, wired.clock)
    proofs = TicketProofs(wired.database, wired.waybills.evidence.items, wired.clock)
    return WordlessEngine(follow_up, proofs, wired.services.network, wired.words)


def _call_all(wakes: list[Callable[[UUID], None]], conversation_id: UUID) -> None:
    for wake in wakes:
        wake(conversation_id)


def _schedule(wired: Wired) -> None:
    """What is forgotten at night, and promises that are looked at by day."""
    settings, clock = wired.settings, wired.clock

    async def nightly(_: datetime) -> None:
        kept = timedelta(days=settings.delivery_keep_days)
        await wired.deliveries.forget(finished_before=clock() - kept, reports_before=clock() - _REPORTS_KEPT)
        await wired.shelf.forget(before=clock() - timedelta(days=settings.inbox_keep_days))
        await forget_links(wired.database, clock())

    wired.waybills.jobs.periodic("channels.forget", EVERY_NIGHT, nightly)
    look_at_promises(wired.waybills.jobs, wired.tools, clock)
    draw_weekly(wired.waybills.jobs, wired.database, clock)


def _services(
    settings: Settings,
    database: Database,
    words: Words,
    faq: FaqStore,
    conversations: ConversationService,
    waybills: Service,
    clock: Clock,
    tracking: Tracking | None,
) -> Services:
    limit = _guess_limit(settings)
    source = PostgresWaybillSource(database)
    return Services(
        conversations=conversations,
        waybills=WaybillService(source, WaybillAccess(database, clock, limit), database, clock, waybills.conditions),
        tickets=waybills.tickets.tickets,
        orders=OrderService(database, clock),
        network=NetworkService(database),
        faq=faq,
        words=words,
        clock=clock,
        others=tracking.parcels if tracking is not None else None,
    )


def _guess_limit(settings: Settings) -> GuessLimit:
    """For our own waybills and those of other carriers together."""
    return GuessLimit(
        per_customer=settings.phone_tail_guesses,
        per_waybill=settings.phone_tail_guesses * 3,
        window=timedelta(minutes=settings.phone_tail_window_minutes),
    )


def _unannounced(settings: Settings) -> Understanding:
    """What was trained, with Rasa at the port of the settings: nobody supervises us."""
    return Understanding(
        encoder=current_encoder(settings),
        model=current_model(settings),
        rasa_port=settings.rasa_port,
        content=settings.content_dir,
    )


class _StandIn:
    """A `DialogueEngine`: the stand-in, with what the release of the conversation knows."""

    def __init__(self, arms: Arms) -> None:
        self._arms = arms

    async def respond(self, turn: Turn) -> EngineAnswer:
        return await StandIn(self._arms.services(turn.release)).respond(turn)


def _rasa(settings: Settings, secrets: Secrets, values: dict[str, str], port: int) -> RasaEngine:
    return RasaEngine(
        f"http://127.0.0.1:{port}",
        secrets.rasa_token,
        timeout_s=settings.nlu_timeout_s,
        values=values,
    )
