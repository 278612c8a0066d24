from pathlib import Path

import pytest

from knowledge_base.encoder_build import encoder_key, encoder_kind
from knowledge_base.quick_encoder import build_quick_encoder, quick_encoder_key


def test_a_quick_encoder_is_never_taken_for_a_tuned_one() -> None:
    assert quick_encoder_key("embedded") != encoder_key("embedded")
    assert not quick_encoder_key("embedded").startswith(encoder_kind("embedded"))
    assert quick_encoder_key("embedded") != quick_encoder_key("another")


def test_a_failed_build_leaves_nothing_behind(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="no-such-model"):
        build_quick_encoder(tmp_path / "out" / "quick", model=str(tmp_path / "no-such-model"), report=print)

    assert list((tmp_path / "out").iterdir()) == []
