"""A customer's phone in a terminal: what is typed becomes what the customer does, what is sent becomes a line."""

import asyncio
import mimetypes
import shlex
import sys
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Protocol

import typer
import uvicorn
from starlette.types import ASGIApp

from bot.clock import local, system_clock

_LOOK_EVERY_S = 0.2
_KINDS = {".amr": "audio/amr"}

Show = Callable[[str], None]


class Phone(Protocol):
    """What stands on it: every line, and the choices that can be tapped by their text."""

    @property
    def screen(self) -> list[str]: ...

    @property
    def menu(self) -> Mapping[str, str]: ...


class Simulator(Protocol):
    """The platform between the customer and us."""

    @property
    def app(self) -> ASGIApp: ...


class Terminal(ABC):
    """One customer before a terminal.

    Parameters
    ----------
    customer: the platform's name for who types.
    show: called with every line that appears on the phone.
    """

    def __init__(self, customer: str, show: Show) -> None:
        self.customer = customer
        self._show = show
        self._shown = 0

    @property
    @abstractmethod
    def phone(self) -> Phone: ...

    @abstractmethod
    async def write(self, text: str) -> None:
        """The customer writes."""

    @abstractmethod
    async def tap(self, text: str) -> None:
        """The customer taps a choice."""

    @abstractmethod
    async def command(self, name: str, words: list[str]) -> None:
        """Anything else that the customer, or somebody else, does."""

    async def typed(self, line: str) -> None:
        """Act on one line; an error of the developer's is shown."""
        try:
            await self._act(line.strip())
        except (ValueError, IndexError, OSError) as error:
            self._show(f"（{type(error).__name__}：{error}；/help 看用法）")
        self.refresh()

    def refresh(self) -> None:
        """Show what is new on the phone."""
        screen = self.phone.screen
        for text in screen[self._shown :]:
            self._show(text)
        self._shown = len(screen)

    async def _act(self, line: str) -> None:
        if line.startswith("/"):
            name, *words = shlex.split(line)
            await self.command(name, words)
        elif line and line in self.phone.menu.values():
            await self.tap(line)
        elif line:
            await self.write(line)


async def file_of(name: str) -> tuple[Path, bytes, str]:
    """A file of the developer's: its path, content and content type.  Raises `OSError`."""
    path = Path(name)
    kind = _KINDS.get(path.suffix) or mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    return path, await asyncio.to_thread(path.read_bytes), kind


def show_line(text: str) -> None:
    """On the terminal, with the time."""
    typer.echo(f"{local(system_clock()):%H:%M:%S} < {text}")


async def chat(simulator: Simulator, terminal: Terminal, *, port: int, said: Collection[str], first: str = "") -> None:
    """Serve the platform's API on a port and act on what is typed until the end of input.

    ``said`` is printed before, ``first`` is typed for the developer.
    """
    server = uvicorn.Server(uvicorn.Config(simulator.app, port=port, log_level="warning", lifespan="off"))
    serving = asyncio.create_task(server.serve())
    looking = asyncio.create_task(_look(terminal))
    for line in said:
        typer.echo(line)
    if first:
        await terminal.typed(first)
    while line := await asyncio.to_thread(sys.stdin.readline):
        await terminal.typed(line)
    # What is still on its way may arrive.
    await asyncio.sleep(1)
    looking.cancel()
    server.should_exit = True
    await serving


async def _look(terminal: Terminal) -> None:
    while True:
        await asyncio.sleep(_LOOK_EVERY_S)
        terminal.refresh()
