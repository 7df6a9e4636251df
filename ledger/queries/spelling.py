"""What somebody may have meant by a name that there is not."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches

NEAR = 3
FEW = 24
"""So many names are told where none comes near."""


def meant(name: str, known: Sequence[str]) -> str:
    """Return the names that come near, whatever their capital letters, else those there are.

    `did you mean 'use'?`, or `there are a, b, c`, or `there is none`.
    """
    folded: dict[str, str] = {}
    for one in known:
        folded.setdefault(one.casefold(), one)
    near = [folded[one] for one in get_close_matches(name.casefold(), folded, NEAR)]
    if near:
        return f"did you mean {' or '.join(map(repr, near))}?"
    if not known:
        return "there is none"
    more = f", … ({len(known)} in all)" if len(known) > FEW else ""
    return f"there {'are' if len(known) > 1 else 'is'} {', '.join(known[:FEW])}{more}"
