"""`predict`: what scripts rely on, what a person sees, and what is said where it cannot be told."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from ledger import Ledger
from tests.cli.running import ROOT, Shell, environment, ndjson
from tests.ledgers import SetClock
from tests.queries.telling import iso, micros, write
from tests.queries.test_prediction import left, lives, used


@pytest.fixture
def leaving(shell: Shell) -> Shell:
    """Give a shell whose ledger holds customers who leave."""
    shell("init", "-q")
    shell("append", "-", "-q", stdin=ndjson([*lives(300), used("=cmd", 235)]))
    shell("rebuild", "-q")
    return shell


def test_the_risk_of_every_customer_is_a_row_the_likeliest_first(leaving: Shell) -> None:
    rows = leaving("predict", "risk", "--horizon", "30d").rows
    assert [row["value"] for row in rows] == sorted((row["value"] for row in rows), reverse=True)
    assert {"customer", "stage", "because", "low", "high", "n", "definition", "as_of", "position"} <= set(rows[0])
    assert (rows[0]["definition"], rows[0]["horizon"]) == ("termination_risk@1", "30d")
    assert all(row["low"] <= row["value"] <= row["high"] for row in rows)
    lines = leaving("predict", "risk", "--horizon", "30d", "-f", "csv").out.splitlines()
    assert len(lines) == 1 + len(rows)
    assert leaving("predict", "risk", "=cmd", "--horizon", "30d", "--top", "5").rows[0]["customer"] == "=cmd"


def test_a_table_shows_the_likeliest_and_fits_a_screen(leaving: Shell) -> None:
    shown = leaving("predict", "risk", "--horizon", "30d", "--top", "3", "-f", "table").out
    assert "to leave within 30d, learnt from" in shown
    assert "likeliest" not in leaving("predict", "risk", "--horizon", "30d", "--top", "3", "-f", "table").err
    twenty = leaving("predict", "risk", "--horizon", "30d", "-f", "table")
    assert "these are the 20 likeliest: ask for more with --top, -f csv tells all\n" in twenty.err
    assert sum(line.startswith(("c", "=cmd")) and "% to " in line for line in twenty.out.splitlines()) == 20
    for table in (shown, *(leaving("predict", *asked, "-f", "table").out for asked in (
        ("model", "--horizon", "30d"),
        ("next", "c1", "--horizon", "30d"),
        ("evaluate", "--at", "2024-06-01", "--horizon", "30d", "--known-at", "now"),
    ))):  # fmt: skip
        assert max(map(len, table.splitlines())) <= 80
        assert "log position" in table
    told = leaving("predict", "next", "c1", "-f", "table").out
    assert "visits of it that lasted longer than this one has: 0 of their own (5 are enough)\n" in told
    words = leaving("predict", "model", "--horizon", "30d", "--as-of", "2024-03-15").err
    assert "leavings are few for" in words


def test_nobody_at_risk_is_an_empty_table_with_its_columns(leaving: Shell) -> None:
    gone = leaving("customers", "--stage", "termination", "--limit", "1").rows[0]["customer_id"]
    assert leaving("predict", "risk", gone, "--horizon", "30d", "-f", "csv").out.startswith("metric,")
    assert "nobody is at risk" in leaving("predict", "risk", gone, "--horizon", "30d", "-f", "table").out


def test_an_evaluation_tells_calibration_ranking_and_error(leaving: Shell) -> None:
    rows = leaving("predict", "evaluate", "--at", "2024-06-01", "--horizon", "30d", "--known-at", "now").rows
    assert {row["metric"] for row in rows} == {
        "hazard_training", "prediction_calibration", "prediction_ranking", "prediction_error", "prediction_bias",
        "prediction_slope",
    }  # fmt: skip
    assert {row["at"] for row in rows} == {"2024-06-01T00:00:00+00:00"}
    tenths = [row["tenth"] for row in rows if (row["metric"], row["statistic"]) == ("prediction_calibration", "mean")]
    assert tenths == ["all", *map(str, range(1, 11))]


def test_an_evaluation_is_one_sentence_and_two_tables_that_say_what_each_figure_is(leaving: Shell) -> None:
    asked = ("predict", "evaluate", "--at", "2024-06-01", "--horizon", "30d", "--known-at", "now")
    shown, rows = leaving(*asked, "-f", "table").out, leaving(*asked).rows
    figures = {(row["metric"], row["statistic"]): row for row in rows if row.get("tenth") in (None, "all")}
    mean, came = (figures["prediction_calibration", statistic] for statistic in ("mean", "share"))
    assert " ".join(shown.splitlines()[:2]) == (
        f"of {came['n']} customers at risk at 2024-06-01 00:00, {mean['value'] * came['n']:.1f} were foretold to leave "
        f"within 30d, and {came['numerator']} left"
    )
    for called, name in (
        ("AUC", ("prediction_ranking", "auc")), ("left / foretold", ("prediction_bias", "ratio")),
        ("slope", ("prediction_slope", "slope")), ("skill", ("prediction_error", "skill")),
        ("Brier score", ("prediction_error", "mean")),
    ):  # fmt: skip
        [line] = [line for line in shown.splitlines() if line.startswith(called + ":")]
        assert f"  {figures[name]['value']:.2f}  " in line
        if figures[name]["low"] is not None:
            assert line.endswith(f"  {figures[name]['low']:.2f} to {figures[name]['high']:.2f}")
    assert not re.search(r"\d\.\d{5,}|T\d\d:\d\d", shown)


def test_an_evaluation_says_which_of_the_two_ways_of_knowing_it_took(shell: Shell, clock: SetClock) -> None:
    events = [used("late", 10), *lives(300)]
    with Ledger.open(shell.url, clock=clock) as ledger:
        clock.now = micros(150)
        write(ledger, *[event for event in events if event["occurred_at"] < iso(150)], build=False)
        clock.now = micros(241)
        write(ledger, left("late", 120), *[event for event in events if event["occurred_at"] >= iso(150)])
    asked = ("predict", "evaluate", "--at", iso(150), "--horizon", "30d", "-f", "table")
    strict, hindsight = (" ".join(shell(*asked, *more).out.split()) for more in ((), ("--known-at", iso(241))))
    at, later = (f"{iso(day)[:10]} {iso(day)[11:16]}" for day in (150, 241))
    assert f"known: what was recorded by {at}, and nothing that was recorded later" in strict
    assert "left out: customers who had left by then, as was learnt only later (1)" in strict
    assert f"what had happened before {at}, with what was recorded of it until {later}, which is hindsight" in hindsight
    assert "left out" not in hindsight


def test_what_comes_next_is_told_by_one_method(leaving: Shell) -> None:
    rows = leaving("predict", "next", "=cmd", "--horizon", "30d").rows
    assert {row["metric"] for row in rows} == {"next_stage", "time_to_next_stage"}
    assert "risk" not in leaving("predict", "next", "=cmd", "-f", "table").out


def test_what_comes_next_is_said_not_to_be_known_where_it_is_not(leaving: Shell) -> None:
    longest = leaving("predict", "next", "last", "--as-of", "2124-01-01", "-f", "table").out
    nothing = "nothing is told: nobody's visit of it is known to have lasted longer than this one has"
    assert nothing in " ".join(longest.split())
    assert "half" not in longest
    young = leaving("predict", "next", "=cmd", "--horizon", "999d", "-f", "table").out
    assert "no share is told: no visit is known for 999d more, take a shorter --horizon; median" in " ".join(
        young.split()
    )


def test_a_standing_setting_is_for_what_it_has_a_meaning_for(leaving: Shell) -> None:
    leaving.file("customer-ledger.toml", '[predict]\nat = "2024-06-01"\nas-of = "2024-08-01"\ntop = 3\n')
    assert len(leaving("predict", "risk", "--horizon", "30d").rows) == 3
    assert leaving("predict", "model", "--horizon", "30d").rows[0]["as_of"] == "2024-08-01T00:00:00+00:00"
    assert leaving("predict", "next", "=cmd", "--as-of", "2024-08-25").rows
    rows = leaving("predict", "evaluate", "--horizon", "30d", "--known-at", "now").rows
    assert {row["at"] for row in rows} == {"2024-06-01T00:00:00+00:00"}
    assert "takes --as-of" in leaving("predict", "risk", "--at", "2024-06-01", code=2).err


REFUSED = {
    "evaluate": "predict evaluate --at TIME",
    "evaluate --at 2024-05-01": "--known-at now",
    "evaluate --at 2024-08-28 --known-at now": "the latest time to evaluate at is",
    "evaluate --at 2024-06-01 --as-of 2024-06-01": "leave out --as-of",
    "evaluate c1 --at 2024-06-01": "leave out c1",
    "risk --at 2024-06-01": "takes --as-of",
    "risk --as-of 2024-01-25": "take a shorter horizon",
    "risk --as-of 2024-02-02 --horizon 10d": "there is no leaving to learn from",
    "risk nobody": "no customer 'nobody' in this ledger",
    "model --top 3": "leave it out",
    "model --segment teir": "in a segment of the scheme 'teir'",
    "next": "name one customer",
    "next c1 c2": "name one customer",
}


def test_what_it_cannot_mean_is_refused_with_the_cure(leaving: Shell) -> None:
    for arguments, said in REFUSED.items():
        code = 3 if "nobody" in arguments else 2
        assert said in leaving("predict", *arguments.split(), code=code).err


def test_without_scikit_learn_it_says_in_one_sentence_how_to_install_it(leaving: Shell, tmp_path: Path) -> None:
    program = "import sys; sys.modules['sklearn'] = None; from ledger.cli.run import run; sys.exit(run(sys.argv[1:]))"

    def without(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-c", program, "predict", *arguments],
            cwd=tmp_path, env=environment(leaving.url) | {"PYTHONPATH": str(ROOT)},
            capture_output=True, text=True, check=False, timeout=60,
        )  # fmt: skip

    done = without("risk")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.strip().endswith("which is not installed: pip install 'customer-ledger[predict]'")
    done = without("next", "c1")
    assert (done.returncode, done.stderr) == (0, "")
    assert "next_stage" in done.stdout
