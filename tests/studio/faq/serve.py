"""The knowledge base's pages alone, as a process of their own:

``python -m tests.studio.faq.serve DATABASE_URL PORT FOLDER [real]``; ``real`` takes the encoder that was trained.
"""

import sys
from pathlib import Path

import uvicorn
from argon2 import PasswordHasher

from bot.clock import system_clock
from bot.db import Database
from bot.settings import Settings
from bot.training import current_encoder
from knowledge_base.encoder import Encoder
from knowledge_base.store import FaqStore
from tests.studio.faq.site import make_app, make_site

if __name__ == "__main__":
    url, port, folder = sys.argv[1:4]
    given = {}
    if "real" in sys.argv:
        encoder = Encoder(current_encoder(Settings()))
        published = FaqStore.open(Settings(), encoder).retriever
        given = {"encoder": encoder, "published": published, "cache": Settings().cache_dir}
    hasher = PasswordHasher(memory_cost=8192, time_cost=1)
    site = make_site(Database(url), system_clock, Path(folder), hasher=hasher, **given)
    uvicorn.run(make_app(site), host="127.0.0.1", port=int(port), log_level="warning")
