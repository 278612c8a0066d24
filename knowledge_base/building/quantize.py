"""Smaller and faster variants of an exported encoder."""

import logging
from dataclasses import dataclass
from pathlib import Path

import onnx
from onnxruntime.quantization import QuantType, quantize_dynamic


@dataclass(frozen=True)
class Variant:
    """Dynamic int8 with a scale for each channel; matrices whose node's name ends with ``kept`` stay in float."""

    name: str
    kept: str


VARIANTS = (Variant("int8", kept="/output/dense/MatMul"),)
"""The second matrix of each feed-forward block reads values of very different size: in int8 it costs three points of
FAQ hit1, the others none."""


def quantize(source: Path, target: Path, variant: Variant) -> None:
    nodes = onnx.load(str(source), load_external_data=False).graph.node
    logger = logging.getLogger()
    level = logger.level
    logger.setLevel(logging.ERROR)  # the quantiser gives advice on the root logger
    quantize_dynamic(
        source,
        target,
        op_types_to_quantize=["MatMul"],
        per_channel=True,
        weight_type=QuantType.QInt8,
        nodes_to_exclude=[node.name for node in nodes if _stays(node.name, variant)],
    )
    logger.setLevel(level)


def _stays(name: str, variant: Variant) -> bool:
    return name.endswith(variant.kept) and "/attention/" not in name
