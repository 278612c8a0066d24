"""The whole application as a process: ``python -m tests.desk.security.serve DATABASE_URL PORT FOLDER [SETTINGS]``.

``SETTINGS`` is JSON.
"""

import json
import sys
from pathlib import Path

import uvicorn

from tests.desk.security.application import make_application, make_settings

if __name__ == "__main__":
    url, port, folder = sys.argv[1:4]
    address = f"http://127.0.0.1:{port}"
    given = json.loads(sys.argv[4]) if len(sys.argv) > 4 else {}
    app = make_application(make_settings(url, Path(folder), public_url=address, **given))
    uvicorn.run(app, host="127.0.0.1", port=int(port), log_level="warning")
