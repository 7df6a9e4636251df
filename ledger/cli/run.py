"""Runs one command line to its exit code."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

import click

from ledger.cli.exits import Exit
from ledger.cli.failures import Failure
from ledger.cli.group import ledger

PROGRAM = "customer-ledger"


def run(arguments: Sequence[str]) -> int:
    """Run the command that `arguments` name and return its exit code."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")  # a terminal that lacks a sign is no reason to stop
    try:
        code = _run(arguments)
        sys.stdout.flush()
    except BrokenPipeError:
        # What is left in the buffer must not fail again when the interpreter flushes it at exit.
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        return Exit.PIPE_CLOSED
    return code


def _run(arguments: Sequence[str]) -> int:
    try:
        code = ledger.main(list(arguments), prog_name=PROGRAM, standalone_mode=False)
    except click.ClickException as error:
        error.show()
        return error.code if isinstance(error, Failure) else Exit.UNUSABLE
    except (click.Abort, KeyboardInterrupt):
        return Exit.STOPPED
    return code if isinstance(code, int) else Exit.DONE
