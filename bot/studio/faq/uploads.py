"""Files between the browser that hands them in and the page that reads them: taken once, by who brought them."""

import json
import re
import secrets
import time
from pathlib import Path

from bot.errors import ImportFileError
from bot.staff.model import Actor
from bot.studio.faq.files.limits import DOCUMENTS, SHEETS, kind_of, refuse_too_big
from bot.studio.faq.words import refusal
from bot.studio.roles import refuse_unless_trains

KEPT_S = 3600
_TOKEN = re.compile(r"[A-Za-z0-9_-]{20,60}")


class UploadShelf:
    """A folder that all processes share; what nobody took within an hour is thrown away."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, actor: Actor, name: str, content: bytes) -> str:
        """Gives the token to take it by.  Raises `ImportFileError` for a file of no kind that is read here."""
        refuse_unless_trains(actor)
        kind_of(name, SHEETS | DOCUMENTS)
        refuse_too_big(content)
        self._folder.mkdir(parents=True, exist_ok=True)
        self._throw_away()
        token = secrets.token_urlsafe(24)
        head = json.dumps({"who": actor.username, "name": name[:200]}).encode()
        (self._folder / token).write_bytes(head + b"\n" + content)
        return token

    def take(self, actor: Actor, token: str) -> tuple[str, bytes]:
        """Its name and content, once.  Raises `ImportFileError` where it is not there, or somebody else's."""
        refuse_unless_trains(actor)
        path = self._folder / token
        if not _TOKEN.fullmatch(token) or not path.is_file():
            raise ImportFileError(refusal("upload_gone"))
        head, _, content = path.read_bytes().partition(b"\n")
        told = json.loads(head)
        if told["who"] != actor.username:
            raise ImportFileError(refusal("upload_gone"))
        path.unlink(missing_ok=True)
        return told["name"], content

    def _throw_away(self) -> None:
        before = time.time() - KEPT_S  # by the clock of the files' times
        for path in self._folder.iterdir():
            if path.stat().st_mtime < before:
                path.unlink(missing_ok=True)
