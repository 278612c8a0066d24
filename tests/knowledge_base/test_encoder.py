"""Facts about serving, on an encoder of two dimensions whose vectors can be worked out by hand."""

import json
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import WhitespaceSplit

from knowledge_base.encoder import Encoder, is_held_out

VOCABULARY = {"?": 0, "q:": 1, "p:": 2, "left": 3, "up": 4}
ROWS = np.array([[1, 1], [0, 0], [0, 0], [1, 0], [0, 1]], dtype=np.float32)


def graph() -> onnx.ModelProto:
    """Mean of the words' rows, made one long."""
    nodes = [
        helper.make_node("Gather", ["rows", "input_ids"], ["words"]),
        helper.make_node("ReduceMean", ["words"], ["mean"], axes=[1], keepdims=0),
        helper.make_node("LpNormalization", ["mean"], ["vectors"], axis=1, p=2),
    ]
    ids = helper.make_tensor_value_info("input_ids", TensorProto.INT64, ["batch", "tokens"])
    vectors = helper.make_tensor_value_info("vectors", TensorProto.FLOAT, ["batch", 2])
    whole = helper.make_graph(nodes, "tiny", [ids], [vectors], [numpy_helper.from_array(ROWS, "rows")])
    return helper.make_model(whole, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    onnx.save(graph(), str(tmp_path / "encoder.onnx"))
    tokenizer = Tokenizer(WordLevel(VOCABULARY, unk_token="?"))
    tokenizer.pre_tokenizer = WhitespaceSplit()
    tokenizer.save(str(tmp_path / "tokenizer.json"))
    manifest = {
        "name": "tiny",
        "key": "abc",
        "dim": 2,
        "max_tokens": 8,
        "prefixes": {"query": "q: ", "passage": "p: "},
        "onnx_file": "encoder.onnx",
        "alone": False,
    }
    (tmp_path / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    return tmp_path


def test_vectors_have_length_one_and_the_order_of_the_texts(folder: Path) -> None:
    vectors = Encoder(folder).encode(["up", "left up", "left"])

    assert np.allclose(vectors, [[0, 1], [0.70710678, 0.70710678], [1, 0]])
    assert vectors.dtype == np.float32


def test_nothing_to_encode_gives_an_empty_matrix(folder: Path) -> None:
    assert Encoder(folder).encode([]).shape == (0, 2)


def test_a_sentence_has_the_same_vector_whatever_it_is_encoded_with(folder: Path) -> None:
    alone = Encoder(folder).encode(["left up"])[0]

    together = Encoder(folder).encode(["up", "left up", "left left left up", "left up"])

    assert np.array_equal(together[1], alone)
    assert np.array_equal(together[3], alone)


def test_a_full_cache_forgets_the_oldest_and_still_answers(folder: Path) -> None:
    encoder = Encoder(folder, cache_size=1)

    first = encoder.encode(["left", "up"])

    assert np.array_equal(encoder.encode(["left", "up"]), first)


def test_an_encoder_says_what_it_is(folder: Path) -> None:
    encoder = Encoder(folder)

    assert (encoder.name, encoder.hash, encoder.dim) == ("tiny", "abc", 2)


def test_about_one_sentence_in_ten_is_held_out() -> None:
    assert 70 < sum(is_held_out(f"句子{number}") for number in range(1000)) < 130
