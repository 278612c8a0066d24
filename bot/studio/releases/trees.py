"""Content as files: copied to a folder of its own, and written back over what stands there."""

import filecmp
import shutil
from collections.abc import Iterator
from pathlib import Path

from bot.content import Content


def copy_content(content: Content, to: Path) -> Path:
    """The files as they are now, in a new folder; returns it.  Raises FileExistsError where there is one."""
    other = Content(to)
    shutil.copytree(content.nlu, other.nlu)
    shutil.copytree(content.faq, other.faq)
    shutil.copy2(content.topics, other.topics)
    return to


def write_back(tree: Content, over: Content) -> None:
    """Make the content of ``over`` that of ``tree``, one file after the other; nothing else there is touched."""
    wanted = set(_files(tree))
    for name in set(_files(over)) - wanted:
        (over.root / name).unlink()
    for name in sorted(wanted):
        source, target = tree.root / name, over.root / name
        if target.exists() and filecmp.cmp(source, target, shallow=False):
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        fresh = target.with_name(f".{target.name}.new")
        shutil.copyfile(source, fresh)
        fresh.replace(target)


def _files(content: Content) -> Iterator[Path]:
    """The paths of all files of a content, within its folder."""
    for folder in (content.nlu, content.faq):
        yield from (path.relative_to(content.root) for path in folder.rglob("*") if path.is_file())
    if content.topics.exists():
        yield content.topics.relative_to(content.root)
