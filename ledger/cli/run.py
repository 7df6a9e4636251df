"""Runs one command line to its exit code."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import click

from ledger.cli.exits import Exit
from ledger.cli.failures import Failure, PipeClosed
from ledger.cli.group import ledger

PROGRAM = "customer-ledger"


def run(arguments: Sequence[str]) -> int:
    """Run the command that `arguments` name and return its exit code."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")  # a terminal that lacks a sign is no reason to stop
    try:
        code = ledger.main(list(arguments), prog_name=PROGRAM, standalone_mode=False)
        sys.stdout.flush()
    except click.ClickException as error:
        error.show()
        return error.code if isinstance(error, Failure) else Exit.UNUSABLE
    except (click.Abort, KeyboardInterrupt):
        return Exit.STOPPED
    except BrokenPipeError:
        PipeClosed().show()
        return Exit.PIPE_CLOSED
    return code if isinstance(code, int) else Exit.DONE
