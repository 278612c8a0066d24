from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper

from knowledge_base.building.quantize import Variant, quantize

CHANNELS, OUT, PIECES = 64, 8, 30
EXAMPLES = [[start, start + 1, start + 2] for start in range(PIECES - 2)]


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A matrix that reads values of about 1 on every channel but two, which are a hundred times as loud."""
    random = np.random.default_rng(1)
    table = random.normal(size=(PIECES, CHANNELS)).astype(np.float32)
    table[:, [5, 40]] *= 100
    matrix = random.normal(size=(CHANNELS, OUT)).astype(np.float32)
    ids = [
        helper.make_tensor_value_info(name, TensorProto.INT64, ["n", "t"]) for name in ("input_ids", "attention_mask")
    ]
    nodes = [
        helper.make_node("Gather", ["table", "input_ids"], ["hidden"], "gather"),
        helper.make_node("MatMul", ["hidden", "matrix"], ["vectors"], "/layer.0/output/dense/MatMul"),
    ]
    weights = [numpy_helper.from_array(table, "table"), numpy_helper.from_array(matrix, "matrix")]
    vectors = [helper.make_tensor_value_info("vectors", TensorProto.FLOAT, ["n", "t", OUT])]
    graph = helper.make_graph(nodes, "encoder", ids, vectors, weights)
    path = tmp_path / "encoder.onnx"
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), str(path))
    return path


def run(path: Path) -> npt.NDArray[np.float32]:
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    ids = np.array([range(PIECES)], dtype=np.int64)
    vectors: npt.NDArray[np.float32] = np.asarray(
        session.run(None, {"input_ids": ids, "attention_mask": np.ones_like(ids)})[0]
    )
    return vectors


def error_of(source: Path, variant: Variant) -> float:
    target = source.with_name(f"{variant.name}.onnx")
    quantize(source, target, variant, EXAMPLES)
    assert "MatMulInteger" in {node.op_type for node in onnx.load(str(target)).graph.node} or variant.loud is None
    return float(np.abs(run(target) - run(source)).mean())


def test_two_loud_channels_kept_in_float_leave_the_others_their_precision(source: Path) -> None:
    assert error_of(source, Variant("parted", loud=2)) < error_of(source, Variant("whole", loud=0)) / 10


def test_a_matrix_kept_in_float_is_exact(source: Path) -> None:
    assert error_of(source, Variant("half", loud=None)) == 0
