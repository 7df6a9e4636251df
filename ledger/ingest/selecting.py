"""A compiled rule: the SELECT that computes its values, and the wire event made of each row."""

from __future__ import annotations

from typing import Any, NamedTuple

from ledger.ingest.mapping import EventRule, Expression
from ledger.ingest.values import Convert
from ledger.ingest.workspace import Workspace, first_line, identifier
from ledger.schemas.mapping import REQUIRED

Wire = dict[str, Any]
"""An event as a producer would send it: envelope fields, `actor` and `data` nested."""

Row = tuple[Any, ...]

EXPLAINED = 100
"""Rows of one rule whose failure is computed again to learn DuckDB's own words."""


class Column(NamedTuple):
    """One computed value: its SQL, whether that may fail on some row, and what Python makes of it."""

    expression: Expression
    sql: str
    risky: bool
    convert: Convert | None

    @property
    def goes_as_is(self) -> bool:
        """Whether Python makes nothing of it."""
        return not self.risky and self.convert is None

    @property
    def selected(self) -> str:
        """The SQL that gives the value, or NULL in place of the struct around it where it cannot be computed."""
        return attempt(self.sql) if self.risky else self.sql


def attempt(sql: str) -> str:
    """Return the SQL of a struct that holds a value, and is NULL where the value cannot be computed."""
    return f"TRY({{'v': {sql}}})"


def boolean(when: str) -> str:
    """Return the SQL of a condition."""
    return f"CAST((\n{when}\n) AS BOOLEAN)"


class Selection:
    """One rule as SQL, and what turns its rows into events."""

    def __init__(self, rule: EventRule, source: str, columns: list[Column], constants: dict[str, str]) -> None:
        self.rule = rule
        self._columns = columns
        self._required = set(REQUIRED)
        self._constants = _constants(rule, source, constants)
        placed = [
            (index, *_place(column.expression.field), column)
            for index, column in enumerate(columns, start=3)  # after file, line and the failed condition
        ]
        # Most values are text that goes on as it is: the loop over them does nothing else.
        self._plain = [(index, part, name) for index, part, name, column in placed if column.goes_as_is]
        self._other = [place for place in placed if not place[3].goes_as_is]
        self._explained = 0

    @property
    def origin(self) -> str:
        """The table that the rows come from, as SQL."""
        return identifier(self.rule.origin)

    @property
    def sql(self) -> str:
        """The SELECT: file, line, whether `when` failed, the values."""
        values = ", ".join(column.selected for column in self._columns) or "NULL"
        return f"SELECT _file, _line, {self._when_failed}, {values} FROM {self.origin} WHERE {self._applies}"

    @property
    def left_out(self) -> str:
        """The SQL that counts the rows that `when` leaves out."""
        return f"SELECT count(*) FROM {self.origin} WHERE ({self._applies}) IS NOT TRUE"

    @property
    def repeated(self) -> str:
        """The SQL that counts the rows whose event_id an earlier row has."""
        ids = [column.sql for column in self._columns if column.expression.field == "event_id"]
        made = attempt(ids[0]) if ids else "{'v': ''}"  # a constant id serves one row
        named = f"SELECT {made}.v AS id FROM {self.origin} WHERE {self._applies}"
        return f"SELECT count(id) - count(DISTINCT id) FROM ({named})"

    @property
    def _applies(self) -> str:
        """The condition; it holds where it cannot be computed, so that such rows are not lost."""
        return f"coalesce({attempt(boolean(self.rule.when))}, {{'v': true}}).v" if self.rule.when else "true"

    @property
    def _when_failed(self) -> str:
        return f"{attempt(boolean(self.rule.when))} IS NULL" if self.rule.when else "false"

    def event(self, space: Workspace, row: Row) -> tuple[Wire, list[str]]:
        """Return the wire event that a row gives, and everything that is wrong with it."""
        problems: list[str] = []
        if row[2]:
            problems.append(self._why(space, row, "when", self.rule.when or "", boolean(self.rule.when or "")))
        envelope, actor, data = parts = [constants.copy() for constants in self._constants]
        for index, part, name in self._plain:
            value = row[index]
            if value is not None and value != "":
                parts[part][name] = value
        for index, part, name, column in self._other:
            value = self._converted(space, row, column, row[index], problems)
            if value is not None and value != "":
                parts[part][name] = value
        if not self._required <= envelope.keys():
            problems += self._lacking(envelope, problems)
        if actor:
            envelope["actor"] = actor
        envelope["data"] = data
        return envelope, problems

    def _lacking(self, envelope: Wire, problems: list[str]) -> list[str]:
        missing = [field for field in REQUIRED if field not in envelope]
        return [f"{field}: has no value" for field in missing if not any(said.startswith(field) for said in problems)]

    def _converted(self, space: Workspace, row: Row, column: Column, value: Any, problems: list[str]) -> Any:
        """Return a value as the wire has it, None where there is none or where it becomes a problem."""
        field = column.expression.field
        if column.risky:
            if value is None:
                problems.append(self._why(space, row, field, column.expression.sql, column.sql))
                return None
            value = value["v"]
        if value is None or value == "" or column.convert is None:
            return value
        try:
            return column.convert(value)
        except ValueError as error:
            problems.append(f"{field}: {error}")
            return None

    def _why(self, space: Workspace, row: Row, field: str, said: str, sql: str) -> str:
        """Return why a value could not be computed for a row: DuckDB's own words, for the first rows it happens to."""
        import duckdb

        self._explained += 1
        if self._explained > EXPLAINED:
            return f"{field}: cannot compute {said}"
        # A cursor of its own, because the rows of the SELECT are still being read.
        with space.connection.cursor() as cursor:
            try:
                cursor.execute(f"SELECT {sql} FROM {self.origin} WHERE _file = ? AND _line = ?", [row[0], row[1]])
            except duckdb.Error as error:
                return f"{field}: cannot compute {said}: {first_line(error)}"
        return f"{field}: cannot compute {said}"


_PARTS = ("", "actor", "data")


def _place(field: str) -> tuple[int, str]:
    """Return which part of an event a field stands in, and its name there."""
    part, _, name = field.rpartition(".")
    return _PARTS.index(part), name


def _constants(rule: EventRule, source: str, constants: dict[str, str]) -> list[Wire]:
    """Return what every event of a rule has in its envelope, its actor and its data."""
    envelope: Wire = {"source": source, "type": rule.type}
    if rule.type_version is not None:
        envelope["type_version"] = rule.type_version
    if rule.precision != "instant":
        envelope["time_precision"] = rule.precision
    parts: list[Wire] = [envelope, {}, {}]
    for field, value in constants.items():
        part, name = _place(field)
        parts[part][name] = value
    return parts
