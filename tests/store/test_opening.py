"""Opening a ledger that is not there, not one, not whole, not of this version, or not ours to read."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.engine import make_url

from ledger import Ledger, LedgerError
from ledger.errors import (
    InvalidArgument,
    LedgerIncompatible,
    LedgerMissing,
    PermissionRefused,
)
from ledger.opening import open_store
from ledger.queries.history import export, history
from ledger.store import versioning
from ledger.store.engine import reading
from ledger.store.tables import metadata
from tests import databases
from tests.cli.running import Shell
from tests.ledgers import sqlite_copy
from tests.store.asking import column
from tests.store.doors import file_of, refused, rewritten
from tests.store.events import order

NOBODY = 65534


# Not there


def test_a_ledger_is_made_where_there_is_none_only_if_that_is_wanted(ledger_url: str) -> None:
    refused(ledger_url, LedgerMissing, "make one with `customer-ledger init`", create=False)
    with Ledger.open(ledger_url) as ledger:
        ledger.append(order("o1"))
    with Ledger.open(ledger_url, create=False) as ledger:
        assert column(ledger, "SELECT position FROM log_head") == [1]


def test_nothing_is_left_where_no_ledger_was_made(tmp_path: Path) -> None:
    refused(f"sqlite:///{tmp_path}/ledger.db", LedgerMissing, "make one", create=False)
    refused(f"sqlite:///{tmp_path}/no/ledger.db", LedgerMissing, "make it first")
    refused(f"sqlite:///{tmp_path}", InvalidArgument, "is a folder or a device: name a file")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("", "write sqlite:///ledger.db or postgresql://"),
        ("ledger.db", "write sqlite:///ledger.db"),
        ("sqlite:ledger.db", "write sqlite:///ledger.db"),
        ("sqlite://ledger.db", "write sqlite:///ledger.db"),
        ("sqlite://", "write sqlite:///ledger.db"),
        ("sqlite:///:memory:", "in memory it would be lost"),
        ("sqlite:///ledger.db?mode=ro", "takes no options"),
        ("mysql://host/ledger", "SQLite or PostgreSQL, not 'mysql'"),
        ("postgresql://host:port/ledger", "write sqlite:///ledger.db or postgresql://"),
        ("postgresql://host/ledger?sslmod=require", 'does not know: invalid connection option "sslmod"'),
    ],
)
def test_an_address_that_is_none_says_how_to_write_one(
    url: str, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    refused(url, InvalidArgument, words)
    assert list(tmp_path.iterdir()) == []


def test_a_password_is_in_no_message(tmp_path: Path) -> None:
    for url in ("postgresql://me:se@cret@host:port/x", "postgresql://me:secret@127.0.0.1:1/x", "nosql://me:secret@h/x"):
        with pytest.raises(LedgerError) as caught:
            Ledger.open(url)
        assert "cret" not in str(caught.value)


# Something else


def test_a_database_of_something_else_is_left_as_it_is(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'places.db'}"
    rewritten(url, "CREATE TABLE places (name TEXT)")
    before = file_of(url).read_bytes()
    for create in (True, False):
        refused(url, LedgerIncompatible, "give the ledger a database of its own", create=create)
    assert file_of(url).read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == ["places.db"]


def test_a_postgresql_database_of_something_else_is_left_as_it_is(postgres_url: str) -> None:
    rewritten(postgres_url, "CREATE TABLE places (name TEXT)")
    refused(postgres_url, LedgerIncompatible, "give the ledger a database of its own")
    with psycopg.connect(databases.text(make_url(postgres_url).set(drivername="postgresql"))) as server:
        found = server.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
    assert found == [("places",)]


def test_another_programs_migrations_are_something_else(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'app.db'}"
    rewritten(url, "CREATE TABLE alembic_version (version_num TEXT)")
    refused(url, LedgerIncompatible, "holds other tables and no ledger")


@pytest.mark.parametrize("content", [b"a text, and no database " * 50, b"SQLite format 3\x00" + b"\xff" * 8_000])
def test_a_file_that_is_no_database_is_left_as_it_is(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "ledger.db"
    file.write_bytes(content)
    refused(f"sqlite:///{file}", LedgerIncompatible, "restore a backup")
    assert file.read_bytes() == content


# Damaged


def full(folder: Path) -> Path:
    """Make a ledger of some pages, all of it in its one file, and return the file."""
    url = sqlite_copy(folder)
    with Ledger.open(url) as ledger:
        list(ledger.append_many(order(f"o{number}", f"c{number % 20}") for number in range(60)))
        ledger.rebuild()
    rewritten(url, "PRAGMA wal_checkpoint(TRUNCATE)")
    return file_of(url)


def used(url: str) -> None:
    """Ask of a ledger all it can do; what is wrong with its file may be told, but only in the ledger's own words."""
    with suppress(LedgerError), Ledger.open(url) as ledger:
        for ask in (
            lambda: ledger.verify(whole=True),
            lambda: list(export(ledger.store)),
            lambda: history(ledger.store, "c1"),
            lambda: ledger.append(order("new", "c1")),
            ledger.rebuild,
            ledger.catch_up,
        ):
            with suppress(LedgerError):
                ask()


def test_a_file_cut_short_anywhere_is_told_in_our_words(tmp_path: Path) -> None:
    file = full(tmp_path)
    whole = file.read_bytes()
    for length in (1, 50, 99, 512, 4096, len(whole) // 3, len(whole) // 2, len(whole) - 4096, len(whole) - 1):
        file.write_bytes(whole[:length])
        used(f"sqlite:///{file}")
        for beside in ("ledger.db-wal", "ledger.db-shm"):
            (tmp_path / beside).unlink(missing_ok=True)
    file.write_bytes(b"")
    refused(f"sqlite:///{file}", LedgerMissing, "make one", create=False)


def test_a_damaged_page_anywhere_is_told_in_our_words(tmp_path: Path) -> None:
    file = full(tmp_path)
    whole = file.read_bytes()
    pages = len(whole) // 4096
    assert pages > 20
    for page in range(pages):
        for filling in (b"\x00", b"\xa5"):
            file.write_bytes(whole[: page * 4096] + filling * 4096 + whole[(page + 1) * 4096 :])
            used(f"sqlite:///{file}")
            for beside in ("ledger.db-wal", "ledger.db-shm"):
                (tmp_path / beside).unlink(missing_ok=True)


# Of another version


def test_a_newer_ledger_says_what_to_install(ledger: Ledger, quick_url: str) -> None:
    rewritten(quick_url, "UPDATE alembic_version SET version_num = '9999'")
    try:
        for create in (True, False):
            refused(quick_url, LedgerIncompatible, "install the newer customer-ledger", create=create)
    finally:
        rewritten(quick_url, f"UPDATE alembic_version SET version_num = '{versioning.HEAD}'")


def test_a_ledger_that_has_lost_its_version_says_so(quick_ledger: Ledger) -> None:
    rewritten(quick_ledger.store.url, "DELETE FROM alembic_version")
    refused(quick_ledger.store.url, LedgerIncompatible, "does not say its version: restore a backup")


@pytest.fixture
def next_version(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Give a function that makes this the code of a later version, with one migration more."""

    def turn() -> None:
        folder = tmp_path / "migrations"
        shutil.copytree(versioning.MIGRATIONS, folder, ignore=shutil.ignore_patterns("__pycache__"))
        (folder / "versions" / "9000_a_later_one.py").write_text(
            'import sqlalchemy as sa\nfrom alembic import op\n\nrevision = "9000"\ndown_revision = "0002"\n'
            "branch_labels = depends_on = None\n\n\n"
            'def upgrade():\n    op.create_table("later", sa.Column("id", sa.Integer, primary_key=True))\n'
        )
        monkeypatch.setattr(versioning, "MIGRATIONS", folder)
        monkeypatch.setattr(versioning, "HEAD", "9000")

    return turn


def test_an_older_ledger_is_upgraded_only_when_told(ledger_url: str, next_version: Callable[[], None]) -> None:
    with Ledger.open(ledger_url) as ledger:
        ledger.append(order("o1"))
    next_version()
    for create in (True, False):
        words = (
            "of version 0002, this code of 9000: make a backup, then bring it up to date with `customer-ledger init`"
        )
        refused(ledger_url, LedgerIncompatible, words, create=create)
    open_store(ledger_url, upgrade=True).engine.dispose()
    with Ledger.open(ledger_url, create=False) as ledger:
        assert column(ledger, "SELECT count(*) FROM later") == [0]
        assert ledger.append(order("o1"))[0].recorded is False


def test_init_is_the_command_that_upgrades(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, next_version: Callable[[], None]
) -> None:
    shell = Shell(tmp_path, "sqlite:///ledger.db", monkeypatch)
    shell("init", "-q")
    next_version()
    assert "bring it up to date with `customer-ledger init`" in shell("verify", code=5).err
    assert shell("init", "-f", "json").json["ledger"] == "upgraded"
    assert shell("verify", "-f", "json").json["ok"] is True


def test_an_upgrade_that_fails_changes_nothing(quick_url: str, next_version: Callable[[], None]) -> None:
    next_version()
    rewritten(quick_url, "CREATE TABLE later (id INTEGER)")
    with pytest.raises(Exception, match="later"):
        open_store(quick_url, upgrade=True)
    refused(quick_url, LedgerIncompatible, "of version 0002, this code of 9000")


def test_where_no_way_leads_to_this_version_the_cure_is_a_backup(quick_ledger: Ledger) -> None:
    rewritten(quick_ledger.store.url, "UPDATE alembic_version SET version_num = '0000'")
    with pytest.raises(LedgerIncompatible, match=r"cannot be brought up to date .*: restore a backup"):
        open_store(quick_ledger.store.url, upgrade=True)


def test_the_version_of_the_code_is_the_last_migration() -> None:
    config = Config()
    config.set_main_option("script_location", str(versioning.MIGRATIONS))
    assert ScriptDirectory.from_config(config).get_heads() == [versioning.HEAD]


def test_the_migrations_make_the_tables_that_the_code_names(ledger: Ledger) -> None:
    with reading(ledger.store.engine) as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, metadata) == []


# Not ours to read or write


@contextmanager
def as_nobody() -> Iterator[None]:
    """Be an account without rights inside, where the tests run as one that may do anything."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.fixture
def shared(tmp_path: Path) -> Iterator[Path]:
    """Give a folder that every account may enter, with a ledger of one event that every account may read."""
    with Ledger.open(sqlite_copy(tmp_path)) as ledger:
        ledger.append(order("o1"))
    folder = Path(tempfile.mkdtemp())
    shutil.copy(tmp_path / "ledger.db", folder / "ledger.db")
    folder.chmod(0o755)
    (folder / "ledger.db").chmod(0o444)
    yield folder
    folder.chmod(0o700)
    shutil.rmtree(folder)


def test_a_file_that_may_not_be_read_is_said_to_be(shared: Path) -> None:
    (shared / "ledger.db").chmod(0)
    with as_nobody():
        refused(f"sqlite:///{shared}/ledger.db", PermissionRefused, "check the path and its permissions")


def test_a_folder_that_may_not_be_entered_is_said_to_be(shared: Path) -> None:
    shared.chmod(0)
    with as_nobody():
        refused(f"sqlite:///{shared}/ledger.db", PermissionRefused, "check the permissions of its folders")


def test_a_folder_that_may_not_be_written_takes_no_new_ledger(shared: Path) -> None:
    shared.chmod(0o555)
    with as_nobody():
        refused(f"sqlite:///{shared}/new.db", PermissionRefused, "check the path and its permissions")
    assert not (shared / "new.db").exists()


def test_a_file_that_may_only_be_read_is_read_and_takes_no_event(shared: Path) -> None:
    shared.chmod(0o777)
    with as_nobody(), Ledger.open(f"sqlite:///{shared}/ledger.db") as ledger:
        assert [wire["event_id"] for wire in ledger.history("ada")] == ["o1"]
        for change in (lambda: ledger.append(order("o2")), ledger.rebuild):
            with pytest.raises(PermissionRefused, match="may not be written: check its permissions"):
                change()
        assert [wire["event_id"] for wire in ledger.history("ada")] == ["o1"]
