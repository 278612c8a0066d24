import pytest

from benchmarks.understanding.store import Store, cost_of


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def store(tmp_path, said) -> Store:
    return Store(tmp_path, said.append)


def test_what_was_made_is_not_made_again(store):
    made = [store.made("thing", ["key"], lambda folder: (folder / "a.txt").write_text("1")) for _ in range(2)]

    assert made[0] == made[1]
    assert (made[0] / "a.txt").read_text() == "1"
    assert cost_of(made[0]).wall_s >= 0


def test_another_key_makes_another_thing(store):
    assert store.made("thing", ["a"], lambda _: None) != store.made("thing", ["b"], lambda _: None)


def test_what_failed_leaves_nothing(store, tmp_path):
    def fail(folder):
        (folder / "half.txt").write_text("half")
        raise RuntimeError("killed")

    with pytest.raises(RuntimeError):
        store.made("thing", ["key"], fail)

    assert list(tmp_path.iterdir()) == []


def test_answers_are_kept_line_by_line(store):
    asked = []

    def answer() -> list[str]:
        asked.append(1)
        return ["一", "二"]

    assert [store.answers("answers", ["key"], answer) for _ in range(2)] == [["一", "二"]] * 2
    assert asked == [1]
