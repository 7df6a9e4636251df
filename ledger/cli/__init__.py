"""The command line: data on stdout, words on stderr, one set of formats and exit codes for every command."""

from __future__ import annotations

import sys

from ledger.cli.streams import open_closed
from ledger.cli.terminated import at_rest, heed, terminated


def main() -> None:
    """Run the command that the program's arguments name, and exit with its code."""
    try:
        heed()
        open_closed()
        from ledger.cli.run import run

        code = run(sys.argv[1:])
        at_rest()
    except KeyboardInterrupt:  # before there was anything to stop, or when all was done
        at_rest()
        sys.stderr.write("stopped: nothing is half done\n")
        code = 143 if terminated() else 130
    sys.exit(code)
