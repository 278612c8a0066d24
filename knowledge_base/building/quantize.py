"""Smaller and faster variants of an exported encoder."""

import logging
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
import onnxruntime
from onnx import helper, numpy_helper
from onnxruntime.quantization import QuantType, quantize_dynamic

Floats = npt.NDArray[np.float32]

LOOKED_AT = 400
"""So many sentences, evenly over all, show which channels are loud."""


@dataclass(frozen=True)
class Variant:
    """Dynamic int8 with a scale for each channel of the weights.

    The second matrix of each feed-forward block reads a few channels that are ten times as loud as the others, and one
    scale for all of them costs three points of FAQ hit1.  ``loud`` of its channels stay in float; None keeps the whole
    matrix in float, which makes a sentence twice as slow.
    """

    name: str
    loud: int | None


NEEDS_NO_EXAMPLES = Variant("int8-half", loud=None)
VARIANTS = (Variant("int8", loud=64), NEEDS_NO_EXAMPLES)


def quantize(source: Path, target: Path, variant: Variant, examples: Sequence[Sequence[int]]) -> None:
    """``examples``: token ids of sentences as customers write them."""
    model = onnx.load(str(source))
    second = [node.name for node in model.graph.node if _is_second_matrix(node)]
    with tempfile.TemporaryDirectory(dir=target.parent) as folder:
        ready = Path(folder, "ready.onnx")
        if variant.loud is not None:
            _part_loud_channels(model, _loudness(source, second, examples), variant.loud)
        onnx.save(model, str(ready))
        _quantize(ready, target, kept=second if variant.loud is None else [name + _LOUD for name in second])


_LOUD = "/loud"


def _quantize(source: Path, target: Path, *, kept: list[str]) -> None:
    logger = logging.getLogger()
    level = logger.level
    logger.setLevel(logging.ERROR)  # the quantiser gives advice on the root logger
    quantize_dynamic(
        source,
        target,
        op_types_to_quantize=["MatMul"],
        per_channel=True,
        weight_type=QuantType.QInt8,
        nodes_to_exclude=kept,
    )
    logger.setLevel(level)


def _is_second_matrix(node: Any) -> bool:
    return bool(node.name.endswith("/output/dense/MatMul") and "/attention/" not in node.name)


def _loudness(source: Path, names: Sequence[str], examples: Sequence[Sequence[int]]) -> dict[str, Floats]:
    """The largest value each channel showed before each of these matrices, ``(channels,)``."""
    model = onnx.load(str(source))
    read = {node.name: node.input[0] for node in model.graph.node if node.name in names}
    model.graph.output.extend(
        helper.make_tensor_value_info(tensor, onnx.TensorProto.FLOAT, None) for tensor in read.values()
    )
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    with tempfile.TemporaryDirectory(dir=source.parent) as folder:
        probed = Path(folder, "probed.onnx")
        onnx.save(model, str(probed))
        session = onnxruntime.InferenceSession(str(probed), options, providers=["CPUExecutionProvider"])
    found = {name: np.zeros(0, np.float32) for name in read}
    for example in examples[:: -(-len(examples) // LOOKED_AT)]:
        ids = np.array([example], dtype=np.int64)
        seen: Any = session.run(list(read.values()), {"input_ids": ids, "attention_mask": np.ones_like(ids)})
        for name, values in zip(read, seen, strict=True):
            loudest = np.abs(values[0]).max(axis=0)
            found[name] = np.maximum(found[name], loudest) if len(found[name]) else loudest
    return found


def _part_loud_channels(model: onnx.ModelProto, loudness: Mapping[str, Floats], count: int) -> None:
    """``h @ W`` becomes ``(h * quiet) @ W + h[loud] @ W[loud]``, so that int8 scales need not reach the loud ones."""
    graph = model.graph
    weights = {tensor.name: tensor for tensor in graph.initializer}
    nodes = []
    for node in list(graph.node):
        if node.name in loudness:
            loud = np.argsort(-loudness[node.name], kind="stable")[:count].astype(np.int64)
            nodes += _parted(graph, node, weights[node.input[1]], loud)
        else:
            nodes.append(node)
    del graph.node[:]
    graph.node.extend(nodes)


def _parted(graph: Any, node: Any, weight: Any, loud: npt.NDArray[np.int64]) -> list[Any]:
    name, (hidden, _), (result,) = node.name, node.input, node.output
    matrix = numpy_helper.to_array(weight)
    quiet = np.ones(len(matrix), np.float32)
    quiet[loud] = 0
    for suffix, values in ((".quiet", quiet), (".loud", loud), (".weights", matrix[loud])):
        graph.initializer.append(numpy_helper.from_array(np.ascontiguousarray(values), name + suffix))
    weight.CopyFrom(numpy_helper.from_array(matrix * quiet[:, np.newaxis], weight.name))
    return [
        helper.make_node("Mul", [hidden, f"{name}.quiet"], [f"{name}.masked"], f"{name}/mask"),
        helper.make_node("MatMul", [f"{name}.masked", weight.name], [f"{name}.small"], name),
        helper.make_node("Gather", [hidden, f"{name}.loud"], [f"{name}.picked"], f"{name}/pick", axis=-1),
        helper.make_node("MatMul", [f"{name}.picked", f"{name}.weights"], [f"{name}.large"], name + _LOUD),
        helper.make_node("Add", [f"{name}.small", f"{name}.large"], [result], f"{name}/sum"),
    ]
