"""What every test may use: databases, the real logs, programs of the machine; and how hypothesis searches."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

pytest_plugins = ["tests.databases", "tests.ledgers"]

IN_CI = os.environ.get("LEDGER_CI") == "1"
KERNEL_REFUSES = "the kernel refuses"
"""How the reason of a skip begins where a container lacks a right (to mount, to trace) that nothing can install."""

REAL_DATA_UNSET = "set LEDGER_REAL_DATA to the folder of the real logs to run this"

# A deadline per example would measure the neighbours of a shared machine, not the code.
settings.register_profile("quick", deadline=None, max_examples=50, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("ci", settings.get_profile("quick"), derandomize=True, print_blob=True)
settings.register_profile("thorough", settings.get_profile("quick"), max_examples=1_000)
settings.load_profile(os.environ.get("LEDGER_HYPOTHESIS", "ci" if IN_CI else "quick"))


@pytest.fixture(autouse=True, scope="session")
def _no_settings_of_the_machine() -> Iterator[None]:
    """Keep a developer's own settings (LEDGER_URL above all, their terminal's) from the tests and what they start."""
    kept = {"LEDGER_CI", "LEDGER_REAL_DATA", "LEDGER_TEST_PG_URL", "LEDGER_HYPOTHESIS", "LEDGER_FAULTS"}
    terminals = {"COLUMNS", "LINES", "NO_COLOR", "FORCE_COLOR"}
    with pytest.MonkeyPatch.context() as patch:
        for name in os.environ.keys() - kept:
            if name.startswith("LEDGER_") or name in terminals:
                patch.delenv(name)
        yield


@pytest.fixture(autouse=True, scope="session")
def _ctrl_c_is_heard() -> None:
    """Let what the tests start hear Ctrl-C, which a shell has ignored by what it runs in the background."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def real_data() -> Path:
    """Give the folder of the real logs, absolute; the test skips where there is none."""
    folder = os.environ.get("LEDGER_REAL_DATA")
    if not folder:
        pytest.skip(REAL_DATA_UNSET)
    path = Path(folder).resolve()
    if not path.is_dir():
        pytest.fail(f"LEDGER_REAL_DATA names {folder}, which is no folder", pytrace=False)
    return path


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what the machine has no program for, and what needs the real logs where there are none."""
    for item in items:
        for marker in item.iter_markers("needs"):
            program = marker.args[0]
            if shutil.which(program) is None:
                item.add_marker(pytest.mark.skip(reason=f"this machine has no `{program}`: install it to run this"))
        if item.get_closest_marker("real") and not os.environ.get("LEDGER_REAL_DATA"):
            item.add_marker(pytest.mark.skip(reason=REAL_DATA_UNSET))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Fail a skipped test in CI."""
    report = yield
    if not hasattr(report, "wasxfail"):
        fail_skip_in_ci(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Fail a file skipped whole in CI."""
    report = yield
    fail_skip_in_ci(report)
    return report


def fail_skip_in_ci(report: pytest.TestReport | pytest.CollectReport) -> None:
    """CI skips nothing that it could install: only the real logs and a right of the container may be absent."""
    why = str(report.longrepr)
    if IN_CI and report.skipped and REAL_DATA_UNSET not in why and KERNEL_REFUSES not in why:
        report.outcome = "failed"
        report.longrepr = f"{report.nodeid} was skipped, and CI skips nothing: {why}"
