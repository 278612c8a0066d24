import numpy as np
from scipy.sparse import csr_matrix

from bot.dialogue.components.linear import Features, LinearModel, LinearOptions

OPTIONS = LinearOptions(strength=10.0, dense_weight=1.0)


def two_clouds(per_class: int) -> tuple[Features, list[str]]:
    """Sparse features that say nothing, dense ones of two overlapping clouds."""
    random = np.random.default_rng(3)
    dense = np.concatenate([random.normal(-1, 1.5, (per_class, 4)), random.normal(1, 1.5, (per_class, 4))])
    return (csr_matrix((2 * per_class, 3)), dense), ["left"] * per_class + ["right"] * per_class


def test_probabilities_of_a_message_sum_to_one() -> None:
    features, labels = two_clouds(50)
    model = LinearModel.fit(features, labels, np.zeros(100, dtype=bool), OPTIONS)

    assert np.allclose(model.probabilities(features).sum(axis=1), 1.0)


def test_a_rare_class_is_not_drowned_by_a_frequent_one() -> None:
    (sparse, dense), labels = two_clouds(200)
    few = np.r_[0:200, 200:210]
    model = LinearModel.fit((sparse[few], dense[few]), [labels[i] for i in few], np.zeros(210, dtype=bool), OPTIONS)

    found = model.probabilities((sparse, dense)).argmax(axis=1)

    assert (found[200:] == model.classes.index("right")).mean() > 0.7


def test_a_model_restored_from_its_arrays_answers_the_same() -> None:
    features, labels = two_clouds(60)
    held_out = np.arange(120) % 2 == 0
    model = LinearModel.fit(features, labels, held_out, OPTIONS)

    restored = LinearModel(model.classes, **model.arrays())

    assert np.allclose(restored.probabilities(features), model.probabilities(features), atol=1e-5)


def test_a_single_sentence_scores_as_it_does_among_many() -> None:
    random = np.random.default_rng(2)
    sparse = csr_matrix(random.random((40, 30)) * (random.random((40, 30)) < 0.2))
    features = (sparse, random.random((40, 4)))
    labels = [f"class {number % 3}" for number in range(40)]
    model = LinearModel.fit(features, labels, np.zeros(40, dtype=bool), LinearOptions(strength=1.0, dense_weight=1.0))

    together = model.scores(features)
    alone = np.vstack([model.scores((sparse[[row]], features[1][[row]])) for row in range(40)])

    assert np.allclose(alone, together)
