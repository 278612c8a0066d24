"""Understand sentences with the very model that serves: ``python -m bot.dialogue.components.parse_lines MODEL``.

JSON strings come in on standard input, one a line; what Rasa understood goes out, one JSON object a line.  Everything
else that libraries print goes to standard error.
"""

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import Any, TextIO


def main() -> None:
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    asyncio.run(_parse(Path(sys.argv[1]), sys.stdin, answers))


async def _parse(model: Path, lines: TextIO, answers: TextIO) -> None:
    from rasa.core.agent import Agent

    agent = Agent.load(model)
    for line in lines:
        understood: dict[str, Any] = await agent.parse_message(json.loads(line))
        understood.pop("text_tokens", None)
        print(json.dumps(understood, ensure_ascii=False), file=answers, flush=True)


if __name__ == "__main__":
    main()
