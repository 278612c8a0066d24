"""The composition root: the only module that names every adapter."""

import hmac
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from fastapi import FastAPI, HTTPException, Request
from fastapi.responses import FileResponse, JSONResponse, RedirectResponse
from starlette.staticfiles import StaticFiles

from actions.webhook import make_router as make_actions_router
from bot.assembly import Service
from bot.changeover import Changeover
from bot.clock import Clock, system_clock
from bot.conversations.rating_endpoints import make_router as make_ratings_router
from bot.conversations.ratings import RatingService
from bot.customers.endpoints import make_router as make_customers_router
from bot.delivery.endpoints import make_router as make_deliveries_router
from bot.demo.showcase import SHOWCASE
from bot.desk.account_endpoints import account_router
from bot.desk.actors import ActorOf
from bot.desk.audit_endpoints import audit_router
from bot.desk.dossier import Dossiers
from bot.desk.dossier_endpoints import make_router as make_dossier_router
from bot.desk.leading.endpoints import make_router as make_leading_router
from bot.desk.pages import mount_desk
from bot.desk.people_endpoints import people_router, teams_router
from bot.desk.service import AgentService
from bot.desk.ticket_desk import TicketDesk, TicketDeskParts
from bot.desk.tools.endpoints import make_router as make_tools_router
from bot.desk.workplace import DeskServices
from bot.dialogue.engine import DialogueEngine
from bot.dialogue.exchange import RoutedEngine
from bot.errors import NotFoundError, RefusedError
from bot.evidence.endpoints import make_router as make_evidence_router
from bot.handover.endpoints import make_router as make_handover_router
from bot.inbox.endpoints import make_router as make_inbox_router
from bot.leading_wiring import leading_desk
from bot.ledger.endpoints import make_router as make_ledger_router
from bot.notices.endpoints import make_router as make_notices_router
from bot.outbox.endpoints import make_router as make_webhooks_router
from bot.people_wiring import people_settings, single_sign_on
from bot.rules.endpoints import make_router as make_rules_router
from bot.settings import PROJECT, Settings
from bot.studio.door import StudioDoor
from bot.studying import Studio
from bot.tickets.endpoints import make_router as make_tickets_router
from bot.waybills.endpoints import make_router as make_waybills_router
from bot.wiring import Wired, Work, wire
from connectors.callback.admin import make_admin_router as make_callback_admin
from connectors.callback.connector import make_caller
from connectors.web.webhook import WebChannel, WebSettings
from knowledge_base.endpoints import make_router as make_faq_router

STATIC = Path(PROJECT, "connectors", "web", "static")


def create_app(
    settings: Settings,
    *,
    engine: DialogueEngine | None = None,
    clock: Clock = system_clock,
) -> FastAPI:
    """Everything wired together.  ``engine`` replaces Rasa, for tests."""
    wired = wire(settings, clock, engine)
    database, waybills, services, secrets = wired.database, wired.waybills, wired.services, wired.secrets
    works = settings.worker == "inside"
    work = Work(wired, alone=False) if works else None
    studio = Studio.build(wired)
    studio.register(waybills.jobs)
    agents = AgentService(
        database,
        clock,
        settings=people_settings(settings, secrets.secret_key),
        provider=single_sign_on(settings, clock),
    )
    actor_of = ActorOf(agents, secrets.api_token)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            await agents.ensure_first_admin(secrets.admin_password)
            await wired.start(stack, works=works)
            await wired.tools.start()
            stack.push_async_callback(wired.tools.stop)
            await wired.handing.heartbeats.start()
            stack.push_async_callback(wired.handing.heartbeats.stop)
            stack.push_async_callback(leading.stop)
            if work is not None:
                await work.start(stack)
            await studio.start(stack)
            yield

    leading = leading_desk(
        settings,
        database,
        clock,
        hubs=(wired.hub, wired.tools.hub),
        conversations=services.conversations,
        handover=wired.handing.handover,
        agents=agents,
    )
    app = FastAPI(title="Kuaida", lifespan=lifespan, docs_url="/docs", redoc_url=None)
    app.include_router(_web(wired).router())
    for callbacks in wired.connected.callbacks():
        app.include_router(callbacks)
    app.include_router(make_actions_router(studio.executor, services, secrets.rasa_token))
    app.include_router(make_faq_router(wired.faq))
    app.include_router(make_waybills_router(waybills.importer, _require(secrets.api_token)))
    for router in wired.tracking.routers if wired.tracking is not None else ():
        app.include_router(router)
    _add_staff_api(app, waybills, actor_of)
    app.include_router(people_router(agents, actor_of, base_url=settings.base_url))
    app.include_router(teams_router(agents, actor_of))
    app.include_router(account_router(agents))
    app.include_router(audit_router(agents, actor_of))
    app.include_router(make_tools_router(wired.tools, actor_of))
    app.include_router(make_handover_router(wired.handing.handover, actor_of))
    app.include_router(make_leading_router(leading, actor_of))
    app.include_router(make_ratings_router(RatingService(database, clock), actor_of))
    app.include_router(make_deliveries_router(wired.deliveries, actor_of))
    app.include_router(make_inbox_router(wired.shelf, actor_of, clock))
    app.include_router(make_customers_router(wired.reaching.customers, actor_of, wired.reaching.sight))
    app.include_router(make_notices_router(wired.reaching.notices, actor_of, wired.reaching.sight))
    app.include_router(make_callback_admin(make_caller(wired.around, waybills.sender), actor_of))
    _add_pages(app, wired.engine, wired.changeover)
    _add_error_handlers(app)
    desk = DeskServices(
        database,
        clock,
        wired.hub,
        services.conversations,
        services.waybills,
        services.tickets,
        agents,
        waybills.evidence.attachments,
        wired.tools,
        handover=wired.handing.handover,
        heartbeats=wired.handing.heartbeats,
        deliveries=wired.deliveries,
        rules=waybills.rules.book,
    )
    dossiers = Dossiers(
        database, clock, services.waybills, waybills.evidence.items, waybills.geography, waybills.rules.book
    )
    app.include_router(make_dossier_router(dossiers, actor_of))
    tickets = TicketDesk.build(
        TicketDeskParts(
            database=database,
            clock=clock,
            agents=agents,
            tickets=waybills.tickets,
            evidence=waybills.evidence,
            ledger=waybills.ledger,
            waybills=services.waybills,
            conversations=services.conversations,
            rules=waybills.rules.book,
            units_of=waybills.units_of,
        )
    )
    for router in studio.routers(actor_of):
        app.include_router(router)
    studio.add_pages(agents)
    mount_desk(
        app,
        desk,
        dossiers,
        storage_secret=secrets.secret_key,
        base_url=settings.base_url,
        tickets=tickets,
        leading=leading,
    )
    app.add_middleware(StudioDoor)
    return app


def _add_staff_api(app: FastAPI, service: Service, actor_of: ActorOf) -> None:
    """What people of the network and other systems do under ``/api/v1``, each by their role."""
    app.include_router(make_tickets_router(service.tickets, actor_of))
    app.include_router(make_evidence_router(service.evidence, actor_of, service.may_see))
    app.include_router(make_ledger_router(service.ledger, actor_of, service.units_of))
    app.include_router(
        make_rules_router(service.rules, actor_of, {each.name: each for each in (service.live, service.decided)})
    )
    app.include_router(make_webhooks_router(service.outbox.webhooks, actor_of))


def _web(wired: Wired) -> WebChannel:
    web = WebSettings.of(wired.settings, wired.secrets.secret_key)
    return WebChannel(
        wired.conversations,
        wired.hub,
        wired.wake,
        settings=web,
        database=wired.database,
        attachments=wired.waybills.evidence.attachments,
        customers=wired.reaching.customers,
        words=wired.words,
        clock=wired.clock,
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
        """``engine`` is ``down`` while the stand-in answers; ``model`` and ``encoder`` are what serves.

        ``lineup`` names all that serve side by side, as the supervisor announced them.
        """
        is_up = await engine.is_ready() if isinstance(engine, RoutedEngine) else True
        serving = changeover.serving
        return {
            "status": "ok",
            "engine": "up" if is_up else "down",
            "model": serving.model_key,
            "encoder": serving.encoder.name,
            "release": serving.release,
            "lineup": changeover.lineup.key,
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
