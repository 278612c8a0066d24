"""Ticket work alone, as a process of its own: ``python -m tests.desk.ticket_work.serve DATABASE_URL PORT FOLDER``."""

import sys
from pathlib import Path

import uvicorn
from argon2 import PasswordHasher

from bot.clock import system_clock
from bot.db import Database
from tests.desk.ticket_work.site import make_app, make_site

if __name__ == "__main__":
    url, port, folder = sys.argv[1:4]
    site = make_site(Database(url), system_clock, Path(folder), hasher=PasswordHasher(memory_cost=8192, time_cost=1))
    uvicorn.run(make_app(site), host="127.0.0.1", port=int(port), log_level="warning")
