"""The composition root: the only module that names every adapter."""

import asyncio
import hmac
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path

from fastapi import FastAPI, HTTPException, Request
from fastapi.responses import FileResponse, JSONResponse, RedirectResponse
from starlette.staticfiles import StaticFiles

from actions.follow_up import AskInConversation, FollowUpEngine
from actions.registry import build_actions
from actions.services import Services
from actions.stand_in import StandIn
from actions.webhook import make_router as make_actions_router
from bot.assembly import Service, assemble
from bot.changeover import Changeover
from bot.clock import Clock, system_clock
from bot.conversations.answering import Answering
from bot.conversations.events import EventHub
from bot.conversations.mood_watch import MoodWatch
from bot.conversations.service import ConversationService
from bot.db import Database
from bot.demo.showcase import SHOWCASE
from bot.desk.actors import ActorOf
from bot.desk.dossier import Dossiers
from bot.desk.dossier_endpoints import make_router as make_dossier_router
from bot.desk.pages import mount_desk
from bot.desk.service import AgentService
from bot.desk.workplace import DeskServices
from bot.dialogue.engine import DialogueEngine, RasaEngine
from bot.dialogue.exchange import ExchangeableEngine
from bot.errors import NotFoundError, RefusedError, SettingsError
from bot.evidence.endpoints import make_router as make_evidence_router
from bot.ledger.endpoints import make_router as make_ledger_router
from bot.network.service import NetworkService
from bot.orders.service import OrderService
from bot.outbox.endpoints import make_router as make_webhooks_router
from bot.rules.endpoints import make_router as make_rules_router
from bot.secrets import Secrets, load_secrets
from bot.settings import PROJECT, Settings
from bot.tickets.endpoints import make_router as make_tickets_router
from bot.training import current_encoder, current_model
from bot.understanding import Understanding, announced
from bot.waybills.access import GuessLimit, WaybillAccess
from bot.waybills.endpoints import make_router as make_waybills_router
from bot.waybills.postgres import PostgresWaybillSource
from bot.waybills.service import WaybillService
from bot.words import Words
from connectors.web.visitors import VisitorTokens
from connectors.web.webhook import WebChannel, WebLimits
from knowledge_base.encoder import Encoder
from knowledge_base.endpoints import make_router as make_faq_router
from knowledge_base.mood import TrainedMoodReader
from knowledge_base.store import FaqStore

STATIC = Path(PROJECT, "connectors", "web", "static")


def create_app(
    settings: Settings,
    *,
    engine: DialogueEngine | None = None,
    clock: Clock = system_clock,
) -> FastAPI:
    """Everything wired together.  ``engine`` replaces Rasa, for tests."""
    if settings.database_url is None:
        raise SettingsError("the platform needs DATABASE_URL; 'bot up' starts a database and sets it")
    secrets = load_secrets(settings)
    values = {"carrier": settings.carrier_name, "hotline": settings.hotline, "website": settings.website}
    words = Words.load(PROJECT / "nlu_data" / "domain", **values)
    database = Database(settings.database_url, pool_size=20)
    hub = EventHub(database)
    serving = _understanding(settings)
    encoder = Encoder(serving.encoder)
    faq = FaqStore.open(settings, encoder, values, clock=clock)
    conversations = ConversationService(database, clock, words)
    waybills = assemble(settings, database, clock, AskInConversation(conversations))
    services = _services(settings, database, words, faq, conversations, waybills, clock)
    reader = TrainedMoodReader(encoder, settings.cache_dir / "mood")
    moods = MoodWatch(services.conversations, reader)
    make_rasa = partial(_rasa, settings, secrets, values)
    rasa = ExchangeableEngine(make_rasa(serving.rasa_port))
    engine = engine or rasa
    changeover = Changeover(settings.data_dir, serving, partial(_take_over, faq, reader, rasa, make_rasa))
    listening = FollowUpEngine(engine, services.tickets, words, clock)
    answering = Answering(services.conversations, database, listening, StandIn(services))
    agents = AgentService(database, clock)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        await agents.ensure_first_admin(secrets.admin_password)
        await waybills.start()
        await hub.start()
        await answering.start()
        await faq.start()
        await changeover.start()
        yield
        await changeover.stop()
        await faq.stop()
        await answering.stop()
        await moods.stop()
        await waybills.stop()
        await hub.stop()
        await rasa.close()
        await database.close()

    app = FastAPI(title="Kuaida", lifespan=lifespan, docs_url="/docs", redoc_url=None)
    app.include_router(_web(settings, secrets, services, hub, answering).router())
    app.include_router(make_actions_router(build_actions(services), services, secrets.rasa_token))
    app.include_router(make_faq_router(faq))
    app.include_router(make_waybills_router(waybills.importer, _require(secrets.api_token)))
    _add_staff_api(app, waybills, ActorOf(agents, secrets.api_token))
    _add_pages(app, engine, changeover)
    _add_error_handlers(app)
    desk = DeskServices(database, clock, hub, services.conversations, services.waybills, services.tickets, agents)
    dossiers = Dossiers(
        database, clock, services.waybills, waybills.evidence.items, waybills.geography, waybills.rules.book
    )
    app.include_router(make_dossier_router(dossiers, ActorOf(agents, secrets.api_token)))
    mount_desk(app, desk, dossiers, storage_secret=secrets.secret_key)
    return app


def _services(
    settings: Settings,
    database: Database,
    words: Words,
    faq: FaqStore,
    conversations: ConversationService,
    waybills: Service,
    clock: Clock,
) -> Services:
    limit = GuessLimit(
        per_customer=settings.phone_tail_guesses,
        per_waybill=settings.phone_tail_guesses * 3,
        window=timedelta(minutes=settings.phone_tail_window_minutes),
    )
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
    )


def _add_staff_api(app: FastAPI, service: Service, actor_of: ActorOf) -> None:
    """What people of the network and other systems do under ``/api/v1``, each by their role."""
    app.include_router(make_tickets_router(service.tickets, actor_of))
    app.include_router(make_evidence_router(service.evidence, actor_of, service.may_see))
    app.include_router(make_ledger_router(service.ledger, actor_of, service.units_of))
    app.include_router(
        make_rules_router(service.rules, actor_of, {each.name: each for each in (service.live, service.decided)})
    )
    app.include_router(make_webhooks_router(service.outbox.webhooks, actor_of))


def _understanding(settings: Settings) -> Understanding:
    """What the supervisor announced; without one, what was trained, with Rasa at the port of the settings."""
    return announced(settings.data_dir) or Understanding(
        encoder=current_encoder(settings), model=current_model(settings), rasa_port=settings.rasa_port
    )


async def _take_over(
    faq: FaqStore,
    reader: TrainedMoodReader,
    rasa: ExchangeableEngine,
    make_rasa: Callable[[int], RasaEngine],
    new: Understanding,
) -> None:
    """Another encoder for what the platform does itself, then another Rasa for every new turn."""
    encoder = await asyncio.to_thread(Encoder, new.encoder)
    await asyncio.to_thread(faq.use, encoder)
    await asyncio.to_thread(reader.use, encoder)
    await rasa.exchange(make_rasa(new.rasa_port))


def _rasa(settings: Settings, secrets: Secrets, values: dict[str, str], port: int) -> RasaEngine:
    return RasaEngine(
        f"http://127.0.0.1:{port}",
        secrets.rasa_token,
        timeout_s=settings.nlu_timeout_s,
        values=values,
    )


def _web(settings: Settings, secrets: Secrets, services: Services, hub: EventHub, answering: Answering) -> WebChannel:
    return WebChannel(
        services.conversations,
        hub,
        answering.wake,
        tokens=VisitorTokens(secrets.secret_key),
        words=services.words,
        limits=WebLimits(settings.max_message_chars, settings.max_frame_bytes, settings.messages_per_minute),
        allowed_origins=settings.allowed_origins,
        clock=services.clock,
    )


def _require(token: str) -> Callable[[Request], None]:
    """A dependency that lets only bearers of this token through."""

    def check(request: Request) -> None:
        given = (request.headers.get("authorization") or "").removeprefix("Bearer ")
        if not hmac.compare_digest(given.encode(), token.encode()):
            raise HTTPException(401, "a valid bearer token is needed")

    return check


def _add_pages(app: FastAPI, engine: DialogueEngine, changeover: Changeover) -> None:
    @app.get("/", include_in_schema=False)
    async def home() -> RedirectResponse:
        return RedirectResponse("/demo")

    @app.get("/demo", include_in_schema=False)
    async def demo() -> FileResponse:
        return FileResponse(STATIC / "demo.html")

    @app.get("/demo/showcase.json", include_in_schema=False)
    async def showcase() -> list[dict[str, str]]:
        return [
            {"waybill_no": shown.waybill_no, "phone_tail": shown.phone_tail_consignee, "story": shown.story_zh}
            for shown in SHOWCASE
        ]

    @app.get("/health")
    async def health() -> dict[str, str]:
        """``engine`` is ``down`` while the stand-in answers; ``model`` and ``encoder`` are what serves."""
        is_up = await engine.is_ready() if isinstance(engine, ExchangeableEngine) else True
        serving = changeover.serving
        return {
            "status": "ok",
            "engine": "up" if is_up else "down",
            "model": serving.model_key,
            "encoder": serving.encoder.name,
        }

    @app.get("/widget.js", include_in_schema=False)
    async def widget() -> FileResponse:
        return FileResponse(STATIC / "widget.js", media_type="text/javascript")

    app.mount("/static", StaticFiles(directory=STATIC), name="static")


def _add_error_handlers(app: FastAPI) -> None:
    async def refused(_: Request, error: Exception) -> JSONResponse:
        return JSONResponse({"detail": str(error)}, status_code=409)

    async def not_found(_: Request, error: Exception) -> JSONResponse:
        return JSONResponse({"detail": str(error)}, status_code=404)

    app.add_exception_handler(RefusedError, refused)
    app.add_exception_handler(NotFoundError, not_found)
