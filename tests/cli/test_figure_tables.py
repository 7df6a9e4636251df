"""Tables of figures whose units differ from row to row."""

from __future__ import annotations

from tests.cli.running import Shell, ndjson
from tests.queries.telling import ordered, told


def test_amounts_in_several_currencies_share_a_column_and_other_units_are_named(shell: Shell) -> None:
    shell("init", "-q")
    work = told("work.completed", "a", 2, data_minutes=5, data_cost="4", data_currency="EUR")
    shell("append", "-", "-q", stdin=ndjson([ordered("a", 1, "10"), ordered("b", 2, "70", "NOK"), work]))
    shell("rebuild", "-q")
    value = shell("metrics", "lifetime_value", "-f", "table").out
    assert "sum, " not in value, "one column, whatever the currency"
    assert [line.split()[:2] for line in value.splitlines() if line.startswith(("EUR", "NOK"))] == [
        ["EUR", "10.00"],
        ["NOK", "70.00"],
    ]
    scores = shell("metrics", "rfm", "-f", "table", "--currency", "EUR").out
    assert any(line.split()[:3] == ["EUR", "recency", "3"] and "days" in line for line in scores.splitlines())
