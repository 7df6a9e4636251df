"""Compiles the rules of a mapping: one SELECT per event, and what turns a row of it into a wire event."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import msgspec

from ledger.errors import Problem
from ledger.events.fields import Precision
from ledger.ingest.clock import Clock
from ledger.ingest.mapping import EventRule, Expression, Mapping
from ledger.ingest.workspace import Workspace, first_line, identifier
from ledger.schemas.mapping import REQUIRED

Convert = Callable[[Any], Any]
Wire = dict[str, Any]

_CONSTANT = re.compile(r"\s*'([^']*)'\s*\Z")
_COLUMN = re.compile(r'\s*(?:[A-Za-z_][A-Za-z0-9_]*|"(?:[^"]|"")+")\s*\Z')
_NO_COLUMN = re.compile(r'Referenced (?:column|table) "(.+?)" (?:was )?not found')
_OFFSET_TIME = "TIMESTAMP WITH TIME ZONE"
_AS_TEXT = re.compile(r"DECIMAL|UUID|TIME\b|ENUM|BIGNUM|VARINT")
_AS_TIME = re.compile(r"TIMESTAMP|DATE\b")
_NEVER = re.compile(r"BLOB|INTERVAL|\bBIT\b|GEOMETRY|VARIANT|UNION|TIME WITH TIME ZONE")


class Column(NamedTuple):
    """One selected value: the SQL, whether computing it may fail on some row, and what Python makes of it."""

    expression: Expression
    sql: str
    risky: bool
    convert: Convert | None


class Selection:
    """A compiled rule: its SELECT, and `event` to make a wire event of each row."""

    def __init__(self, rule: EventRule, source: str, columns: list[Column], constants: dict[str, str]) -> None:
        self.rule = rule
        self._columns = columns
        risky = [column for column in columns if column.risky]
        self.flagged = risky
        self._first = 3 + len(risky)
        self._constants: dict[str, dict[str, Any]] = {
            "": {"source": source, "type": rule.type},
            "actor": {},
            "data": {},
        }
        if rule.type_version is not None:
            self._constants[""]["type_version"] = rule.type_version
        if rule.precision != "instant":
            self._constants[""]["time_precision"] = rule.precision
        for field, value in constants.items():
            part, _, name = field.rpartition(".")
            self._constants[part][name] = value
        self._fields = [
            (self._first + number, *column.expression.field.rpartition(".")[::2], column.convert)
            for number, column in enumerate(columns)
        ]
        self._required = [field for field in REQUIRED if field not in constants]

    @property
    def sql(self) -> str:
        """The SELECT: file, line, whether `when` failed, whether each risky value failed, the values."""
        parts = [
            "_file",
            "_line",
            f"{self._when_failed()}",
            *(f"TRY({{'v': {column.sql}}}) IS NULL" for column in self.flagged),
            *(f"TRY({column.sql})" if column.risky else column.sql for column in self._columns),
        ]
        return f"SELECT {', '.join(parts)} FROM {self.origin}{self.where}"

    @property
    def origin(self) -> str:
        """The table that the rows come from, as SQL."""
        return identifier(self.rule.origin)

    @property
    def where(self) -> str:
        """The condition that `when` sets, or on which it fails, as SQL."""
        return f" WHERE {self._when_failed()} OR TRY({_boolean(self.rule.when)})" if self.rule.when else ""

    @property
    def left_out(self) -> str:
        """The SQL that counts the rows that `when` leaves out."""
        if not self.rule.when:
            return "SELECT 0"
        holds = f"TRY({_boolean(self.rule.when)})"
        return f"SELECT count(*) FROM {self.origin} WHERE NOT {self._when_failed()} AND {holds} IS NOT TRUE"

    @property
    def repeated(self) -> str:
        """The SQL that counts the rows whose event_id an earlier row has."""
        for column in self._columns:
            if column.expression.field == "event_id":
                ids = f"SELECT TRY({column.sql}) AS id FROM {self.origin}{self.where}"
                return f"SELECT count(id) - count(DISTINCT id) FROM ({ids})"
        return f"SELECT greatest(count(*) - 1, 0) FROM {self.origin}{self.where}"  # a constant id

    def _when_failed(self) -> str:
        return f"(TRY({{'v': {_boolean(self.rule.when)}}}) IS NULL)" if self.rule.when else "false"

    def event(self, row: tuple[Any, ...], problems: list[str]) -> Wire:
        """Return the wire event that a row gives; what is wrong with it is added to `problems`."""
        parts = {part: dict(values) for part, values in self._constants.items()}
        for index, part, name, convert in self._fields:
            value = row[index]
            if value is None or value == "":
                continue
            if convert is not None:
                try:
                    value = convert(value)
                except ValueError as error:
                    problems.append(f"{part + '.' if part else ''}{name}: {error}")
                    continue
            parts[part][name] = value
        event = parts[""]
        for field in self._required:
            if field not in event and not any(problem.startswith(field) for problem in problems):
                problems.append(f"{field}: has no value")
        if parts["actor"]:
            event["actor"] = parts["actor"]
        event["data"] = parts["data"]
        return event

    def failed(self, row: tuple[Any, ...]) -> list[Column | None]:
        """Return the columns that could not be computed for a row; None stands for `when`."""
        found: list[Column | None] = [None] if row[2] else []
        return found + [column for number, column in enumerate(self.flagged) if row[3 + number]]


def _boolean(when: str | None) -> str:
    return f"CAST((\n{when}\n) AS BOOLEAN)"


def compile_rule(space: Workspace, mapping: Mapping, rule: EventRule) -> tuple[Selection | None, list[Problem]]:
    """Compile one rule against the tables in the workspace; return it, or everything that is wrong with it."""
    problems: list[Problem] = []
    constants: dict[str, str] = {}
    columns: list[Column] = []
    if rule.when:
        problems += _bound(space, rule, "when", _boolean(rule.when))[1]
    for expression in rule.expressions:
        constant = _CONSTANT.match(expression.sql)
        if constant and not expression.time:
            constants[expression.field] = constant[1]
            continue
        column, wrong = _column(space, rule, expression)
        problems += wrong
        if column is not None:
            columns.append(column)
    if problems:
        return None, problems
    return Selection(rule, mapping.source, columns, constants), []


def _column(space: Workspace, rule: EventRule, expression: Expression) -> tuple[Column | None, list[Problem]]:
    sql = f"(\n{expression.sql}\n)"
    kind, problems = _bound(space, rule, expression.field, sql)
    if problems:
        return None, problems
    if _NEVER.search(kind) or (_is_nested(kind) and _OFFSET_TIME in kind):
        wrong = f"is a {kind}, which no event holds: turn it into text or a number"
        return None, [Problem(f"{rule.label}.{expression.field}", wrong)]
    selected, convert = _wrapped(expression, sql, kind, rule.precision)
    integer = expression.field == "source_sequence" and "INT" not in kind
    return Column(expression, selected, integer or not _COLUMN.match(expression.sql), convert), []


def _bound(space: Workspace, rule: EventRule, field: str, sql: str) -> tuple[str, list[Problem]]:
    """Return the type that an expression has in its table, or what is wrong with it."""
    import duckdb

    try:
        # TRY refuses what must not stand in a field (a subquery, a random value), and _line an aggregate.
        found = space.connection.execute(f"SELECT _line, {sql}, TRY({sql}) FROM {identifier(rule.origin)} LIMIT 0")
    except duckdb.Error as error:
        return "", [Problem(f"{rule.label}.{field}", _explained(space, rule, error))]
    return str(found.description[1][1]), []


def _explained(space: Workspace, rule: EventRule, error: Exception) -> str:
    message = first_line(error)
    absent = _NO_COLUMN.search(message)
    if absent:
        have = space.run(f"SELECT * FROM {identifier(rule.origin)} LIMIT 0", rule.label).description
        names = ", ".join(column[0] for column in have)
        return f"there is no column {absent[1]} in {rule.origin} (it has {names}); a constant text stands in 'quotes'"
    if "TRY can not be used" in message:
        return "is computed by a subquery, an aggregate or at random: compute it in a query under [queries]"
    if "GROUP BY" in message:
        return "adds up several rows: compute it in a query under [queries]"
    return message


def _wrapped(expression: Expression, sql: str, kind: str, precision: Precision) -> tuple[str, Convert | None]:
    """Return the SQL and the conversion that give a value of this SQL type the form it has on the wire."""
    nested = _is_nested(kind)
    if expression.time or (_AS_TIME.match(kind) and not nested):
        clock = Clock(expression.zone)
        if kind == _OFFSET_TIME:
            return f"strftime(timezone('UTC', {sql}), '%Y-%m-%dT%H:%M:%S.%f+00:00')", clock.instant
        return f"CAST({sql} AS VARCHAR)", _reading(clock, expression, precision)
    if expression.field == "source_sequence":
        return f"CAST({sql} AS BIGINT)", None
    if not expression.field.startswith("data."):
        return f"CAST({sql} AS VARCHAR)", None
    if kind == "JSON":
        return f"CAST({sql} AS VARCHAR)", _json
    if nested:
        return sql, plain
    if _AS_TEXT.match(kind):
        return f"CAST({sql} AS VARCHAR)", None
    return sql, _finite if kind in {"FLOAT", "DOUBLE"} else None


def _is_nested(kind: str) -> bool:
    return kind.endswith("]") or kind.startswith(("STRUCT", "MAP"))


def _reading(clock: Clock, expression: Expression, precision: Precision) -> Convert:
    if expression.field != "occurred_at" or precision in {"instant", "minute"}:
        return clock.instant
    return clock.day if precision == "date" else clock.day_or_instant


def _json(text: str) -> Any:
    return msgspec.json.decode(text)


def _finite(value: float) -> float:
    if not math.isfinite(value):
        raise ValueError(f"{value} is no number an event can hold")
    return value


def plain(value: Any) -> Any:
    """Return a nested value as JSON has it: decimals and times as text, without what has no value."""
    if isinstance(value, dict):
        return {str(key): plain(inner) for key, inner in value.items() if inner is not None}
    if isinstance(value, list | tuple):
        return [plain(inner) for inner in value]
    if value is None or isinstance(value, bool | int | str):
        return value
    return _finite(value) if isinstance(value, float) else _text(value)


def _text(value: Any) -> str:
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def explanations(space: Workspace, selection: Selection, row: tuple[Any, ...]) -> Iterator[str]:
    """Yield for each value that could not be computed what DuckDB says when it tries again."""
    import duckdb

    for column in selection.failed(row):
        field, sql, said = (
            ("when", _boolean(selection.rule.when), selection.rule.when)
            if column is None
            else (column.expression.field, column.sql, column.expression.sql)
        )
        reason = "it fails"
        # A cursor of its own, because the rows of the SELECT are still being read.
        with space.connection.cursor() as cursor:
            try:
                cursor.execute(f"SELECT {sql} FROM {selection.origin} WHERE _file = ? AND _line = ?", [row[0], row[1]])
            except duckdb.Error as error:
                reason = first_line(error)
        yield f"{field}: cannot compute {said}: {reason}"
