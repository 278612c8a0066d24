"""From torch to ONNX: token ids in, unit sentence vectors out, pooling included."""

import warnings
from pathlib import Path

import torch
from transformers import PreTrainedModel

OPSET = 17  # read by every onnxruntime from 1.12 on


class SentenceModel(torch.nn.Module):
    """Mean pooling over the tokens that count, then length 1; ``(batch, tokens)`` int64 -> ``(batch, dim)``."""

    def __init__(self, transformer: PreTrainedModel) -> None:
        super().__init__()
        self.transformer = transformer

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
        hidden = self.transformer(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
        return pool(hidden, attention_mask)


def pool(hidden: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
    """``(batch, tokens, dim)`` and ``(batch, tokens)`` -> unit vectors ``(batch, dim)``."""
    mask = attention_mask.unsqueeze(-1).to(hidden.dtype)
    mean = (hidden * mask).sum(dim=1) / mask.sum(dim=1)
    return torch.nn.functional.normalize(mean, dim=1)


def export(transformer: PreTrainedModel, path: Path) -> None:
    ids = torch.tensor([[0, 5, 6, 2], [0, 7, 8, 2]])
    axes = {0: "batch", 1: "tokens"}
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")  # the tracer warns of every shape it reads
        torch.onnx.export(
            SentenceModel(transformer).eval(),
            (ids, torch.ones_like(ids)),
            str(path),
            input_names=["input_ids", "attention_mask"],
            output_names=["vectors"],
            dynamic_axes={"input_ids": axes, "attention_mask": axes, "vectors": {0: "batch"}},
            opset_version=OPSET,
            dynamo=False,
        )
