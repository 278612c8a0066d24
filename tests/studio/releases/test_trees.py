"""Content copied to a folder of its own."""

from pathlib import Path

import pytest

from bot.content import Content
from bot.studio.releases.trees import copy_content


def make_content(root: Path, **files: str) -> Content:
    content = Content(root)
    for folder in (content.intents, content.faq):
        folder.mkdir(parents=True)
    content.topics.write_text("{}", encoding="utf-8")
    for name, text in files.items():
        (content.intents / f"{name}.yml").write_text(text, encoding="utf-8")
    return content


def names(content: Content) -> dict[str, str]:
    return {path.stem: path.read_text(encoding="utf-8") for path in sorted(content.intents.iterdir())}


def test_a_copy_goes_to_a_new_folder_only(tmp_path: Path) -> None:
    content = make_content(tmp_path / "files", a="x")

    assert names(Content(copy_content(content, tmp_path / "copy"))) == {"a": "x"}
    with pytest.raises(FileExistsError):
        copy_content(content, tmp_path / "copy")
