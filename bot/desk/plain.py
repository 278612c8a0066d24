"""Pages that stand by themselves, without NiceGUI: before the desk, and where there is none."""

import base64
import hashlib
import html
from pathlib import Path
from string import Template

from fastapi.responses import HTMLResponse

from bot.desk.words import desk_words

_HERE = Path(__file__).resolve().parent / "entrance"
SCRIPT = (_HERE / "reset.js").read_text(encoding="utf-8")
_SCRIPT_HASH = base64.b64encode(hashlib.sha256(SCRIPT.encode()).digest()).decode()
_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'; "
    f"script-src 'sha256-{_SCRIPT_HASH}'"
)


def plain_page(
    name: str, *, title: str = "title", subtitle: str = "subtitle", problem: str = "", status: int = 200, **more: str
) -> HTMLResponse:
    """A page of this name; ``more`` is markup of our own making, all words are from ``words.yml``."""
    words = desk_words().login
    content = Template((_HERE / f"{name}.html").read_text(encoding="utf-8")).substitute(words, **more)
    frame = Template((_HERE / "frame.html").read_text(encoding="utf-8"))
    page = frame.substitute(
        brand=desk_words().ui["title"],
        title=words[title],
        subtitle=words[subtitle],
        problem=html.escape(problem),
        problem_hidden="" if problem else "hidden",
        content=content,
    )
    headers = {"Content-Security-Policy": _POLICY, "Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
    return HTMLResponse(page, status_code=status, headers=headers)
