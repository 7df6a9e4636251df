"""A way to a PostgreSQL over TCP that understands enough of what is said to cut the link where a test wants it cut."""

from __future__ import annotations

import enum
import select
import socket
import struct
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from typing import NamedTuple

from sqlalchemy.engine import make_url

from ledger import Ledger
from tests import databases

RESET = struct.pack("ii", 1, 0)
"""SO_LINGER that makes a close a reset: the peer reads an error instead of an end."""


class Where(enum.Enum):
    """Where a link is cut."""

    BEFORE = "before COMMIT reaches the server"
    RACED = "when COMMIT has just been sent on"
    AFTER = "when the server has committed, before its answer is sent on"
    HALF = "in the middle of the answer to COMMIT"
    COPY = "in the middle of COPY"
    BYTE = "at some byte, whoever says it"


class How(enum.Enum):
    """What a cut link looks like to the client."""

    END = "the peer has closed it"
    RESET = "the peer has reset it"
    SILENCE = "the peer says nothing any more, while its machine takes every packet"


class Cut(NamedTuple):
    """One cut: `after` so many bytes, for COPY and BYTE."""

    where: Where
    after: int = 0
    how: How = How.END


class _Cutting(Exception):
    """Unwinds a link that is cut now."""


class Messages:
    """Splits a stream into the protocol's messages; the first that a client sends has no type."""

    def __init__(self, *, untyped_first: bool) -> None:
        self._typed = not untyped_first
        self._left = b""

    def feed(self, data: bytes) -> Iterator[tuple[bytes, bytes]]:
        """Yield the type and the bytes of every message that is complete now."""
        self._left += data
        while len(self._left) >= 4 + self._typed:
            length = int.from_bytes(self._left[self._typed : self._typed + 4], "big") + self._typed
            if len(self._left) < length:
                return
            message, self._left = self._left[:length], self._left[length:]
            yield message[: self._typed], message
            self._typed = True


class Commits:
    """Knows a client's COMMIT, said simply or as a statement that is parsed, bound and executed."""

    def __init__(self) -> None:
        self._prepared: set[bytes] = set()
        self._begun = False

    def begins(self, kind: bytes, message: bytes) -> bool:
        """Say whether this message is COMMIT, or the first of the messages that are."""
        body = message[5:]
        if kind == b"Q":
            self._begun = body.startswith(b"COMMIT")
        elif kind == b"P":
            name, _, query = body.partition(b"\0")
            self._prepared.discard(name)
            if query.startswith(b"COMMIT"):
                self._prepared.add(name)
                self._begun = True
        elif kind == b"B":
            self._begun = self._begun or body.split(b"\0", 2)[1] in self._prepared
        return self._begun

    def ends(self, kind: bytes) -> bool:
        """Say whether the server answers once it has this message."""
        if not self._begun or kind not in (b"Q", b"S"):
            return False
        self._begun = False
        return True


class Proxy:
    """Listens on a port of this machine and passes everything on to a server's socket, until it is told to cut."""

    def __init__(self, server: str, port: int = 0) -> None:
        self.server = server
        self.open = True
        self.silent = False
        """Whether nothing is passed on at all, on links old and new, though every packet is taken."""
        self.passed = 0
        self.made: Counter[Where] = Counter()
        self._cuts: list[Cut] = []
        self._counted = 0
        self._lock = threading.Lock()
        self._listening = socket.create_server(("127.0.0.1", port))
        self.port: int = self._listening.getsockname()[1]
        self._links: list[_Link] = []
        self._accepting = threading.Thread(target=self._accept, daemon=True)
        self._accepting.start()

    @property
    def cut(self) -> int:
        """How often a link was cut."""
        return self.made.total()

    def arm(self, *cuts: Cut) -> None:
        """Make these cuts, one after the other, on whichever link comes to the place first."""
        with self._lock:
            self._cuts = list(cuts)
            self._counted = 0

    def disarm(self) -> None:
        """Make no further cut."""
        self.arm()

    def due(self) -> Cut | None:
        """Return the cut to be made next."""
        with self._lock:
            return self._cuts[0] if self._cuts else None

    def make(self, cut: Cut) -> bool:
        """Say that a link makes the cut now; False where another did."""
        with self._lock:
            if cut not in self._cuts[:1]:
                return False
            del self._cuts[0]
            self._counted = 0
            self.made[cut.where] += 1
            return True

    def count(self, size: int, counts: bool) -> int:
        """Count bytes that pass; return how many that count passed since the last cut was armed or made."""
        with self._lock:
            self.passed += size
            self._counted += size if counts else 0
            return self._counted

    def drop(self) -> None:
        """Close the links there are; new ones may come."""
        for link in self._links:
            link.standing = False

    def close(self) -> None:
        """Close every link."""
        self.open = False
        self.drop()
        with suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._accepting.join(10)
        self._listening.close()
        for link in self._links:
            link.join(10)

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listening.accept()
                client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self._links = [link for link in self._links if link.is_alive()]
                link = _Link(self, client)
                self._links.append(link)
                link.start()


@contextmanager
def through_proxy(url: str) -> Iterator[tuple[Proxy, Ledger]]:
    """Open a ledger whose every connection goes through a proxy."""
    with closing(Proxy(socket_of(url))) as proxy, Ledger.open(by_port(url, proxy.port)) as ledger:
        yield proxy, ledger


def socket_of(url: str) -> str:
    """Return the path of the socket of the tests' server."""
    return f"{make_url(url).query['host']}/.s.PGSQL.5432"


def by_port(url: str, port: int, host: str = "127.0.0.1") -> str:
    """Return the address of the same database over TCP."""
    options = {"sslmode": "disable", "gssencmode": "disable"}
    return databases.text(make_url(url).set(host=host, port=port, query=options))


class _Link(threading.Thread):
    """One client's link to the server."""

    def __init__(self, proxy: Proxy, client: socket.socket) -> None:
        super().__init__(daemon=True)
        self.standing = True
        self._proxy = proxy
        self._client = client
        self._server = socket.socket(socket.AF_UNIX)
        self._said = Messages(untyped_first=True)
        self._answered = Messages(untyped_first=False)
        self._commits = Commits()

    def run(self) -> None:
        with self._client, self._server, suppress(OSError):
            self._server.connect(self._proxy.server)
            try:
                while self.standing and self._pass_on():
                    pass
            except _Cutting as cutting:
                how = cutting.args[0].how
                if how is How.RESET:
                    self._client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
                while how is How.SILENCE and self.standing:
                    time.sleep(0.05)

    def _pass_on(self) -> bool:
        """Pass on what is there; say whether the link still stands."""
        if self._proxy.silent:
            time.sleep(0.05)
            return True
        for ready in select.select([self._client, self._server], [], [], 0.1)[0]:
            data = ready.recv(65_536)
            if not data:
                return False
            if ready is self._client:
                for kind, message in self._said.feed(data):
                    self._say(kind, message)
            else:
                for kind, message in self._answered.feed(data):
                    self._answer(kind, message)
        return True

    def _say(self, kind: bytes, message: bytes) -> None:
        cut = self._proxy.due()
        begins = self._commits.begins(kind, message)
        if cut is not None and cut.where is Where.BEFORE and begins:
            self._cut(cut)
        self._let(cut, message, self._server, copied=kind == b"d")
        if self._commits.ends(kind) and cut is not None and cut.where is Where.RACED:
            self._cut(cut)

    def _answer(self, kind: bytes, message: bytes) -> None:
        cut = self._proxy.due()
        if cut is not None and kind == b"C" and message[5:].startswith(b"COMMIT"):
            if cut.where is Where.AFTER:
                self._cut(cut)
            if cut.where is Where.HALF:
                self._cut(cut, self._client, message)
        self._let(cut, message, self._client)

    def _let(self, cut: Cut | None, message: bytes, to: socket.socket, *, copied: bool = False) -> None:
        """Let a message through, or as much of it as there is before the cut."""
        counts = cut is not None and (cut.where is Where.BYTE or (cut.where is Where.COPY and copied))
        beyond = self._proxy.count(len(message), counts) - (cut.after if cut is not None else 0)
        if cut is not None and counts and beyond > 0:
            self._cut(cut, to, message[:-beyond])
        to.sendall(message)

    def _cut(self, cut: Cut, to: socket.socket | None = None, last: bytes = b"") -> None:
        """Cut the link, unless another one was cut first."""
        if not self._proxy.make(cut):
            return
        if to is not None and last:
            to.sendall(last)
        raise _Cutting(cut)
