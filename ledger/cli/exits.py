"""The exit codes, and which error ends in which: what a script may rely on."""

from __future__ import annotations

from enum import IntEnum

from ledger import errors
from ledger.cli.terminated import terminated


class Exit(IntEnum):
    """What a command's exit code says."""

    DONE = 0
    UNSOUND = 1
    UNUSABLE = 2
    NOT_FOUND = 3
    REFUSED = 4
    STORAGE = 5
    STALE = 6
    UNREADABLE = 7
    DIFFERENT = 8
    DEFECT = 70
    STOPPED = 130
    PIPE_CLOSED = 141
    TERMINATED = 143


MEANINGS: dict[Exit, str] = {
    Exit.DONE: "done",
    Exit.UNSOUND: "it ran, and something is wrong: rows were rejected, a check failed; the rest is done",
    Exit.UNUSABLE: "the command, an option, a file or a definition cannot be used as it is; nothing was done",
    Exit.NOT_FOUND: "no such customer or event",
    Exit.REFUSED: "what is recorded stands against it: a refusal or a conflict",
    Exit.STORAGE: "the database or a file cannot be read or written: missing, foreign, busy, full, not allowed",
    Exit.STALE: "the projections are not built, were built by other definitions, or another projector is at work",
    Exit.UNREADABLE: "an event in the log cannot be read",
    Exit.DIFFERENT: "two versions of the read model differ, and which one is to be live waits for a decision",
    Exit.DEFECT: "a defect of this program",
    Exit.STOPPED: "stopped by Ctrl-C; what was committed stays",
    Exit.PIPE_CLOSED: "whoever read the output stopped reading, as `head` does",
    Exit.TERMINATED: "stopped by SIGTERM, as `systemctl stop` sends it; what was committed stays",
}

_CODES: tuple[tuple[type[Exception], Exit], ...] = (
    (errors.InvalidInput, Exit.UNUSABLE),
    (errors.NotFound, Exit.NOT_FOUND),
    (errors.Refused, Exit.REFUSED),
    (errors.Conflict, Exit.REFUSED),
    (errors.StorageError, Exit.STORAGE),
    (errors.ProjectionError, Exit.STALE),
    (errors.Undecodable, Exit.UNREADABLE),
    (OSError, Exit.STORAGE),
)


def code_of_stop() -> Exit:
    """Return the exit code of a command that was stopped, by SIGTERM or Ctrl-C."""
    return Exit.TERMINATED if terminated() else Exit.STOPPED


def code_of(error: BaseException) -> Exit:
    """Return the exit code of an error; what the ledger does not know is a defect."""
    return next((code for kind, code in _CODES if isinstance(error, kind)), Exit.DEFECT)
