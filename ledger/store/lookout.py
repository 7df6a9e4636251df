"""Looking at the head of the log again and again, at the least cost: one row, on one connection, in no transaction."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Engine, PoolProxiedConnection

from ledger.store.failures import typed_errors
from ledger.store.patience import GREETING, PatientConnection


class Lookout:
    """Looks at one log's head; it takes a connection at the first look and keeps it until `close`.

    Taking one from the pool for every look costs more than the look. No transaction stays open between two looks, so
    none holds back a checkpoint or a vacuum.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._pooled: PoolProxiedConnection | None = None
        self._cursor: Any = None

    def head(self) -> int:
        """Return the position of the last event. Raises a StorageError, and looks anew when asked again."""
        try:
            with typed_errors():
                if self._cursor is None:
                    self._open()
                # All rows: a statement that is not read to its end keeps its snapshot.
                [(position,)] = self._cursor.execute("SELECT position FROM log_head").fetchall()
        except BaseException:
            self.close(broken=True)
            raise
        return int(position)

    def _open(self) -> None:
        self._pooled = self._engine.raw_connection()
        driver: Any = self._pooled.driver_connection
        if isinstance(driver, PatientConnection):
            driver.autocommit = True
            driver.patience = GREETING
        self._cursor = driver.cursor()

    def close(self, *, broken: bool = False) -> None:
        """Give the connection back to the pool, or close it where it is `broken` or the pool is going."""
        pooled, self._pooled, self._cursor = self._pooled, None, None
        if pooled is None:
            return
        try:
            driver: Any = pooled.driver_connection
            if not broken and isinstance(driver, PatientConnection):
                driver.autocommit = False
        except BaseException:
            broken = True
            raise
        finally:
            if broken:
                pooled.invalidate()
            pooled.close()
