from benchmarks.studio import LIMIT_MS, Size, measure_drafts, sentences


def test_made_up_sentences_are_all_different():
    assert len(set(sentences(150_000, 1))) == 150_000


async def test_every_call_of_the_draft_is_measured(database, tmp_path):
    took = await measure_drafts(tmp_path, database, Size(entries=20, phrasings=8, examples=200))

    assert {"examples", "add_50_examples", "save_entry", "new_entry", "diff", "undo", "sync", "publish"} <= set(took)
    assert took["examples"] < LIMIT_MS
