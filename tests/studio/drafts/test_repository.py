from datetime import datetime, timezone
from pathlib import Path

import pytest

from bot.errors import EntryNotFoundError, SetupError
from bot.studio.drafts.repository import DRAFT, ContentRepository

NOW = datetime(2026, 3, 4, 2, 0, tzinfo=timezone.utc)


@pytest.fixture
def repository(tmp_path: Path) -> ContentRepository:
    return ContentRepository(tmp_path / "content.git")


def commit(repository: ContentRepository, text: str, parents: tuple[str, ...] = ()) -> str:
    files = {"a/b.txt": repository.put(text.encode()), "c.txt": repository.put(b"c")}
    return repository.commit(files, parents, author="贺兰", when=NOW, message=f"{text}\n")


def test_a_commit_has_its_files_author_time_and_message(repository):
    made = commit(repository, "一")

    assert {path: repository.blob(blob) for path, blob in repository.files(made).items()} == {
        "a/b.txt": "一".encode(),
        "c.txt": b"c",
    }
    found = repository.read(made)
    assert (found.author, found.when, found.message) == ("贺兰", NOW, "一\n")
    assert repository.hash("一".encode()) == repository.files(made)["a/b.txt"]


def test_a_branch_moves_only_from_where_it_is_believed_to_be(repository, tmp_path):
    first = commit(repository, "一")
    repository.move(DRAFT, was=None, to=first)
    second = commit(repository, "二", (first,))
    other = ContentRepository(tmp_path / "content.git")
    other.move(DRAFT, was=first, to=second)

    with pytest.raises(SetupError, match="another program"):
        repository.move(DRAFT, was=first, to=commit(repository, "三", (first,)))

    assert repository.head(DRAFT) == second
    assert [each.message for each in repository.log(second)] == ["二\n", "一\n"]
    assert [each.message for each in repository.log(second, known=first)] == ["二\n"]


def test_what_is_no_commit_is_not_found(repository):
    blob = repository.put(b"x")

    for unknown in ("0" * 40, "nonsense", blob):
        with pytest.raises(EntryNotFoundError):
            repository.files(unknown)


def test_tidying_keeps_everything_for_everybody(repository, tmp_path):
    other = ContentRepository(tmp_path / "content.git")
    commits = [commit(repository, f"{number}") for number in range(30)]

    assert not repository.tidy(above=10_000)
    assert repository.tidy(above=10)
    later = commit(other, "later", (commits[-1],))
    assert other.tidy(above=0)

    for each in (repository, other):
        assert [each.blob(each.files(made)["a/b.txt"]) for made in commits] == [b"%d" % n for n in range(30)]
        assert each.read(later).message == "later\n"
    assert len(list((tmp_path / "content.git/objects/pack").glob("*.pack"))) == 1
