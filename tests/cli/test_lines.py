"""However a stream is cut into blocks, its lines are the same."""

from __future__ import annotations

import io

from hypothesis import given
from hypothesis import strategies as st

from ledger.cli.lines import MAX_LINE, batches


class Pieces(io.BytesIO):
    """A stream that gives what it holds in pieces of given sizes."""

    def __init__(self, content: bytes, sizes: list[int]) -> None:
        super().__init__(content)
        self._sizes = iter(sizes)

    def read1(self, size: int | None = -1, /) -> bytes:
        return super().read1(next(self._sizes, 7))


@given(
    st.lists(st.sampled_from([b"{}", b"", b"  ", b"\xff\x00", b'{"a": 1}\r', b"x" * 50])), st.lists(st.integers(1, 20))
)
def test_lines_do_not_depend_on_how_they_arrive(lines: list[bytes], sizes: list[int]) -> None:
    content = b"\n".join(lines)
    found = [line for batch in batches(Pieces(content, sizes)) for line in batch]
    assert found == [(number, line) for number, line in enumerate(lines, 1) if line.strip()]


def test_a_line_at_the_limit_is_kept_and_one_beyond_it_is_not() -> None:
    content = b"x" * MAX_LINE + b"\n" + b"y" * (MAX_LINE + 1) + b"\nz"
    found = [line for batch in batches(io.BytesIO(content)) for line in batch]
    assert [(line.number, len(line.text or b"")) for line in found] == [(1, MAX_LINE), (2, 0), (3, 1)]
