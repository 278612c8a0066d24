"""Evaluation sentences measure something only while nothing was taught with them."""

import json
import re
import unicodedata
from pathlib import Path

import pytest
import yaml

PROJECT = Path(__file__).resolve().parent.parent
SETS = sorted((PROJECT / "tests" / "evaluation").glob("*.jsonl"))


def _bare(text: str) -> str:
    return re.sub(r"[\W_]+", "", unicodedata.normalize("NFKC", text)).lower()


def _taught() -> set[str]:
    sentences: set[str] = set()
    for path in (PROJECT / "nlu_data" / "intents").glob("*.yml"):
        for block in yaml.safe_load(path.read_text(encoding="utf-8"))["nlu"]:
            sentences.update(_bare(line.removeprefix("- ")) for line in block["examples"].splitlines())
    for path in (PROJECT / "nlu_data" / "mood").glob("*.yml"):
        for texts in yaml.safe_load(path.read_text(encoding="utf-8")).values():
            sentences.update(_bare(text) for text in texts)
    for path in (PROJECT / "knowledge_base" / "faq").glob("*.yml"):
        for entry in yaml.safe_load(path.read_text(encoding="utf-8")):
            sentences.update(_bare(text) for text in (entry["question"], *entry["phrasings"]))
    return sentences


@pytest.mark.parametrize("path", SETS, ids=lambda path: path.stem)
def test_no_evaluation_sentence_was_taught(path):
    taught = _taught()
    texts = [json.loads(line)["text"] for line in path.read_text(encoding="utf-8").splitlines()]

    assert [text for text in texts if len(_bare(text)) > 3 and _bare(text) in taught] == []


@pytest.mark.parametrize("path", SETS, ids=lambda path: path.stem)
def test_no_evaluation_sentence_stands_twice(path):
    texts = [_bare(json.loads(line)["text"]) for line in path.read_text(encoding="utf-8").splitlines()]

    assert len(texts) == len(set(texts))
