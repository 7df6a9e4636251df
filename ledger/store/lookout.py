"""Looking at the head of the log again and again, at the least cost: one row, on one connection, in no transaction."""

from __future__ import annotations

import select
from collections.abc import Callable
from typing import Any

import psycopg
from psycopg.pq import ExecStatus
from sqlalchemy import Engine, PoolProxiedConnection

from ledger.store.failures import typed_errors
from ledger.store.patience import GREETING, ServerSilent

HEAD = "SELECT position FROM log_head"


class Lookout:
    """Looks at one log's head; it takes a connection at the first look and keeps it until `close`.

    Taking one from the pool for every look costs more than the look. No transaction stays open between two looks, so
    none holds back a checkpoint or a vacuum.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._pooled: PoolProxiedConnection | None = None
        self._ask: Callable[[], int] | None = None

    def head(self) -> int:
        """Return the position of the last event. Raises a StorageError, and looks anew when asked again."""
        try:
            with typed_errors():
                if self._ask is None:
                    self._pooled = self._engine.raw_connection()
                    driver: Any = self._pooled.driver_connection
                    self._ask = _asking_server(driver) if isinstance(driver, psycopg.Connection) else _asking(driver)
                return self._ask()
        except BaseException:
            self.close(broken=True)
            raise

    def close(self, *, broken: bool = False) -> None:
        """Give the connection back to the pool, or close it where it is `broken` or the pool is going."""
        pooled, self._pooled, self._ask = self._pooled, None, None
        if pooled is not None:
            if broken:
                pooled.invalidate()
            pooled.close()


def _asking(driver: Any) -> Callable[[], int]:
    cursor = driver.cursor()

    def ask() -> int:
        # All rows: a statement that is not read to its end keeps its snapshot.
        [(position,)] = cursor.execute(HEAD).fetchall()
        return int(position)

    return ask


def _asking_server(driver: psycopg.Connection[Any]) -> Callable[[], int]:
    """Ask below psycopg's cursors: they begin a transaction, and cost more than half of the look."""
    link, ready = driver.pgconn, select.poll()
    ready.register(link.socket, select.POLLIN)

    def ask() -> int:
        link.send_query(HEAD.encode())
        while link.is_busy():
            if not ready.poll(GREETING * 1000):
                raise ServerSilent(f"the server said nothing for {GREETING:g} seconds")
            link.consume_input()
        found = link.get_result()
        while link.get_result() is not None:
            pass
        value = found.get_value(0, 0) if found is not None and found.status == ExecStatus.TUPLES_OK else None
        if value is None:
            raise psycopg.OperationalError("the head of the log cannot be read")
        return int(value)

    return ask
