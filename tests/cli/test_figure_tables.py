"""Tables of figures whose units differ from row to row."""

from __future__ import annotations

from pathlib import Path

from ledger import Ledger
from ledger.cli.commands.metrics import PLACE, laid_out
from ledger.cli.drawing import figure, interval
from ledger.metrics.registry import METRICS
from ledger.queries.metrics import metrics
from ledger.sample import simulate
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
        called = METRICS["net_value"].statistic(row["statistic"]).called or row["statistic"]
        assert any(number in line.split() and called.split()[0] in line for line in drawn.splitlines()), called
    assert "12  few" in drawn


def test_no_two_lines_of_a_table_look_alike(tmp_path: Path) -> None:
    with Ledger.open(f"sqlite:///{tmp_path}/l.db") as ledger:
        for _ in ledger.append_many(simulate(150, 5)):
            pass
        ledger.rebuild(workers=1)
        names = [name for name, metric in METRICS.items() if metric.command is None and name != "time_between"]
        for name in names:
            rows = [row.as_row() for row in metrics(ledger.store, [name])]
            columns, lines = laid_out(name, rows)
            keys = {"told"}.union(*rows) - set(PLACE)
            told = [tuple(line.get(column.key) for column in columns if column.key in keys) for line in lines]
            assert len(set(told)) == len(told), name


def test_an_answer_of_many_lines_says_how_many_and_how_to_have_fewer(shell: Shell) -> None:
    shell("init", "-q")
    months = [ordered("a", 31 * place - 700, "10") for place in range(36)]
    shell("append", "-", "-q", stdin=ndjson(months))
    shell("rebuild", "-q")
    drawn = shell("metrics", "lifecycle", "-f", "table").out
    lines = sum(line.startswith(("order", "inbound")) for line in drawn.splitlines())
    fewer = f"{lines} lines: --where, --since or a coarser --by tell fewer, -f csv gives all to a program"
    assert " ".join(drawn.split()).endswith(fewer)
    assert "lines:" not in shell("metrics", "lifecycle", "-f", "table", "--since", "2024-10-01").out


def test_each_metric_tells_its_window_where_it_is_another(shell: Shell) -> None:
    shell("init", "-q")
    shell("append", "-", "-q", stdin=ndjson([ordered("a", 1, "10"), ordered("a", 99, "10")]))
    shell("rebuild", "-q")
    of_days = ("metrics", "nps", "contacts", "-f", "table", "--since", "2024-01-10", "--before", "2024-02-10")
    drawn = shell(*of_days).out.splitlines()
    assert "2024-01-01 00:00 to 2024-03-01 00:00" in drawn
    assert any(line.startswith("2024-01-10 00:00 to 2024-02-10 00:00, as of ") for line in drawn)


def test_a_difference_of_shares_is_told_in_percentage_points(shell: Shell) -> None:
    shell("init", "-q")
    asked = [told("termination.requested", name, 1) for name in "abcd"]
    kept = [told("retention.attempted", "a", 2, data_offer="x"), told("contract.renewed", "a", 3)]
    shell("append", "-", "-q", stdin=ndjson([*asked, *kept, told("page.viewed", "z", 400)]))
    shell("rebuild", "-q")
    drawn = shell("metrics", "retention_success", "-f", "table").out
    assert "% points" in " ".join(drawn.split())
    (line,) = [line for line in drawn.splitlines() if line.startswith("difference")]
    assert "100.0" in line.split()
    (row,) = [row for row in shell("metrics", "retention_success").rows if row["statistic"] == "difference"]
    assert (row["value"], row["unit"]) == (1.0, "difference of shares")


def test_a_share_that_is_not_quite_none_or_all_does_not_look_like_it() -> None:
    assert [figure(share, "share") for share in (0, 0.00088, 0.0099, 0.5, 0.9951, 0.9996, 1)] == [
        "0.0%", "0.088%", "0.99%", "50.0%", "99.51%", "99.960%", "100.0%",
    ]  # fmt: skip
    assert interval(0.00069, 0.0011, "share") == "0.069% to 0.11%"


def test_what_the_figure_of_a_table_is_of_is_called_by_name(shell: Shell) -> None:
    shell("init", "-q")
    shell("append", "-", "-q", stdin=ndjson([ordered("a", 1, "10")]))
    shell("rebuild", "-q")
    for name, called in (("customer_value", "tenth"), ("cycles_per_customer", "more"), ("recency", "beyond")):
        drawn = shell("metrics", name, "-f", "table").out
        assert called in drawn.split()
        assert "share" not in drawn.split()


def test_a_name_that_is_too_long_is_broken_at_an_underscore(shell: Shell) -> None:
    shell("init", "-q")
    opened = told("case.opened", "a", 1, case_id="k-1")
    shell("append", "-", "-q", stdin=ndjson([opened, told("case.resolved", "a", 2, case_id="k-1")]))
    shell("rebuild", "-q")
    drawn = shell("metrics", "time_to_resolution", "-f", "table").out
    assert "kaplan_ " in drawn
    assert "meier" in drawn.split()
    assert "without_" in drawn.split()


def test_what_is_left_out_of_all_figures_alike_is_said_once_below_their_table(shell: Shell) -> None:
    shell("init", "-q")
    cases = [
        told("case.opened", "a", 1, case_id="k-1", reason="price"),
        told("case.resolved", "a", 2, case_id="k-1"),
        told("case.opened", "b", 3, case_id="k-2"),
        told("case.opened", "c", 60, case_id="k-3"),
        told("case.resolved", "c", 61, case_id="k-3"),
    ]
    shell("append", "-", "-q", stdin=ndjson(cases))
    shell("rebuild", "-q")
    rows = shell("metrics", "first_contact_resolution").rows
    assert [row["excluded"]["unresolved"] for row in rows] == [1] * 4
    drawn = shell("metrics", "first_contact_resolution", "-f", "table").out.splitlines()
    assert "left out of each: unresolved 1" in drawn
    (of_one,) = [line for line in drawn if line.startswith("no_repeat_contact ")]
    assert of_one.endswith("immature 1")
    drawn = shell("metrics", "effort_score", "-f", "table").out.splitlines()
    (line,) = [line for line in drawn if "unresolved" in line]
    assert line == "left out of each: unresolved 1"
    alone = shell("metrics", "repeat_purchase", "-f", "table").out
    assert "left out of each" not in alone


def test_columns_stand_closer_where_that_keeps_words_whole(shell: Shell) -> None:
    shell("init", "-q")
    stays = [told("need.expressed", "a", 1, data_need="information"), told("need.expressed", "a", 2, data_need="price")]
    shell("append", "-", "-q", stdin=ndjson([*stays, ordered("a", 200, "10"), told("page.viewed", "z", 900)]))
    shell("rebuild", "-q")
    drawn = shell("metrics", "dwell", "-f", "table").out.splitlines()
    assert max(map(len, drawn)) <= 80
    assert any(line.startswith("consideration kaplan_meier ") for line in drawn)
    assert any(line.startswith("consideration completed ") for line in drawn)
