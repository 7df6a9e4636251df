"""What a simulation costs: time that is held against json's, and memory that does not grow with the customers."""

from __future__ import annotations

import json
import tracemalloc
from itertools import islice
from time import process_time

import pytest

from ledger.sample import simulate_lines
from ledger.sample.simulate import BLOCK


@pytest.mark.alone
def test_an_event_takes_less_than_three_times_what_it_takes_to_copy_it_as_json() -> None:
    simulated, copied = [], []
    for seed in range(1, 8):
        begin = process_time()
        lines = list(simulate_lines(400, seed))
        made = process_time()
        for line in lines:
            json.dumps(json.loads(line))
        simulated.append((made - begin) / len(lines))
        copied.append((process_time() - made) / len(lines))
    # 1.5 times where it was written, and 2.6 times is fifty thousand events a second there.
    assert min(simulated) < 2.6 * min(copied)


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
