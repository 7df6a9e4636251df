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


def test_no_number_is_broken_where_figures_have_no_room_side_by_side(shell: Shell) -> None:
    shell("init", "-q")
    customers = [f"a-{place}" for place in range(12)]
    orders = [ordered(name, place + 1, f"{1234 * (place + 1)}.56") for place, name in enumerate(customers)]
    placed = [
        told("customer.segment_assigned", name, 0, data_scheme="value_and_loyalty", data_segment="golden_and_loyal")
        for name in customers
    ]
    shell("append", "-", "-q", stdin=ndjson([*placed, *orders]))
    shell("rebuild", "-q")
    question = ("metrics", "net_value", "--by", "segment:value_and_loyalty")
    drawn = shell(*question, "-f", "table").out
    assert max(map(len, drawn.splitlines())) <= 80
    for row in shell(*question, "-f", "json").json:
        number = f"{row['value'] * 100:.1f}%" if row["unit"] == "share" else f"{row['value']:,.2f}"
        assert any(number in line.split() and row["statistic"] in line for line in drawn.splitlines()), row["statistic"]
    assert "12  few" in drawn


def test_a_name_that_is_too_long_is_broken_at_an_underscore(shell: Shell) -> None:
    shell("init", "-q")
    opened = told("case.opened", "a", 1, case_id="k-1")
    shell("append", "-", "-q", stdin=ndjson([opened, told("case.resolved", "a", 2, case_id="k-1")]))
    shell("rebuild", "-q")
    drawn = shell("metrics", "time_to_resolution", "-f", "table").out
    assert "kaplan_ " in drawn
    assert "meier" in drawn.split()
    assert "without_" in drawn.split()
