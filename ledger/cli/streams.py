"""Standard streams that are there, also where whoever started the program closed them, as some schedulers do."""

from __future__ import annotations

import os
import sys


def open_closed() -> None:
    """Put the null device in the place of each standard stream that is closed.

    A file that is opened later would else get its number, and what is meant for a reader would be written into it.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(os.open(os.devnull, os.O_RDWR), mode, encoding="utf-8"))
