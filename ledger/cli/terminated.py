"""SIGTERM, as whoever runs services sends it: a command ends by it as by Ctrl-C."""

from __future__ import annotations

import signal
from typing import NoReturn

_received: list[int] = []


def heed() -> None:
    """Raise KeyboardInterrupt on SIGTERM from now on, unless whoever started the program wants it ignored."""
    if signal.getsignal(signal.SIGTERM) is not signal.SIG_IGN:
        signal.signal(signal.SIGTERM, _stop)


def at_rest() -> None:
    """Let no signal stop the program from now on: all that is left is to end, with the code of what was done."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)


def terminated() -> bool:
    """Say whether it was SIGTERM that stopped the program: what was raised may have been raised anew on its way."""
    return bool(_received)


def _stop(number: int, _frame: object) -> NoReturn:
    _received.append(number)
    raise KeyboardInterrupt
