from benchmarks.understanding.speed import Load, Measured, distinct, latency_row


def test_sentences_to_ask_are_all_different():
    sentences = distinct(["到哪了", "转人工"], 50)

    assert len(set(sentences)) == 50
    assert sentences[:2] == ["到哪了", "转人工"]


def test_a_load_knows_how_many_sentences_it_asks():
    assert Load(rounds=2, requests={1: 10, 8: 20}).sentences == 20 + 2 * 30


def test_latency_is_told_in_milliseconds_and_throughput_by_its_median_round():
    took_s = [0.001 * number for number in range(1, 101)]

    row = latency_row("ours", 8, Measured(took_s, per_s=[10.0, 90.0, 20.0], cpu_s=1.5))

    assert (row.n, row.p50_ms, row.p95_ms, row.per_s, row.cpu_ms) == (100, 50.5, 95.0, 20.0, 15.0)
