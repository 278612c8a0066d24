"""Pages that are shown at once, though the first look into the draft after a start takes seconds."""

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any

from nicegui.element import Element

from bot.desk.ui.forms import tag
from bot.studio.ui.faq.wording import ui

logger = logging.getLogger(__name__)

IN_TIME_S = 1.5
"""Well below what NiceGUI grants a page."""
_drawing: set[asyncio.Task[None]] = set()


async def draw_in_time(place: Element, drawing: Coroutine[Any, Any, None]) -> None:
    """Wait a moment for what ``drawing`` puts in its place; after that the page is shown, and it follows when ready."""
    with place:
        tag("p", "muted", ui("loading"))
    task = asyncio.create_task(drawing, name="studio: draw")
    _drawing.add(task)
    task.add_done_callback(_finished)
    await asyncio.wait({task}, timeout=IN_TIME_S)


def _finished(task: asyncio.Task[None]) -> None:
    _drawing.discard(task)
    if not task.cancelled() and (error := task.exception()) is not None:
        logger.error("a page could not be drawn", exc_info=error)
