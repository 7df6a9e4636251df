"""Runs the command line as a user does: its arguments, its input, and what comes out of it."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from collections.abc import Iterable, Mapping
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from ledger.cli.run import run

ROOT = Path(__file__).parents[2]
PROGRAM = [sys.executable, "-m", "ledger"]


class Ran(NamedTuple):
    """What a command left behind."""

    code: int
    raw: bytes
    err: str

    @property
    def out(self) -> str:
        return self.raw.decode()

    @property
    def json(self) -> Any:
        return json.loads(self.raw)

    @property
    def rows(self) -> list[Any]:
        return [json.loads(line) for line in self.raw.splitlines()]


class Shell:
    """A shell in a folder of its own, with a ledger in it once it is made; commands run in this process."""

    def __init__(self, folder: Path, url: str, patch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        self.url = url
        self._patch = patch
        patch.chdir(folder)
        patch.setenv("LEDGER_URL", url)

    def __call__(self, *arguments: str, stdin: bytes = b"", code: int = 0) -> Ran:
        """Run a command and expect its exit code."""
        out, err = _stream(), _stream()
        with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
            patch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
            found = run(arguments)
        ran = Ran(found, _written(out), _written(err).decode())
        assert ran.code == code, f"{arguments} ended with {ran.code}: {ran.err or ran.out}"
        return ran

    def outside(self, *arguments: str, stdin: bytes = b"", code: int = 0, env: Mapping[str, str] | None = None) -> Ran:
        """Run a command in a process of its own."""
        done = subprocess.run(
            [*PROGRAM, *arguments],
            input=stdin,
            capture_output=True,
            cwd=self.folder,
            env=environment(self.url) | dict(env or {}),
            check=False,
            timeout=120,
        )
        ran = Ran(done.returncode, done.stdout, done.stderr.decode())
        assert ran.code == code, f"{arguments} ended with {ran.code}: {ran.err or ran.out}"
        return ran

    def variable(self, name: str, value: str) -> None:
        """Set a variable of the environment."""
        self._patch.setenv(name, value)

    def file(self, name: str, content: str | bytes) -> str:
        """Write a file into the folder and return its name."""
        path = self.folder / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return name


def environment(url: str) -> dict[str, str]:
    import os

    kept = {name: value for name, value in os.environ.items() if not name.startswith(("LEDGER_", "PYTHONUNBUFFERED"))}
    return kept | {"PYTHONPATH": str(ROOT), "LEDGER_URL": url, "PYTHONDONTWRITEBYTECODE": "1"}


def _stream() -> io.TextIOWrapper:
    return io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True)


def _written(stream: io.TextIOWrapper) -> bytes:
    stream.flush()
    buffer = stream.buffer
    assert isinstance(buffer, io.BytesIO)
    return buffer.getvalue()


def wire(
    event_id: str, type: str, occurred_at: str, *, customer: str = "c-42", source: str = "shop", **fields: Any
) -> dict[str, Any]:
    """Return the wire object of an event."""
    data = {name: fields.pop(name) for name in list(fields) if name not in ENVELOPE}
    return {
        "event_id": event_id,
        "source": source,
        "type": type,
        "customer_id": customer,
        "occurred_at": occurred_at,
        **fields,
        "data": data,
    }


ENVELOPE = frozenset(
    {"channel", "case_id", "department", "direction", "correlation_id", "time_precision", "stage_hint"}
)


def ndjson(events: Iterable[Mapping[str, Any]]) -> bytes:
    return b"".join(json.dumps(event).encode() + b"\n" for event in events)


STORY = [
    wire("view-1", "page.viewed", "2024-04-28T09:00:00+02:00", source="web", channel="web"),
    wire("order-1", "order.placed", "2024-05-01T10:20:30+02:00", channel="web", value="20.00", currency="EUR"),
    wire("case-1", "case.opened", "2024-05-03T10:00:00Z", source="crm", channel="phone", case_id="k-1"),
    wire("case-2", "case.resolved", "2024-05-04T12:00:00Z", source="crm", channel="phone", case_id="k-1"),
    wire("nps-1", "survey.responded", "2024-05-05T12:00:00Z", source="crm", channel="email",
         metric="nps", score=9, scale_min=0, scale_max=10),
    wire("order-2", "order.placed", "2024-06-01T10:00:00Z", customer="c-7", channel="app",
         value="5.00", currency="EUR"),
]  # fmt: skip
"""Two customers: one buys, asks for help, is helped and says so; one buys."""
