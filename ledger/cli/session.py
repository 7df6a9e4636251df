"""What a command works with: the ledger it asked for, opened when needed, and where its data and words go."""

from __future__ import annotations

import sys
from types import TracebackType
from typing import TYPE_CHECKING, Self

from ledger.cli.output import Output
from ledger.cli.words import say

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from ledger.cli.times import When
    from ledger.store.store import Store


class Session:
    """One run of a command. `url` is as given; nothing is opened before it is used.

    `insists` says that the format was given on the command line, so that no file's ending says another.
    """

    def __init__(
        self, *, url: str, format: str, output: str | None, quiet: bool = False, insists: bool = False
    ) -> None:
        self.url = url
        self.quiet = quiet
        self.out = Output(format, output, insists=insists)
        self._store: Store | None = None

    @property
    def store(self) -> Store:
        """The ledger, opened once; raises as `open_store` does."""
        if self._store is None:
            from ledger.opening import open_store

            self._store = open_store(self.url)
            self.out.zone = self._store.context.zone
        return self._store

    @property
    def address(self) -> str:
        """Where the ledger is, without a password."""
        return self.store.engine.url.render_as_string(hide_password=True)

    def instant(self, when: When | None, zone: ZoneInfo | None = None) -> int | None:
        """Return the instant that a time on the command line names, in microseconds since 1970 UTC.

        A date is the start of that day in `zone`, the ledger's where none is named.
        """
        return None if when is None else when.resolve(self.store.clock(), zone or self.store.context.zone)

    def say(self, words: str) -> None:
        """Tell a person something, unless they asked for quiet."""
        if not self.quiet:
            say(words)

    @property
    def watched(self) -> bool:
        """Whether a person sees the progress as it goes."""
        return not self.quiet and sys.stderr.isatty()

    def close(self) -> None:
        """Close the ledger."""
        if self._store is not None:
            self._store.close()
            self._store = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
