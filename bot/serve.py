"""The platform process: uvicorn around the application, started by the supervisor."""

import uvicorn

from bot.app import create_app
from bot.log import set_up_logging
from bot.settings import get_settings

WEBSOCKET_MAX_BYTES = 512 * 1024


def main() -> None:
    """Serve until SIGTERM."""
    set_up_logging()
    settings = get_settings()
    uvicorn.run(
        create_app(settings),
        host=settings.host,
        port=settings.port,
        log_config=None,
        access_log=False,
        ws_max_size=WEBSOCKET_MAX_BYTES,
        ws_ping_interval=30,
        timeout_graceful_shutdown=5,
    )


if __name__ == "__main__":
    main()
