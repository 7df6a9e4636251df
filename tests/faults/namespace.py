"""A PostgreSQL in a network of its own, joined to this machine's by one cable that a test pulls out.

Run as a program inside the new network (`unshare --net`) it starts a server there, prints the server's directory, and
takes the cable up or down as its standard input says. The network ends with the program, the cable with the network.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import pytest

from tests.store.following import eventually

HERE, THERE = "198.18.83.1", "198.18.83.2"
"""Addresses of the range that is set aside for measuring between two networks."""

CABLE = "ledger0"
EVERYBODY = "local all all trust\nhost all all all trust\n"


def ip(*words: str) -> str:
    """Run the `ip` program; return what it says went wrong."""
    return subprocess.run(["ip", *words], capture_output=True, text=True, check=False).stderr.strip()


class FarServer:
    """A server at the other end of a cable."""

    def __init__(self, told: IO[str], answers: IO[str]) -> None:
        self._told = told
        self._answers = answers
        self.url = f"postgresql://postgres@{THERE}/postgres?sslmode=disable&gssencmode=disable"

    def pull(self) -> None:
        """Pull the cable: whatever is sent is lost, and nobody says so."""
        self._say("down")

    def plug(self) -> None:
        """Put the cable in again; return when packets go through it, which the kernel may let wait for a second."""
        self._say("up")
        eventually(self._answers_packets)

    def _answers_packets(self) -> bool:
        try:
            socket.create_connection((THERE, 5432), timeout=1).close()
        except OSError:
            return False
        return True

    def _say(self, word: str) -> None:
        self._told.write(f"{word}\n")
        self._told.flush()
        assert self._answers.readline() == "\n", "the cable could not be moved"


@contextmanager
def far_server() -> Iterator[FarServer]:
    """Run a server in a network of its own; skips where the kernel lets nobody make one."""
    if os.geteuid() != 0:
        pytest.skip("only root can make a network of its own")
    child = subprocess.Popen(
        ["unshare", "--net", sys.executable, "-m", __spec__.name],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert child.stdin is not None
    assert child.stdout is not None
    try:
        if child.stdout.readline() != "unshared\n":
            pytest.skip("the kernel refuses a network of its own (unshare --net)")
        refused = ip("link", "add", CABLE, "type", "veth", "peer", "name", CABLE, "netns", str(child.pid))
        if refused:
            pytest.skip(f"the kernel refuses a cable between two networks (veth): {refused}")
        ip("addr", "add", f"{HERE}/30", "dev", CABLE)
        ip("link", "set", CABLE, "up")
        child.stdin.write("up\n")
        child.stdin.flush()
        assert child.stdout.readline() == "\n", "the server in the other network did not start"
        yield FarServer(child.stdin, child.stdout)
    finally:
        child.stdin.close()
        child.wait(30)
        child.stdout.close()
        ip("link", "del", CABLE)


def serve() -> None:
    """Start a server, and move the cable as told."""
    from tests.postgres_server import SETTINGS, cluster

    say("unshared")
    with tempfile.TemporaryDirectory() as folder:
        allowed = Path(folder) / "hba"
        allowed.write_text(EVERYBODY)
        allowed.chmod(0o644)
        Path(folder).chmod(0o755)
        sys.stdin.readline()
        ip("link", "set", "lo", "up")
        ip("addr", "add", f"{THERE}/30", "dev", CABLE)
        ip("link", "set", CABLE, "up")
        with cluster(SETTINGS | {"listen_addresses": THERE, "hba_file": str(allowed)}):
            say("")
            for line in iter(sys.stdin.readline, ""):
                say(ip("link", "set", CABLE, line.strip()))


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    serve()
