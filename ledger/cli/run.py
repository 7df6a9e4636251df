"""Runs one command line to its exit code."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

import click

from ledger.cli.exits import Exit, code_of_stop
from ledger.cli.failures import Failure, PipeClosed, stopped
from ledger.cli.group import ledger
from ledger.cli.words import sentence

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
        _let_go_of_stdout()
        return error.code if isinstance(error, Failure) else Exit.UNUSABLE
    except (click.Abort, KeyboardInterrupt):
        stopped("nothing is half done").show()
        return code_of_stop()
    except OSError as error:
        failure = PipeClosed() if isinstance(error, BrokenPipeError) else Failure(sentence(error), Exit.STORAGE)
        failure.show()
        _let_go_of_stdout()
        return failure.code
    return code if isinstance(code, int) else Exit.DONE


def _let_go_of_stdout() -> None:
    """Leave nothing in the buffer of a stdout that fails: the interpreter would fail on it again at its end."""
    try:
        sys.stdout.flush()
    except (OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
