"""Content as files, copied to a folder of its own."""

import shutil
from pathlib import Path

from bot.content import Content


def copy_content(content: Content, to: Path) -> Path:
    """The files as they are now, in a new folder; returns it.  Raises FileExistsError where there is one."""
    other = Content(to)
    shutil.copytree(content.nlu, other.nlu)
    shutil.copytree(content.faq, other.faq)
    shutil.copy2(content.topics, other.topics)
    return to
