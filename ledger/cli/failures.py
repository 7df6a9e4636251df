"""However a command ends badly, it ends in a sentence and an exit code: no traceback reaches a user."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any

import click

from ledger.cli.exits import Exit, code_of, code_of_stop
from ledger.cli.words import say, sentence
from ledger.errors import LedgerError

DEBUG = "ledger.debug"
"""Where a context keeps whether tracebacks are wanted."""


class Failure(click.ClickException):
    """An error, with the exit code that it ends in."""

    def __init__(self, message: str, code: Exit) -> None:
        super().__init__(message)
        self.code = code

    def show(self, file: IO[Any] | None = None) -> None:
        say(f"Error: {self.message}")


class Stopped(Failure):
    """Ctrl-C or SIGTERM; the message says what is kept and how to go on."""

    def show(self, file: IO[Any] | None = None) -> None:
        say(f"stopped: {self.message}")


class PipeClosed(Failure):
    """Whoever read stdout left: nothing is to be said, and nobody would hear it."""

    def __init__(self) -> None:
        super().__init__("the output's reader left", Exit.PIPE_CLOSED)

    def show(self, file: IO[Any] | None = None) -> None:
        return


@contextmanager
def resumable(how: str) -> Iterator[None]:
    """Answer Ctrl-C and SIGTERM inside with what stays and how to go on."""
    try:
        yield
    except KeyboardInterrupt:
        raise stopped(how) from None


@contextmanager
def told(context: click.Context) -> Iterator[None]:
    """Turn whatever is raised inside into a Failure; what click itself understands passes."""
    try:
        yield
    except (click.exceptions.Exit, click.Abort, click.ClickException):
        raise
    except BrokenPipeError:
        raise PipeClosed from None
    except KeyboardInterrupt:
        raise stopped("nothing is half done") from None
    except UnicodeEncodeError as error:  # an argument's bytes, which Python keeps as halves of surrogate pairs
        raise Failure(f"{error.object!r} is no text in UTF-8: write it again", Exit.UNUSABLE) from error
    except Exception as error:
        if context.meta.get(DEBUG):
            say(traceback.format_exc())
        raise Failure(_sentence(error), code_of(error)) from error


def stopped(how: str) -> Stopped:
    """Return the end by Ctrl-C or SIGTERM that says what stays; nothing more is told of what is dropped."""
    # The process ends now. What was being read is dropped together with its connection, which Python would tell.
    sys.unraisablehook = lambda _unraisable: None
    return Stopped(how, code_of_stop())


def _sentence(error: Exception) -> str:
    if isinstance(error, LedgerError | OSError):
        return sentence(error)
    return (
        f"this is a defect of customer-ledger, not of your input ({type(error).__name__}: {error}). "
        "Please report it, with what the same command prints under --debug"
    )
