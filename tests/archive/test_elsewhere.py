"""An archive at an address of fsspec: here memory, which has no folders, renames or locks, like an object store."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from uuid import uuid4

import fsspec
import pytest

from ledger import Ledger
from ledger.archive.archive import open_archive
from ledger.archive.checking import check_archive
from ledger.archive.writing import write_archive
from ledger.errors import ArchiveBusy, ArchiveDamaged, ArchiveMissing, InvalidArgument
from tests.archive.logs import archived, held, logged, small, story, tell


@pytest.fixture
def url() -> Iterator[str]:
    name = f"memory://{uuid4().hex}/archive"
    yield name
    fsspec.filesystem("memory").rm(name.rpartition("/")[0], recursive=True)


def test_an_archive_elsewhere_gives_the_rows_of_the_log(
    ledger: Ledger, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with small(monkeypatch):
        story(ledger)
        archived(ledger, url)
        tell(ledger, [1, 5, 29])
        made = archived(ledger, f"{url}/")
        assert (made.archive, made.new_events) == (url, 3)
        archive = open_archive(url)
        assert held(archive) == logged(ledger)
        assert archive.stream_rows([2, 30]) == logged(ledger, 2, 2) + logged(ledger, 30, 30)
        assert all(check.ok for check in check_archive(ledger.store, url))
        assert archived(ledger, url, compact=True).segments == 8
        assert held(url) == logged(ledger)


def test_a_missing_archive_or_segment_is_told(ledger: Ledger, url: str) -> None:
    with pytest.raises(ArchiveMissing, match="no archive at memory://"):
        open_archive(url)
    story(ledger)
    archived(ledger, url)
    fsspec.filesystem("memory").rm(f"{url}/{open_archive(url).segments[0].path}")
    with pytest.raises(ArchiveDamaged, match="is missing"):
        held(url)


def test_who_replaces_the_manifest_last_does_so_knowingly(ledger: Ledger, url: str) -> None:
    story(ledger)
    archived(ledger, url)
    tell(ledger, [1])

    def meanwhile(_done: int, _total: int) -> None:
        monitored.append(archived(ledger, url, width=None).new_events)

    monitored: list[int] = []
    with pytest.raises(ArchiveBusy, match="wrote the archive"):
        write_archive(ledger.store, url, progress=meanwhile)
    assert monitored == [1]
    assert held(url) == logged(ledger)


def test_what_another_archiver_may_be_writing_is_left_until_it_is_old(ledger: Ledger, url: str) -> None:
    story(ledger)
    archived(ledger, url)
    store = fsspec.filesystem("memory")
    store.pipe_file(f"{url}/segments/of-another.parquet", b"half")
    archived(ledger, url)
    assert store.exists(f"{url}/segments/of-another.parquet")
    store.store[store._strip_protocol(f"{url}/segments/of-another.parquet")].created = _days_ago(2)
    archived(ledger, url)
    assert not store.exists(f"{url}/segments/of-another.parquet")


def _days_ago(days: int) -> object:
    from datetime import UTC, datetime

    return datetime.fromtimestamp(time.time() - days * 86_400, UTC)


def test_an_address_that_nothing_installed_knows_says_what_to_install(ledger: Ledger) -> None:
    story(ledger)
    with pytest.raises(InvalidArgument, match="s3fs"):
        archived(ledger, "s3://bucket/archive")
    with pytest.raises(InvalidArgument, match="cannot be reached"):
        archived(ledger, "nowhere://archive")


def test_without_fsspec_a_folder_works_and_an_address_says_what_is_needed(
    ledger: Ledger, tmp_path: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == "fsspec"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "fsspec", None)
    story(ledger)
    archived(ledger, f"{tmp_path}/archive")
    with pytest.raises(InvalidArgument, match=r"pip install 'customer-ledger\[remote\]'"):
        archived(ledger, "memory://archive")
