"""Simulated lines appended to a ledger: nothing is refused, and what comes twice is recognised."""

from __future__ import annotations

from pathlib import Path

import pytest

from ledger.bootstrap import Ledger
from ledger.errors import LedgerError
from ledger.sample import Truth, simulate_lines


@pytest.mark.parametrize("shuffle", [False, True])
def test_a_ledger_records_every_distinct_event_and_refuses_none(tmp_path: Path, shuffle: bool) -> None:
    truth = Truth()
    lines = simulate_lines(300, 11, shuffle=shuffle, truth=truth)
    with Ledger.open(f"sqlite:///{tmp_path}/ledger.db") as ledger:
        outcomes = list(ledger.append_many(lines))
    assert [outcome for outcome in outcomes if isinstance(outcome, LedgerError)] == []
    recorded = [outcome for outcome in outcomes if not isinstance(outcome, LedgerError) and outcome.recorded]
    assert truth.counts["erased"] > 0
    assert (len(outcomes), len(recorded)) == (truth.counts["lines"], truth.counts["events"])
