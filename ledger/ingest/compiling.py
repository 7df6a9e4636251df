"""Compiles the rules of a mapping against the columns there are, and says everything that does not fit."""

from __future__ import annotations

import re

from ledger.errors import Problem
from ledger.ingest.mapping import EventRule, Expression, Mapping
from ledger.ingest.selecting import Column, Selection, boolean
from ledger.ingest.values import on_the_wire, unfit
from ledger.ingest.workspace import Workspace, first_line, identifier

_CONSTANT = re.compile(r"\s*'([^']+)'\s*\Z")
_TERM = r"""(?:[A-Za-z_][A-Za-z0-9_]*|"(?:[^"]|"")+"|'[^']*')"""
_NEVER_FAILS = re.compile(rf"{_TERM}(?:\s*\|\|\s*{_TERM})*\Z")
"""A column, or columns and texts put one after the other."""
_NO_COLUMN = re.compile(r'Referenced (?:column|table) "(.+?)" (?:was )?not found')


def compile_rule(space: Workspace, mapping: Mapping, rule: EventRule) -> tuple[Selection | None, list[Problem]]:
    """Compile one rule against the tables in the workspace; return it, or everything that is wrong with it."""
    have = _columns_of(space, rule)
    problems: list[Problem] = []
    constants: dict[str, str] = {}
    columns: list[Column] = []
    if rule.when:
        problems += _bound(space, rule, "when", boolean(rule.when))[1]
    for expression in rule.expressions:
        constant = _CONSTANT.match(expression.sql)
        if constant and not expression.time:
            constants[expression.field] = constant[1]
            continue
        column, wrong = _column(space, rule, expression, have)
        problems += wrong
        if column is not None:
            columns.append(column)
    if problems:
        return None, problems
    return Selection(rule, mapping.source, columns, constants), []


def _columns_of(space: Workspace, rule: EventRule) -> list[str]:
    found = space.run(f"SELECT * FROM {identifier(rule.origin)} LIMIT 0", rule.label)
    return [column[0] for column in found.description]


def _column(
    space: Workspace, rule: EventRule, expression: Expression, have: list[str]
) -> tuple[Column | None, list[Problem]]:
    # A text that is just a column's name is that column, whatever signs or SQL words it is made of.
    named = expression.sql.strip()
    sql = identifier(named) if named in have else f"(\n{expression.sql}\n)"
    kind, problems = _bound(space, rule, expression.field, sql)
    if problems:
        return None, problems
    if unfit(kind):
        wrong = f"is a {kind}, which no event holds: turn it into text or a number"
        return None, [Problem(f"{rule.label}.{expression.field}", wrong)]
    selected, convert = on_the_wire(expression, sql, kind, rule.precision)
    to_integer = expression.field == "source_sequence" and "INT" not in kind
    risky = to_integer or not (named in have or _NEVER_FAILS.match(named))
    return Column(expression, selected, risky, convert), []


def _bound(space: Workspace, rule: EventRule, field: str, sql: str) -> tuple[str, list[Problem]]:
    """Return the type that an expression has in its table, or what is wrong with it."""
    import duckdb

    try:
        # TRY refuses what must not stand in a field: a subquery, a random value, an aggregate.
        found = space.connection.execute(f"SELECT _line, {sql}, TRY({sql}) FROM {identifier(rule.origin)} LIMIT 0")
    except duckdb.Error as error:
        return "", [Problem(f"{rule.label}.{field}", _explained(space, rule, error))]
    return str(found.description[1][1]), []


def _explained(space: Workspace, rule: EventRule, error: Exception) -> str:
    message = first_line(error)
    absent = _NO_COLUMN.search(message)
    if absent:
        names = ", ".join(_columns_of(space, rule))
        return f"there is no column {absent[1]} in {rule.origin} (it has {names}); a constant text stands in 'quotes'"
    if "TRY" in message or "GROUP BY" in message:
        return "needs more than its row (a subquery, an aggregate, chance): compute it in a query under [queries]"
    return message
