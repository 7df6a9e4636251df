"""Help: an example in every command, and nothing heavy loaded to print it."""

from __future__ import annotations

import resource
import subprocess
import sys

import click
import pytest

from ledger import __version__
from ledger.cli.command import LedgerCommand
from ledger.cli.group import NAMES, ledger
from ledger.metrics.registry import METRICS, TOPICS
from tests.cli.running import PROGRAM, ROOT, Shell, environment

HEAVY = {
    "sqlalchemy",
    "duckdb",
    "pyarrow",
    "marshmallow",
    "numpy",
    "eventsourcing",
    "alembic",
    "psycopg",
    "rich",
    "msgspec",
}


def command(name: str) -> LedgerCommand:
    found = ledger.get_command(click.Context(ledger), name)
    assert isinstance(found, LedgerCommand)
    return found


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], *([name, "--help"] for name in NAMES)], ids=" ".join)
def test_help_loads_nothing_heavy(arguments: list[str]) -> None:
    program = (
        "import sys; from ledger.cli.run import run; code = run(sys.argv[1:]); "
        "print(code, *sorted(sys.modules), file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments],
        cwd=ROOT,
        env=environment(""),
        capture_output=True,
        text=True,
        check=True,
    )
    code, *modules = done.stderr.split()
    assert code == "0"
    assert HEAVY & set(modules) == set()


@pytest.mark.parametrize("name", NAMES)
def test_every_command_has_an_example_that_is_its_own(name: str) -> None:
    made = command(name)
    assert made.examples
    for example in made.examples:
        assert f"customer-ledger {name}" in example


@pytest.mark.parametrize("name", NAMES)
def test_every_example_can_be_parsed(name: str, tmp_path: object) -> None:
    import shlex

    made = command(name)
    for example in made.examples:
        words = shlex.split(example.split("|")[0] if example.startswith("customer-ledger") else example, comments=True)
        words = shlex.split(words[1][2:-1]) if words[0] == "eval" else words
        words = words[words.index("customer-ledger") + 2 :] if "customer-ledger" in words else []
        with made.make_context(name, words, parent=click.Context(ledger, info_name="customer-ledger")):
            pass


@pytest.mark.parametrize("name", NAMES)
def test_every_option_and_argument_says_what_it_is(name: str) -> None:
    assert [param.name for param in command(name).params if not getattr(param, "help", None)] == []


@pytest.mark.parametrize("name", NAMES)
def test_help_fits_in_80_columns(name: str, shell: Shell) -> None:
    assert max(map(len, shell(name, "--help").out.splitlines())) <= 80


def test_what_a_command_is_for_is_told_to_the_end(shell: Shell) -> None:
    assert [line for line in shell("--help").out.splitlines()[1:] if line.endswith(("...", "…"))] == []


def test_the_version_is_told(shell: Shell) -> None:
    assert shell("--version").out == f"customer-ledger {__version__}\n"


def test_without_a_command_the_help_is_shown(shell: Shell) -> None:
    ran = shell(code=2)
    assert "customer-ledger demo" in ran.out + ran.err


@pytest.mark.parametrize(("given", "meant"), [("hist", "history"), ("metric", "metrics"), ("catchup", "catch-up")])
def test_a_command_that_is_not_there_names_the_nearest(shell: Shell, given: str, meant: str) -> None:
    assert f"there is no command '{given}': did you mean '{meant}'?" in shell(given, code=2).err


def test_an_option_that_is_not_there_names_the_nearest(shell: Shell) -> None:
    assert "--channel" in shell("history", "c-42", "--chanel", "web", code=2).err


@pytest.mark.parametrize("program", [["-m", "ledger"], ["cli.py"]])
def test_the_program_is_started_in_every_way(program: list[str]) -> None:
    done = subprocess.run([sys.executable, *program, "--version"], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == f"customer-ledger {__version__}\n"


@pytest.mark.alone
def test_help_takes_less_than_three_times_what_click_alone_takes() -> None:
    def quickest(*arguments: str) -> float:
        """Return the least processor time of some runs: a busy machine does not add to it."""
        env = {name: value for name, value in environment("").items() if name != "PYTHONDONTWRITEBYTECODE"}
        times = []
        for _ in range(7):
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            subprocess.run([*arguments], cwd=ROOT, env=env, capture_output=True, check=True)
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            times.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
        return min(times)

    python = quickest(sys.executable, "-c", "pass")
    click_alone = quickest(sys.executable, "-c", "import click") - python
    # 2.3 times, a tenth of a second, where it was written; SQLAlchemy alone would be seven times.
    assert quickest(*PROGRAM, "--help") - python < 3 * click_alone


@pytest.mark.parametrize("shell_name", ["bash", "zsh", "fish"])
def test_completion_is_printed_for_every_shell(shell: Shell, shell_name: str) -> None:
    assert "_CUSTOMER_LEDGER_COMPLETE" in shell("completion", shell_name).out


def test_a_shell_is_told_commands_and_options() -> None:
    def completed(words: str, place: int) -> str:
        env = environment("") | {
            "_CUSTOMER_LEDGER_COMPLETE": "bash_complete", "COMP_WORDS": words, "COMP_CWORD": str(place)
        }  # fmt: skip
        return subprocess.run(PROGRAM, cwd=ROOT, env=env, capture_output=True, text=True, check=True).stdout

    assert completed("customer-ledger his", 1) == "plain,history\n"
    assert "--channel" in completed("customer-ledger history --ch", 2)


def test_the_help_of_metrics_names_every_topic_that_it_tells() -> None:
    help_text = command("metrics").help or ""
    told = help_text.partition("Topics:")[2].replace(".", "").replace(",", "").split()
    asked = {metric.topic for metric in METRICS.values() if metric.command is None}
    assert set(told) >= asked
    assert set(told) <= TOPICS.keys()
