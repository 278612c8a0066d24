"""A small knowledge base and an encoder that needs no model."""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from knowledge_base.entries import FaqEntry, KnownIds
from knowledge_base.factory import RetrieverFactory
from knowledge_base.index import Kind, Vectors
from knowledge_base.retriever import Retriever, Thresholds

DIM = 64

_WAYS_TO_ASK = {
    "price.how_charged": "运费怎么算 首重续重多少钱 寄一公斤收多少运费 快递费怎么收 运费标准 运费贵吗"
    " 续重一公斤加多少运费 收费标准是什么 邮费怎么算",
    "sending.batteries": "充电宝能寄吗 锂电池可以寄吗 电池能不能寄 寄充电宝要什么 手机电池能寄吗 移动电源能寄吗"
    " 带电池的玩具能寄吗 充电宝可以快递吗 蓝牙耳机电池能寄不",
    "service.holiday": "春节送不送 过年放假吗 国庆还派送吗 元旦有人送货吗 除夕送不送 节假日派送吗 五一放不放假"
    " 过年期间派件吗 初一送不送",
}
QUESTIONS = {topic: ways.split() for topic, ways in _WAYS_TO_ASK.items()}
UNANSWERABLE = [
    "今天天气怎么样",
    "股票涨了吗",
    "讲个笑话",
    "帮我写作文",
    "谁是总统",
    "唱首歌",
    "几点看电影",
    "来道数学题",
]

KNOWN = KnownIds(topics=frozenset(QUESTIONS), intents=frozenset({"query_price"}))


class NgramEncoder:
    """Character pairs hashed into a vector; remembers what it was asked to encode."""

    dim = DIM
    hash = "ngrams"

    def __init__(self) -> None:
        self.encoded: list[str] = []

    def encode(self, texts: Sequence[str], *, kind: Kind = "query") -> Vectors:
        self.encoded += texts
        vectors = np.full((len(texts), DIM), 0.1, dtype=np.float32)
        for row, text in enumerate(texts):
            for gram in zip(f"^{text}", f"{text}$", strict=True):
                vectors[row, hashlib.sha256("".join(gram).encode()).digest()[0] % DIM] += 1
        unit: Vectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
        return unit


def make_content(topic: str = "price.how_charged", **fields: Any) -> dict[str, Any]:
    """An entry as a trainer writes it."""
    question, *phrasings = QUESTIONS.get(topic, QUESTIONS["price.how_charged"])
    return {"id": topic, "question": question, "phrasings": phrasings, "answer": "请看 {website}。"} | fields


def make_entry(topic: str = "price.how_charged", **fields: Any) -> FaqEntry:
    return FaqEntry.model_validate(make_content(topic, **fields))


def write_entries(path: Path, *contents: dict[str, Any]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.safe_dump(list(contents), allow_unicode=True, sort_keys=False), encoding="utf-8")
    return path


def make_factory(encoder: NgramEncoder | None = None, cache: Path | None = None) -> RetrieverFactory:
    thresholds = Thresholds(answer=0.5, ask=0.5)
    return RetrieverFactory(encoder or NgramEncoder(), thresholds, cache=cache, unanswerable=UNANSWERABLE)


def make_retriever(*entries: FaqEntry) -> Retriever:
    return make_factory().make(entries or [make_entry(topic) for topic in QUESTIONS])
