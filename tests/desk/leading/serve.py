"""Supervisors' pages alone, as a process of its own: ``python -m tests.desk.leading.serve DATABASE_URL PORT``."""

import sys

import uvicorn
from argon2 import PasswordHasher

from bot.clock import system_clock
from bot.db import Database
from tests.desk.leading.site import make_app, make_site

if __name__ == "__main__":
    url, port = sys.argv[1:3]
    site = make_site(Database(url), system_clock, hasher=PasswordHasher(memory_cost=8192, time_cost=1))
    uvicorn.run(make_app(site), host="127.0.0.1", port=int(port), log_level="warning")
