import numpy as np
from scipy.sparse import csr_matrix

from bot.dialogue.components.linear import Features
from bot.dialogue.components.pooled import PooledModel, PooledOptions

OPTIONS = PooledOptions(outside="outside", false_rejection=0.05)


def clouds(per_class: int, distance: float = 1.0) -> tuple[Features, list[str]]:
    """Three overlapping clouds; the sparse features tell the first from the others."""
    random = np.random.default_rng(5)
    middles = np.eye(3, 6) * distance
    dense = np.concatenate([random.normal(middle, 0.5, (per_class, 6)) for middle in middles])
    sparse = csr_matrix((np.arange(3 * per_class) < per_class).astype(float)[:, None])
    return (sparse, dense), ["inside"] * per_class + ["other"] * per_class + ["outside"] * per_class


def held_out(count: int) -> np.ndarray:
    return np.arange(count) % 3 == 0


def test_both_kinds_of_features_are_heard() -> None:
    features, labels = clouds(100)
    model = PooledModel.fit(features, labels, held_out(300), OPTIONS)

    found = [model.classes[i] for i in model.probabilities(features).argmax(axis=1)]

    assert found[:100] == ["inside"] * 100, "the sparse feature decides"
    assert np.mean(np.array(found[100:]) == np.array(labels[100:])) > 0.7, "the vectors tell the other two apart"


def test_the_outside_class_is_favoured_but_only_within_the_stated_loss() -> None:
    features, labels = clouds(300)
    plain = PooledModel.fit(features, labels, np.zeros(900, dtype=bool), OPTIONS)
    model = PooledModel.fit(features, labels, held_out(900), OPTIONS)

    column = model.classes.index("outside")
    lost = (model.probabilities(features)[:600].argmax(axis=1) == column).mean()

    assert (model.scores(features).argmax(axis=1) == column).sum() >= (
        plain.scores(features).argmax(axis=1) == column
    ).sum()
    assert lost < 0.12


def test_confidence_is_as_high_as_the_share_that_is_right() -> None:
    features, labels = clouds(400, distance=0.7)
    model = PooledModel.fit(features, labels, held_out(1200), OPTIONS)

    probabilities = model.probabilities(features)
    right = np.array([model.classes[i] for i in probabilities.argmax(axis=1)]) == np.array(labels)

    assert abs(probabilities.max(axis=1).mean() - right.mean()) < 0.05


def test_vectors_that_only_knew_the_taught_sentences_count_less() -> None:
    (_, dense), labels = clouds(300)
    outside_the_lesson = held_out(900)
    random = np.random.default_rng(3)
    learnt_by_heart = np.where(outside_the_lesson[:, None], random.normal(0, 0.5, dense.shape), dense)
    letters = csr_matrix(np.eye(3)[np.repeat(np.arange(3), 300)] + random.normal(0, 0.8, (900, 3)))

    honest = PooledModel.fit((letters, dense), labels, outside_the_lesson, OPTIONS)
    fooled = PooledModel.fit((letters, learnt_by_heart), labels, outside_the_lesson, OPTIONS)

    assert fooled.weight < honest.weight
