"""How a ledger is opened: an address becomes the store that the use cases work with, made or upgraded where asked."""

from __future__ import annotations

from pathlib import Path

from ledger.errors import InvalidArgument, LedgerIncompatible, LedgerMissing, PermissionRefused, StorageError
from ledger.projecting.promises import require_journey
from ledger.schemas.definitions import Definitions, compile_context, default_definitions
from ledger.schemas.prepare import Preparer
from ledger.store.append import Appender
from ledger.store.clock import Clock, system_clock
from ledger.store.definitions import KINDS, DefinitionKind, enact, in_force
from ledger.store.engine import Connection, Engine, open_engine, parse_url, reading, sqlite_path, writing
from ledger.store.group import GroupCommit
from ledger.store.mapper import RowMapper
from ledger.store.news import News
from ledger.store.store import Store
from ledger.store.versioning import bring_up_to_date, one_at_a_time, require_current

DEFAULT_URL = "sqlite:///ledger.db"


def open_store(
    url: str = DEFAULT_URL, *, create: bool = False, upgrade: bool = False, clock: Clock = system_clock
) -> Store:
    """Return the ledger at an address, ready for the use cases.

    `create` makes one in an empty database, `upgrade` brings one of an older version up to date. Raises
    LedgerMissing, LedgerIncompatible, LedgerUnreachable, PermissionRefused or InvalidArgument.
    """
    parsed = parse_url(url)
    address = parsed.render_as_string(hide_password=True)
    _require_file(sqlite_path(parsed), address, create)
    engine = open_engine(parsed)
    try:
        try:
            definitions = _in_force(engine, address)
        except (LedgerMissing, LedgerIncompatible) as error:
            if not _mendable(error, create, upgrade):
                raise
            with writing(engine) as connection:
                _make(connection, address, clock())
            definitions = _in_force(engine, address)
    except BaseException:
        engine.dispose()
        raise
    context = compile_context(definitions)
    news = News(engine)
    return Store(
        url=parsed.render_as_string(hide_password=False),
        engine=engine,
        definitions=definitions,
        context=context,
        mapper=RowMapper(context.vocabulary),
        preparer=Preparer(context.vocabulary, context.zone),
        appender=GroupCommit(Appender(engine, clock, news=news)),
        news=news,
        clock=clock,
    )


def _require_file(path: Path | None, address: str, create: bool) -> None:
    if path is None:
        return
    try:
        if path.exists() and not path.is_file():
            raise InvalidArgument(f"{address} is a folder or a device: name a file")
        if not create and not (path.exists() and path.stat().st_size):  # an empty file is not to become a database
            raise LedgerMissing(f"there is no ledger at {address} yet: make one with `customer-ledger init`")
        if not path.absolute().parent.is_dir():
            raise LedgerMissing(f"the folder of {address} does not exist: make it first")
    except PermissionError as error:
        raise PermissionRefused(f"{address} may not be looked at: check the permissions of its folders") from error
    except OSError as error:
        raise StorageError(f"{address} cannot be looked at: check the path and the disk ({error.strerror})") from error


def _in_force(engine: Engine, address: str) -> Definitions:
    with reading(engine, soon=True) as connection:
        require_current(connection, address)
        found = [in_force(connection, kind) for kind in KINDS]
    start = default_definitions() if None in found else None
    return Definitions(*(body or getattr(start, kind) for kind, body in zip(KINDS, found, strict=True)))


def _mendable(error: StorageError, create: bool, upgrade: bool) -> bool:
    if isinstance(error, LedgerIncompatible):
        return upgrade and error.older
    return create


def _make(connection: Connection, address: str, now: int) -> None:
    """Make a ledger, or upgrade it, unless another process just did."""
    one_at_a_time(connection)
    try:
        require_current(connection, address)
        return
    except (LedgerMissing, LedgerIncompatible) as error:
        if not _mendable(error, create=True, upgrade=True):
            raise
    bring_up_to_date(connection)
    start = default_definitions()
    for kind in KINDS:
        if in_force(connection, kind) is None:
            enact(connection, kind, getattr(start, kind), now)


def define(url: str, definitions: dict[DefinitionKind, str]) -> list[str]:
    """Put definitions (canonical JSON by kind) in force in an existing ledger; return the kinds that were new.

    All of them are checked together first, against what stays in force, and a journey against those that a read model
    was built by. Raises InvalidDefinition, VersionReused.
    """
    store = open_store(url)
    try:
        compile_context(Definitions(*(definitions.get(kind, getattr(store.definitions, kind)) for kind in KINDS)))
        with writing(store.engine) as connection:
            if "journey" in definitions:
                require_journey(connection, definitions["journey"])
            return [kind for kind, body in definitions.items() if enact(connection, kind, body, store.clock())]
    finally:
        store.close()
