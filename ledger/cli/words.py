"""Words for people, on stderr; and no text of an event that a terminal would obey."""

from __future__ import annotations

import re
import sys
from errno import ENOSPC

from ledger.errors import InvalidDefinition, InvalidEvent, Problem

# Control characters, and the marks that turn the direction of writing: a terminal acts on them.
_OBEYED = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def shown(text: str) -> str:
    """Return the text with every sign that a terminal would obey written out; line breaks stay."""
    return _OBEYED.sub(lambda found: found[0].encode("unicode_escape", "surrogatepass").decode(), text)


def one_line(text: str) -> str:
    """Return the text as one line that a terminal prints as it stands."""
    return shown(text).replace("\n", "\\n")


def say(words: str) -> None:
    """Write a line for people to stderr; one that nobody can read any more is no trouble."""
    try:
        sys.stderr.write(shown(words) + "\n")
        sys.stderr.flush()
    except (OSError, ValueError):
        pass  # stderr is closed; the exit code still tells


def sentence(error: BaseException) -> str:
    """Return what an error says: one sentence, or one line for each of its problems."""
    if isinstance(error, InvalidDefinition):
        return listed(error.name, error.problems)
    if isinstance(error, InvalidEvent):
        return listed("the event", error.problems)
    if isinstance(error, OSError) and error.errno == ENOSPC:
        return f"no room is left where it writes: free some, and run the same command again ({error.strerror})"
    if isinstance(error, OSError) and error.strerror:
        return f"cannot use {error.filename}: {error.strerror}" if error.filename else f"cannot go on: {error.strerror}"
    return str(error)


def listed(what: str, problems: tuple[Problem, ...]) -> str:
    """Return problems as text: one on the same line, several on a line each."""
    if len(problems) == 1:
        return f"{what}: {one_line(str(problems[0]))}"
    return "\n".join([f"{what}: {len(problems)} problems", *(f"  {one_line(str(problem))}" for problem in problems)])


def counted(number: int, noun: str) -> str:
    """Return `1 event`, `1,234 events`."""
    return f"{number:,} {noun if number == 1 else noun + 's'}"
