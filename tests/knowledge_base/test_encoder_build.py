"""Facts about the build's steps that need no full model."""

import json
from pathlib import Path

import pytest
import torch
from tokenizers import Tokenizer
from tokenizers.models import Unigram
from transformers import BertConfig, BertModel

from knowledge_base.building.judge import TaskScores
from knowledge_base.building.sentences import Sentence, faq_sentences, intent_sentences
from knowledge_base.building.tuning import TuningOptions, tune
from knowledge_base.building.vocabulary import prune
from knowledge_base.encoder_build import TrainingFolders, build_encoder, encoder_key

PIECES = ["<unk>", "快", "递", "▁hello", "привет", "ありがとう", "包裹", "，", "😂", "運"]


def small_model(vocabulary: int) -> BertModel:
    torch.manual_seed(1)
    sizes = {"hidden_size": 8, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 16}
    config = BertConfig(vocab_size=vocabulary, max_position_embeddings=16, **sizes)
    return BertModel(config, add_pooling_layer=False).eval()


def small_tokenizer() -> Tokenizer:
    tokenizer = Tokenizer(Unigram([(piece, -float(i)) for i, piece in enumerate(PIECES)], unk_id=0))
    content = json.loads(tokenizer.to_str())
    content["post_processor"] = {
        "type": "TemplateProcessing",
        "single": [{"Sequence": {"id": "A", "type_id": 0}}],
        "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 1}}],
        "special_tokens": {},
    }
    tokenizer = Tokenizer.from_str(json.dumps(content))
    tokenizer.add_special_tokens(["<unk>"])
    return tokenizer


@pytest.fixture
def folders(tmp_path: Path) -> TrainingFolders:
    intents, faq = tmp_path / "intents", tmp_path / "faq"
    intents.mkdir()
    faq.mkdir()
    text = "nlu:\n- intent: greet\n  examples: |\n    - 你好\n    - 在[上海](region)吗\n"
    (intents / "greet.yml").write_text(text, encoding="utf-8")
    text = "- id: price.how_charged\n  question: 运费怎么算\n  phrasings: [多少钱一公斤]\n"
    (faq / "price.yml").write_text(text, encoding="utf-8")
    return TrainingFolders(intents, faq)


def test_only_chinese_english_and_symbols_stay_in_the_vocabulary() -> None:
    model = small_model(len(PIECES))
    before = model.get_input_embeddings().weight.detach().clone()

    kept = prune(model, small_tokenizer()).get_vocab()

    assert set(kept) == {"<unk>", "快", "递", "▁hello", "包裹", "，", "😂", "運"}
    assert torch.equal(model.get_input_embeddings().weight[kept["包裹"]], before[PIECES.index("包裹")])


def test_sentences_are_read_without_annotations(folders: TrainingFolders) -> None:
    assert intent_sentences(folders.intents) == [Sentence("你好", "greet"), Sentence("在上海吗", "greet")]
    assert [s.text for s in faq_sentences(folders.faq)] == ["运费怎么算", "多少钱一公斤"]


def test_the_key_follows_sentences_and_model_but_not_answers(folders: TrainingFolders) -> None:
    key = encoder_key("embedded", folders)
    file = folders.faq / "price.yml"
    content = file.read_text(encoding="utf-8")

    file.write_text(content + "  answer: 按重量\n", encoding="utf-8")
    assert encoder_key("embedded", folders) == key
    assert encoder_key("other", folders) != key

    file.write_text(content.replace("运费", "邮费"), encoding="utf-8")
    assert encoder_key("embedded", folders) != key


def test_tuning_changes_the_upper_layers_only() -> None:
    model, tokenizer = small_model(len(PIECES)), small_tokenizer()
    before = {name: weight.clone() for name, weight in model.state_dict().items()}
    sentences = [Sentence("快递", "query_eta"), Sentence("包裹", "price.how_charged"), Sentence("，", "faq")] * 4

    tune(model, tokenizer, sentences, prefix="", report=print, options=TuningOptions(layers=1, epochs=1, batch=4))

    changed = {name for name, weight in model.state_dict().items() if not torch.equal(weight, before[name])}
    assert changed
    assert all(name.startswith("encoder.layer.1.") for name in changed)


def test_a_variant_may_lose_half_a_point_of_neither_score() -> None:
    full = TaskScores(0.70, 0.50, 100)

    assert TaskScores(0.696, 0.51, 100).within(0.005, of=full)
    assert not TaskScores(0.72, 0.49, 100).within(0.005, of=full)


def test_a_failed_build_leaves_nothing_behind(tmp_path: Path, folders: TrainingFolders) -> None:
    with pytest.raises(OSError, match="no-such-model"):
        build_encoder(tmp_path / "out" / "key", model=str(tmp_path / "no-such-model"), report=print, folders=folders)

    assert list((tmp_path / "out").iterdir()) == []
