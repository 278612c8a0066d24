"""``bot up``: from a set-up checkout to a running service, step by step, each step only when needed."""

import asyncio
import signal
import socket
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from functools import partial

import httpx
import yaml

from bot.clock import system_clock
from bot.db import Database, plain_url
from bot.embedded_postgres import EmbeddedPostgres
from bot.errors import SetupError
from bot.fielding import RASA, Fielding
from bot.improving import Improvement
from bot.keeping import in_use, pin
from bot.secrets import Secrets, as_environment, load_secrets
from bot.settings import PROJECT, Settings
from bot.signs import CALLBACK_NAME, CALLBACK_SOCKET, WORKER, seen
from bot.studio.releases.fielded import Fielded
from bot.studio.releases.folders import trees_of
from bot.supervisor import Child, Supervisor, only_one
from bot.trainer import Training
from bot.training import Trained, code_key, content_of
from bot.understanding import Lineup, Understanding, announce, unannounce

Report = Callable[[str], None]

_CHANNELS = ("bot.dialogue.components.channel.TurnInput", "bot.dialogue.components.warm_up.WarmUp")


def up(settings: Settings, report: Report, *, demo: bool = True) -> None:
    """Prepare everything, run all processes and block until stopped."""
    began = time.monotonic()
    signal.signal(signal.SIGTERM, _end)
    with only_one(settings.data_dir), ExitStack() as stack:
        _refuse_taken_ports(settings)
        secrets = load_secrets(settings)
        url = _database(settings, stack, report)
        _migrate(url, report)
        training = Training("start")
        stack.callback(training.stop)
        if demo:
            asyncio.run(_load_demo(url, report))
        trained = training.result(report)
        stack.enter_context(in_use(trained.encoder, trained.model))
        _serve(settings, secrets, url, trained, stack, report, began)
    report("stopped")


def _serve(
    settings: Settings, secrets: Secrets, url: str, trained: Trained, stack: ExitStack, report: Report, began: float
) -> None:
    """Run all processes until stopped; while they run, train what is better than what they started with."""
    serving, is_proved = asyncio.run(_name(settings, url, trained))
    announce(settings.data_dir, Lineup.alone(serving))
    stack.callback(unannounce, settings.data_dir)
    make_rasa = partial(_rasa, settings, secrets, url)
    report("starting ...")
    children = [make_rasa(serving), _platform(settings, secrets, url)]
    if settings.worker == "separate":
        children.append(_worker(settings, secrets, url))
    if settings.callback_processes:
        children += callbacks(settings, secrets, url, stack.enter_context(listening(settings)))
    supervisor = Supervisor(children, report)
    is_best = trained.is_tuned or is_proved or not settings.tune_in_background

    async def afterwards() -> None:
        database = Database(url, pool_size=2)
        try:
            releases = Fielded(database, system_clock, trees_of(settings))
            fielding = Fielding(settings, supervisor, serving, make_rasa, releases, report)
            better = Improvement(serving.release, releases, report)
            await asyncio.gather(fielding.run(), *(() if is_best else (better.run(stack),)))
        finally:
            await database.close()

    asyncio.run(
        supervisor.run(
            lambda: _welcome(settings, secrets, report, time.monotonic() - began),
            afterwards=afterwards,
        )
    )


async def _name(settings: Settings, url: str, trained: Trained) -> tuple[Understanding, bool]:
    """What a start found in the files, by the name of its release; and whether that was proved as it is."""
    database = Database(url, pool_size=2)
    try:
        releases = Fielded(database, system_clock, trees_of(settings))
        name = await releases.begin(trained, content_of(settings), code_key(settings))
        is_proved = await releases.is_proved(name)
        pin(settings.cache_dir, settings.data_dir, [path for pair in await releases.kept() for path in pair])
    finally:
        await database.close()
    serving = Understanding(
        encoder=trained.encoder,
        model=trained.model,
        rasa_port=settings.rasa_port,
        release=name,
        content=settings.content_dir,
    )
    return serving, is_proved


def _end(*_: object) -> None:
    """SIGTERM while preparing: leave through every ``with``, so that what was started is stopped."""
    raise SystemExit(143)


def _database(settings: Settings, stack: ExitStack, report: Report) -> str:
    if settings.database_url:
        report("database: yours (DATABASE_URL)")
        return plain_url(settings.database_url)
    report("database: starting the embedded PostgreSQL")
    server = EmbeddedPostgres(settings.data_dir / "postgres")
    stack.callback(server.stop)
    return server.start()


def _migrate(url: str, report: Report) -> None:
    from bot.migrations.run import migrate

    migrate(url)
    report("database: schema is up to date")


async def _load_demo(url: str, report: Report) -> None:
    from bot.demo.load import load_demo

    database = Database(url)
    try:
        await load_demo(database, now=system_clock(), report=report)
    finally:
        await database.close()


def _rasa(settings: Settings, secrets: Secrets, url: str, serving: Understanding) -> Child:
    folder = settings.data_dir / "rasa"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "endpoints.yml").write_text(yaml.safe_dump(_endpoints()), encoding="utf-8")
    (folder / "credentials.yml").write_text(yaml.safe_dump(dict.fromkeys(_CHANNELS)), encoding="utf-8")
    command = (
        *(str(settings.rasa_python), "-m", "rasa", "run", "--model", str(serving.model)),
        *("--endpoints", str(folder / "endpoints.yml"), "--credentials", str(folder / "credentials.yml")),
        *("--interface", "127.0.0.1", "--port", str(serving.rasa_port)),
    )
    environment = as_environment(secrets) | {
        "PYTHONPATH": str(PROJECT),
        "PYTHONUNBUFFERED": "1",
        "RASA_TELEMETRY_ENABLED": "false",
        "BOT_ENCODER_DIR": str(serving.encoder),
        "BOT_ACTIONS_URL": f"http://127.0.0.1:{settings.port}/rasa/actions/{serving.release}",
        "BOT_TRACKER_URL": url,
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "SQLALCHEMY_SILENCE_UBER_WARNING": "1",
        "OMP_NUM_THREADS": "1",
    }
    log = settings.data_dir / "log" / "rasa.log"
    return Child(RASA, command, environment, log, _answers(f"http://127.0.0.1:{serving.rasa_port}/webhooks/warm_up/"))


def _endpoints() -> dict[str, object]:
    """What holds a secret is read by Rasa from its environment."""
    return {
        "action_endpoint": {
            "url": "${BOT_ACTIONS_URL}",
            "headers": {"Authorization": "Bearer ${BOT_RASA_TOKEN}"},  # not in the address: Rasa logs that
            "enable_selective_domain": True,
        },
        "tracker_store": {"type": "bot.dialogue.components.tracker_store.FoldingTrackerStore"},
    }


def _platform(settings: Settings, secrets: Secrets, url: str) -> Child:
    is_ready = _answers(f"http://127.0.0.1:{settings.port}/health")
    return _python(settings, secrets, url, "platform", "bot.serve", is_ready)


def _worker(settings: Settings, secrets: Secrets, url: str) -> Child:
    return _python(settings, secrets, url, WORKER, "bot.worker", _shows(settings, WORKER))


def callbacks(settings: Settings, secrets: Secrets, url: str, shared: socket.socket) -> list[Child]:
    """All of them listen on the same socket, which stays open whoever of them dies."""
    made = []
    for number in range(1, settings.callback_processes + 1):
        name = f"callbacks-{number}"
        child = _python(settings, secrets, url, name, "bot.receiving", _shows(settings, name))
        told = {CALLBACK_SOCKET: str(shared.fileno()), CALLBACK_NAME: name}
        made.append(replace(child, environment=child.environment | told, sockets=(shared.fileno(),)))
    return made


def _python(
    settings: Settings, secrets: Secrets, url: str, name: str, module: str, is_ready: Callable[[], Awaitable[bool]]
) -> Child:
    environment = as_environment(secrets) | {"DATABASE_URL": url, "PYTHONUNBUFFERED": "1", "OMP_NUM_THREADS": "1"}
    log = settings.data_dir / "log" / f"{name}.log"
    return Child(name, (sys.executable, "-m", module), environment, log, is_ready)


def _shows(settings: Settings, name: str) -> Callable[[], Awaitable[bool]]:
    async def look() -> bool:
        return seen(settings.data_dir, name) is not None

    return look


@contextmanager
def listening(settings: Settings) -> Iterator[socket.socket]:
    """The socket of the callback processes, held by us so that it outlives them."""
    with socket.create_server((settings.host, settings.callback_port), backlog=1024) as shared:
        shared.setblocking(False)
        yield shared


def _answers(url: str) -> Callable[[], Awaitable[bool]]:
    async def ask() -> bool:
        try:
            async with httpx.AsyncClient(timeout=15) as client:
                return (await client.get(url)).status_code == httpx.codes.OK
        except httpx.HTTPError:
            return False

    return ask


def _refuse_taken_ports(settings: Settings) -> None:
    ports = [(settings.port, "BOT_PORT"), (settings.rasa_port, "BOT_RASA_PORT")]
    if settings.callback_processes:
        ports.append((settings.callback_port, "BOT_CALLBACK_PORT"))
    for port, name in ports:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1" if name == "BOT_RASA_PORT" else settings.host, port))
            except OSError as error:
                raise SetupError(f"port {port} is in use by another program; set {name} to a free one") from error


def _welcome(settings: Settings, secrets: Secrets, report: Report, took_s: float) -> None:
    report(f"ready after {took_s:.0f} s")
    report("")
    report(f"  customers   {settings.base_url}/demo")
    report(f"  desk        {settings.base_url}/desk     user admin, password {secrets.admin_password}")
    report(f"  API         {settings.base_url}/docs")
    if settings.callback_processes:
        report(f"  callbacks   {settings.callback_processes} processes on port {settings.callback_port}")
    report("")
    report("Ctrl-C stops everything.")
