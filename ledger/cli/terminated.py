"""SIGTERM, as whoever runs services sends it, ends a command as Ctrl-C does; and neither is lost on its way."""

from __future__ import annotations

import signal
import sys
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from sys import UnraisableHookArgs

SOON = 0.05
"""Seconds until what was lost is raised again: what could not raise it is over by then."""

_received: list[int] = []


def heed() -> None:
    """Raise KeyboardInterrupt on SIGTERM from now on, unless whoever started the program wants it ignored.

    One that is raised where Python can only drop it, as in the callback of a weak reference, is raised again.
    """
    if signal.getsignal(signal.SIGTERM) is not signal.SIG_IGN:
        signal.signal(signal.SIGTERM, _stop)
    signal.signal(signal.SIGALRM, signal.default_int_handler)
    sys.unraisablehook = _lost


def at_rest() -> None:
    """Let no signal stop the program from now on: all that is left is to end, with the code of what was done."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGALRM):
        signal.signal(number, signal.SIG_IGN)


def terminated() -> bool:
    """Say whether it was SIGTERM that stopped the program: what was raised may have been raised anew on its way."""
    return bool(_received)


def _stop(number: int, _frame: object) -> NoReturn:
    _received.append(number)
    raise KeyboardInterrupt


def _lost(unraisable: UnraisableHookArgs) -> None:
    if issubclass(unraisable.exc_type, KeyboardInterrupt):
        signal.setitimer(signal.ITIMER_REAL, SOON)
    else:
        sys.__unraisablehook__(unraisable)
