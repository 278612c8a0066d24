"""Teach the encoder the trade: a light supervised tuning of its upper layers on what trainers wrote.

The lower layers and the embeddings stay as they are, so their output is computed once.  Each intent and each topic of
the knowledge base has a direction of its own (a proxy); sentences are drawn to theirs and away from all others, as in
"NormFace" (Wang et al. 2017).  The general question intent has no direction: it is right wherever a topic is.
After each epoch everything is saved, so that an interrupted build goes on where it was; the result is the same.
In the end the tuned weights are averaged with the first ones, which keeps more of what the encoder knew of sentences
that nobody here wrote (Wortsman et al. 2022).
"""

import copy
import math
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path

import torch
from tokenizers import Tokenizer
from torch import Tensor, nn
from transformers import BertModel, PreTrainedModel

from knowledge_base.building.export import pool
from knowledge_base.building.sentences import Sentence

ANY_TOPIC = "faq"
THREADS_VARIABLE = "BOT_TRAINING_THREADS"


@dataclass(frozen=True)
class TuningOptions:
    """``keep`` is the weight of the first model in the final average; ``scale`` sharpens cosines into logits."""

    layers: int = 6
    epochs: int = 4
    batch: int = 48
    rate: float = 1.5e-4
    proxy_rate: float = 2e-3
    scale: float = 20.0
    smoothing: float = 0.1
    dropout: float = 0.1
    keep: float = 0.1
    seed: int = 7


@dataclass(frozen=True)
class _Cached:
    """Output of the frozen part for one sentence, ``(tokens, dim)`` in float16, and its class (-1: any topic)."""

    states: Tensor
    target: int


def tune(
    model: PreTrainedModel,
    tokenizer: Tokenizer,
    sentences: Sequence[Sentence],
    *,
    prefix: str,
    report: Callable[[str], None],
    options: TuningOptions | None = None,
    checkpoint: Path | None = None,
) -> None:
    """Change the upper layers of ``model`` in place; a model of another build than BERT's stays as it is.

    ``checkpoint`` is the file that keeps what is done so far; the caller removes it when nobody needs it any more.
    """
    if not isinstance(model, BertModel):
        report("encoder: not tuned, its layers are of another kind")
        return
    options = options or TuningOptions()
    torch.manual_seed(options.seed)
    torch.set_num_threads(_idle_cores())
    classes = _Classes.of(sentences)
    frozen = frozen_states(model, tokenizer, [prefix + s.text for s in sentences], options.layers)
    cached = [_Cached(state, classes.target(s)) for state, s in zip(frozen, sentences, strict=True)]
    upper = model.encoder.layer[-options.layers :]
    first = copy.deepcopy(upper.state_dict())
    _Training(upper, cached, classes, options, checkpoint).run(report)
    tuned = upper.state_dict()
    upper.load_state_dict({k: options.keep * first[k] + (1 - options.keep) * tuned[k] for k in first})
    model.train(False)


def frozen_states(model: BertModel, tokenizer: Tokenizer, texts: Sequence[str], upper: int) -> list[Tensor]:
    """Hidden states before the last ``upper`` layers, one float16 tensor ``(tokens, dim)`` a text."""
    ids = [encoding.ids for encoding in tokenizer.encode_batch(list(texts))]
    states: list[Tensor] = [torch.empty(0)] * len(texts)
    order = sorted(range(len(texts)), key=lambda i: len(ids[i]))
    lower = model.encoder.layer[: len(model.encoder.layer) - upper]
    for start in range(0, len(order), 64):
        chosen = order[start : start + 64]
        tokens, mask = _padded([torch.tensor(ids[i]) for i in chosen])
        with torch.inference_mode(), precision():
            hidden = run_layers(lower, model.embeddings(input_ids=tokens), mask)
        for i, state in zip(chosen, hidden, strict=True):
            states[i] = state[: len(ids[i])].half().clone()
    return states


def run_layers(layers: nn.ModuleList, hidden: Tensor, mask: Tensor) -> Tensor:
    """``mask`` is 1 for tokens that count, ``(batch, tokens)``."""
    bias = (1.0 - mask[:, None, None, :].to(hidden.dtype)) * torch.finfo(hidden.dtype).min
    for layer in layers:
        output = layer(hidden, bias)
        hidden = output[0] if isinstance(output, tuple) else output
    return hidden


def _idle_cores() -> int:
    """As told, or: threads that wait for a core cost several times what they give, so busy cores are left alone."""
    told = os.environ.get(THREADS_VARIABLE)
    if told:
        return int(told)
    return max(1, (os.cpu_count() or 1) - round(os.getloadavg()[0]))


def precision() -> AbstractContextManager[object]:
    """bfloat16 where the processor multiplies it in hardware (some four times faster), else float32."""
    capabilities = torch.cpu.get_capabilities()
    fast = bool(capabilities.get("amx_bf16") or capabilities.get("avx512_bf16"))
    return torch.autocast("cpu", dtype=torch.bfloat16) if fast else nullcontext()


@dataclass(frozen=True)
class _Classes:
    """Topics come first, then intents."""

    names: list[str]
    topics: int

    @classmethod
    def of(cls, sentences: Sequence[Sentence]) -> "_Classes":
        names = {sentence.label for sentence in sentences} - {ANY_TOPIC}
        topics = sorted(name for name in names if "." in name)
        return cls([*topics, *sorted(names - set(topics))], len(topics))

    def target(self, sentence: Sentence) -> int:
        return -1 if sentence.label == ANY_TOPIC else self.names.index(sentence.label)


class _Training:
    """The epochs over the sentences; what is learned is the upper layers and the proxies."""

    def __init__(
        self,
        upper: nn.ModuleList,
        cached: list[_Cached],
        classes: _Classes,
        options: TuningOptions,
        checkpoint: Path | None,
    ) -> None:
        self._upper = upper
        self._cached = cached
        self._classes = classes
        self._options = options
        self._checkpoint = checkpoint
        self._proxies = nn.Parameter(_first_proxies(upper, cached, len(classes.names)))
        self._optimizer = torch.optim.AdamW(
            [
                {"params": upper.parameters(), "lr": options.rate, "weight_decay": 0.01},
                {"params": [self._proxies], "lr": options.proxy_rate, "weight_decay": 0.0},
            ],
            fused=True,
        )
        steps = options.epochs * math.ceil(len(cached) / options.batch)
        self._schedule = torch.optim.lr_scheduler.LambdaLR(self._optimizer, lambda step: _warm_then_down(step, steps))

    def run(self, report: Callable[[str], None]) -> None:
        _set_dropout(self._upper, self._options.dropout)
        self._upper.train()
        done = self._resume()
        if done:
            report(f"encoder: tuning goes on after epoch {done}")
        for epoch in range(done, self._options.epochs):
            loss = self._epoch(epoch)
            self._save(epoch + 1)
            report(f"encoder: tuning {epoch + 1}/{self._options.epochs}, loss {loss:.3f}")
        _set_dropout(self._upper, 0.0)
        self._upper.train(False)

    def _epoch(self, number: int) -> float:
        """The mean loss of its steps."""
        losses = []
        for batch in _batches(self._cached, self._options, number):
            targets = [c.target for c in batch]
            loss = _loss(_vectors(self._upper, batch), self._proxies, targets, self._classes.topics, self._options)
            self._optimizer.zero_grad()
            torch.autograd.backward(loss)
            nn.utils.clip_grad_norm_(self._upper.parameters(), 1.0)
            self._optimizer.step()
            self._schedule.step()
            losses.append(loss.item())
        return sum(losses) / len(losses)

    def _save(self, done: int) -> None:
        if self._checkpoint is None:
            return
        half = self._checkpoint.with_suffix(".half")
        torch.save(
            {
                "done": done,
                "upper": self._upper.state_dict(),
                "proxies": self._proxies.detach(),
                "optimizer": self._optimizer.state_dict(),
                "schedule": self._schedule.state_dict(),
                "random": torch.get_rng_state(),
            },
            half,
        )
        half.replace(self._checkpoint)

    def _resume(self) -> int:
        """How many epochs an earlier, interrupted run has done."""
        if self._checkpoint is None or not self._checkpoint.exists():
            return 0
        kept = torch.load(self._checkpoint, weights_only=True)
        self._upper.load_state_dict(kept["upper"])
        with torch.no_grad():
            self._proxies.copy_(kept["proxies"])
        self._optimizer.load_state_dict(kept["optimizer"])
        self._schedule.load_state_dict(kept["schedule"])
        torch.set_rng_state(kept["random"])
        return int(kept["done"])


def _loss(vectors: Tensor, proxies: Tensor, targets: list[int], topics: int, options: TuningOptions) -> Tensor:
    logits = options.scale * vectors @ nn.functional.normalize(proxies, dim=1).T
    wanted = torch.tensor(targets)
    certain = wanted >= 0
    loss = nn.functional.cross_entropy(
        logits[certain], wanted[certain], label_smoothing=options.smoothing, reduction="sum"
    )
    general = logits[~certain]
    loss = loss + (general.logsumexp(dim=1) - general[:, :topics].logsumexp(dim=1)).sum() if topics else loss
    return loss / len(targets)


def _first_proxies(upper: nn.ModuleList, cached: list[_Cached], count: int) -> Tensor:
    """Each class begins at the mean of its sentences."""
    sums = torch.zeros(count, cached[0].states.shape[1])
    labelled = [c for c in cached if c.target >= 0]
    labelled.sort(key=lambda c: len(c.states))
    with torch.no_grad():
        for start in range(0, len(labelled), 64):
            part = labelled[start : start + 64]
            sums.index_add_(0, torch.tensor([c.target for c in part]), _vectors(upper, part))
    means: Tensor = nn.functional.normalize(sums, dim=1)
    return means - means.mean(dim=0, keepdim=True)


def _vectors(upper: nn.ModuleList, batch: Sequence[_Cached]) -> Tensor:
    states, mask = _padded([c.states for c in batch])
    with precision():
        hidden = run_layers(upper, states.float(), mask)
    return pool(hidden.float(), mask)


def _batches(cached: list[_Cached], options: TuningOptions, epoch: int) -> Iterator[list[_Cached]]:
    """Random batches of sentences of similar length, so that little padding is computed."""
    generator = torch.Generator().manual_seed(options.seed + epoch)
    order = torch.randperm(len(cached), generator=generator).tolist()
    pools = [order[i : i + options.batch * 16] for i in range(0, len(order), options.batch * 16)]
    batches = []
    for members in pools:
        members.sort(key=lambda i: len(cached[i].states))
        batches += [members[i : i + options.batch] for i in range(0, len(members), options.batch)]
    for number in torch.randperm(len(batches), generator=generator).tolist():
        yield [cached[i] for i in batches[number]]


def _padded(rows: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
    """Rows side by side, filled with zeros, and the mask that tells which places count."""
    lengths = torch.tensor([len(row) for row in rows])
    mask = (torch.arange(int(lengths.max()))[None, :] < lengths[:, None]).long()
    return nn.utils.rnn.pad_sequence(list(rows), batch_first=True), mask


def _set_dropout(layers: nn.Module, probability: float) -> None:
    for module in layers.modules():
        if isinstance(module, nn.Dropout):
            module.p = probability


def _warm_then_down(step: int, steps: int, warm: float = 0.1) -> float:
    done = step / max(1, steps)
    return done / warm if done < warm else max(0.0, (1 - done) / (1 - warm))
