"""Content written back over files that people own."""

from pathlib import Path

import pytest

from bot.content import Content
from bot.studio.releases.trees import copy_content, write_back


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


def test_what_is_written_back_is_the_same_and_nothing_else_is_touched(tmp_path: Path) -> None:
    tree, files = (
        make_content(tmp_path / "tree", a="new", b="same"),
        make_content(tmp_path / "files", b="same", c="old"),
    )
    code = tmp_path / "files" / "bot" / "app.py"
    code.parent.mkdir()
    code.write_text("code", encoding="utf-8")
    own = tmp_path / "files" / "knowledge_base" / "store.py"
    own.write_text("code", encoding="utf-8")

    write_back(tree, files)

    assert names(files) == {"a": "new", "b": "same"}
    assert (code.read_text(encoding="utf-8"), own.read_text(encoding="utf-8")) == ("code", "code")


def test_a_copy_goes_to_a_new_folder_only(tmp_path: Path) -> None:
    content = make_content(tmp_path / "files", a="x")

    assert names(Content(copy_content(content, tmp_path / "copy"))) == {"a": "x"}
    with pytest.raises(FileExistsError):
        copy_content(content, tmp_path / "copy")
