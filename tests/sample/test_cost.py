"""What a simulation costs: time per event, and memory that does not grow with the customers."""

from __future__ import annotations

import tracemalloc
from itertools import islice
from time import process_time

import pytest

from ledger.sample import simulate_lines
from ledger.sample.simulate import BLOCK


@pytest.mark.alone
def test_it_writes_fifty_thousand_events_a_second() -> None:
    def rate(seed: int) -> float:
        begin = process_time()
        events = sum(1 for _ in simulate_lines(400, seed))
        return events / (process_time() - begin)

    assert max(rate(seed) for seed in range(1, 8)) > 50_000


@pytest.mark.alone
def test_memory_stays_that_of_one_block_of_customers() -> None:
    lines = simulate_lines(5 * BLOCK, 3)
    tracemalloc.start()
    try:
        peaks = []
        for _ in range(3):
            tracemalloc.reset_peak()
            for _ in islice(lines, 12_000):
                pass
            peaks.append(tracemalloc.get_traced_memory()[1])
    finally:
        tracemalloc.stop()
    # The first block also pays for what is made once: texts of times, tables of counts.
    assert max(peaks[1:]) < 1.4 * peaks[0]
