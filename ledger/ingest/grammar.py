"""Where a record of a delimited file ends: the quoting rules, as expressions over one line at a time."""

from __future__ import annotations

import re
from typing import Literal

State = Literal["whole", "open", "broken"]


class Quoting:
    """Says of each physical line whether the record it belongs to ends with it.

    A field is quoted only when the quote is its first sign; inside, a quote is escaped. A quote later in an unquoted
    field is an ordinary sign. A carriage return may stand inside quotes only.
    """

    def __init__(self, delimiter: str, quote: str, escape: str) -> None:
        self.sign = quote.encode()
        d, q = re.escape(delimiter.encode()), re.escape(quote.encode())
        e = re.escape(escape.encode())
        inner = rb"(?:[^%b]|%b%b)*+" % (q, q, q) if e == q else rb"(?:[^%b%b]|%b.)*+" % (q, e, e)
        # An escape at the very end of a line escapes the line break itself.
        rest = inner if e == q else inner + e + b"?"
        bare = rb"(?:(?!%b)[^%b\r\n](?:(?!%b)[^\r\n])*+)?+" % (d, q, d)
        field = rb"(?:%b%b%b|%b)" % (q, inner, q, bare)
        more = rb"(?:%b%b)*+" % (d, field)
        ahead = rb"(?:%b%b)*" % (field, d)
        flags = re.DOTALL
        self._whole = re.compile(rb"%b%b\Z" % (field, more), flags)
        self._opens = re.compile(rb"%b%b%b\Z" % (ahead, q, rest), flags)
        self._stays = re.compile(rb"%b\Z" % rest, flags)
        self._closes = re.compile(rb"%b%b%b\Z" % (inner, q, more), flags)
        self._reopens = re.compile(rb"%b%b%b%b%b%b\Z" % (inner, q, d, ahead, q, rest), flags)

    def begins(self, line: bytes) -> State:
        """Say where a record stands after its first line."""
        if self._whole.match(line):
            return "whole"
        return "open" if self._opens.match(line) else "broken"

    def goes_on(self, line: bytes) -> State:
        """Say where a record that was open stands after its next line."""
        if self._closes.match(line):
            return "whole"
        return "open" if self._stays.match(line) or self._reopens.match(line) else "broken"
