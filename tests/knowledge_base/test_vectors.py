import numpy as np

from knowledge_base.vectors import SideBySide
from tests.knowledge_base.builders import DIM, NgramEncoder

TEXTS = [f"第{number}个问题" for number in range(200)]


def test_sentences_encoded_side_by_side_come_back_in_order() -> None:
    together = SideBySide(NgramEncoder(), threads=3)

    assert np.array_equal(together.encode(TEXTS), NgramEncoder().encode(TEXTS))
    assert together.encode([]).shape == (0, DIM)
