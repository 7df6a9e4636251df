"""What a run of faults did is told at its end, a line a test: points tried, events acknowledged, what was lost."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest


@pytest.fixture
def tell(request: pytest.FixtureRequest) -> Callable[..., None]:
    """Give a function that notes figures of a test for the summary: `tell(points=2000, lost=0)`."""

    def noted(**figures: Any) -> None:
        request.node.user_properties.append(("fault", ", ".join(f"{name} {value}" for name, value in figures.items())))

    return noted


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    reports = [
        (report.nodeid.split("::")[-1], told)
        for outcome in ("passed", "failed")
        for report in terminalreporter.getreports(outcome)
        for name, told in getattr(report, "user_properties", ())
        if name == "fault"
    ]
    if reports:
        terminalreporter.section("faults")
        for test, told in reports:
            terminalreporter.line(f"{test}: {told}")
