import json
import os
from pathlib import Path

import pytest

from bot.keeping import forget_old, in_use, mark_used, one_at_a_time, pin


def make_encoder(cache: Path, name: str, *, used: int) -> Path:
    folder = cache / "encoders" / name
    folder.mkdir(parents=True)
    (folder / "manifest.json").write_text(json.dumps({"key": name}), encoding="utf-8")
    os.utime(folder, (used, used))
    return folder


def make_model(cache: Path, name: str, *, used: int) -> Path:
    path = cache / "models" / f"{name}.tar.gz"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    os.utime(path, (used, used))
    return path


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_the_three_used_last_of_each_stay(tmp_path: Path) -> None:
    for number in range(5):
        make_encoder(tmp_path, f"kind-{number}", used=number)
        make_encoder(tmp_path, f"quick-{number}", used=number)
        make_model(tmp_path, str(number), used=number)
    mark_used(tmp_path / "encoders" / "kind-0")

    forget_old(tmp_path)

    tuned, quick = {"kind-0", "kind-3", "kind-4"}, {"quick-2", "quick-3", "quick-4"}
    assert names(tmp_path / "encoders") == tuned | quick
    assert names(tmp_path / "models") == {"2.tar.gz", "3.tar.gz", "4.tar.gz"}


def test_what_is_in_use_stays(tmp_path: Path) -> None:
    oldest = make_encoder(tmp_path, "kind-0", used=0), make_model(tmp_path, "0", used=0)
    for number in range(1, 4):
        make_encoder(tmp_path, f"kind-{number}", used=number)
        make_model(tmp_path, str(number), used=number)

    with in_use(*oldest):
        forget_old(tmp_path)
        assert all(path.exists() for path in oldest)
    forget_old(tmp_path)

    assert not any(path.exists() for path in oldest)


def test_vectors_go_with_their_encoder(tmp_path: Path) -> None:
    make_encoder(tmp_path, "kind-0", used=0)
    for folder in ("faq", "vectors"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "vectors-kind-0.npz").touch()
        (tmp_path / folder / "vectors-gone.npz").touch()

    forget_old(tmp_path)

    assert names(tmp_path / "faq") == names(tmp_path / "vectors") == {"vectors-kind-0.npz"}


def test_half_made_things_go_after_a_day(tmp_path: Path) -> None:
    abandoned, under_way = tmp_path / "models" / ".training-1", tmp_path / "models" / ".training-2"
    abandoned.mkdir(parents=True)
    under_way.mkdir()
    os.utime(abandoned, (0, 0))

    forget_old(tmp_path)

    assert names(tmp_path / "models") == {under_way.name}


def test_a_second_training_says_that_it_waits(tmp_path: Path) -> None:
    said: list[str] = []

    def stop(line: str) -> None:
        said.append(line)
        raise InterruptedError

    with (
        one_at_a_time(tmp_path, said.append),
        pytest.raises(InterruptedError),
        one_at_a_time(tmp_path, stop),
    ):
        pass
    with one_at_a_time(tmp_path, said.append):
        pass

    assert said == ["waiting for another training to end"]


def test_what_somebody_pinned_stays_as_long_as_they_are_there(tmp_path: Path) -> None:
    owner, cache = tmp_path / "data", tmp_path / "cache"
    owner.mkdir()
    oldest = make_model(cache, "0", used=0)
    for number in range(1, 5):
        make_model(cache, str(number), used=number)
    pin(cache, owner, [oldest])

    forget_old(cache)
    kept = names(cache / "models")
    owner.rmdir()
    forget_old(cache)

    assert kept == {"0.tar.gz", "2.tar.gz", "3.tar.gz", "4.tar.gz"}
    assert names(cache / "models") == {"2.tar.gz", "3.tar.gz", "4.tar.gz"}
