"""`identities`: which customers may be one person, and the decision that they are or are not."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from typing import Any

import click

from ledger.cli.command import command, typed
from ledger.cli.session import Session
from ledger.cli.words import counted
from ledger.errors import InvalidArgument

TAKES = {"suggest": 0, "apply": 0, "merge": 2, "unmerge": 2, "reject": 2, "decided": 0}
"""What can be done, and how many names it takes."""

ALLOWED = {
    "suggest": {"namespaces", "most", "again", "values"},
    "apply": {"namespaces", "most", "again", "yes", "source"},
    "merge": {"evidence", "source"},
    "unmerge": {"why", "source"},
    "reject": {"why", "source"},
    "decided": set[str](),
}
"""The options that have a meaning for each."""

SUGGESTED = (
    "verdict", "namespace", "mark", "value", "customers", "customer_ids", "agree", "differ", "evidence", "because",
)  # fmt: skip
RULED = ("into", "from", "namespaces", "differ", "evidence", "refused", "merged")
WRITTEN = ("event_id", "source", "position", "version", "recorded")
DECIDED = (
    "from", "into", "source", "event_id", "recorded_at", "evidence", "undone", "undone_by", "undone_at", "why",
)  # fmt: skip


@command(
    "identities",
    examples=(
        "customer-ledger identities suggest",
        "customer-ledger identities apply --namespaces email,card",
        "customer-ledger identities apply --namespaces email,card --yes",
        "customer-ledger identities merge shop-7 c-42 --evidence 'same passport'",
        "customer-ledger identities reject c-7 c-42 --why 'they share a telephone'",
        "customer-ledger identities decided -f json",
        "customer-ledger identities unmerge identities merge-0f3c --why 'two people'",
    ),
)
@click.argument(
    "action",
    type=click.Choice(list(TAKES)),
    default="suggest",
    metavar="[ACTION]",
    help="suggest (also without an action), apply, merge, unmerge, reject or decided.",
)
@click.argument(
    "names", nargs=-1, metavar="[NAME]...", help="merge: FROM INTO; unmerge: SOURCE EVENT_ID; reject: two customers."
)
@click.option(
    "--namespaces", metavar="NAMES", help="suggest, apply: identifiers of these namespaces, as in email,card."
)
@click.option(
    "--most",
    type=click.IntRange(min=2),
    metavar="N",
    help="suggest, apply: a value that more share is too common.  [default: 5]",
)
@click.option("--again", is_flag=True, help="suggest, apply: propose those too who were told apart before.")
@click.option("--values", is_flag=True, help="suggest: tell the values themselves, which are personal.")
@click.option("--yes", is_flag=True, help="apply: record the merges; else they are only shown.")
@click.option("--evidence", metavar="TEXT", help="merge: why they are one person. It is kept as a personal field.")
@click.option("--why", metavar="TEXT", help="unmerge, reject: why they are not. Name nobody: it stands in the clear.")
@click.option("--source", metavar="NAME", help="all that decide: whose decision it is.  [default: identities]")
def run(session: Session, action: str, names: tuple[str, ...], **given: Any) -> None:
    """Find customers of different sources that may be one person, and decide.

    suggest: the values that customers share and who they are, those first who agree in most and differ in least.
    Never proposed: a value that more than --most share (a shop's own number) and those who were told apart before. A
    household that shares a number is proposed: see in what else they agree or differ.

    apply: the rule that who shares a value in one of the namespaces is one person. It shows what it would merge,
    and records it with --yes; a chain of more than --most customers is refused.

    merge: FROM lives on in INTO. unmerge: the merge that an event told was wrong. reject: the two are not one person,
    and never were merged. Each writes nothing the second time.

    decided: every decision, with whose it was and why, and the names that unmerge takes.

    Every event stays on its own stream, so an unmerge loses nothing. Values are told as marks: equal marks are equal
    values. Figures follow with the next `catch-up`, which computes only the touched customers again.
    """
    told = {name: value for name, value in given.items() if value not in (None, False)}
    options = {name: value for name, value in told.items() if name in ALLOWED[action] or typed(name)}
    _check(action, names, options)
    {
        "suggest": _suggest,
        "apply": _apply,
        "merge": _merge,
        "unmerge": _unmerge,
        "reject": _reject,
        "decided": _decided,
    }[action](session, names, options)


def _check(action: str, names: tuple[str, ...], options: dict[str, Any]) -> None:
    if len(names) != TAKES[action]:
        takes = {"merge": "FROM and INTO, two customers", "unmerge": "SOURCE and EVENT_ID of the merge"}
        takes["reject"] = "two customers"
        raise InvalidArgument(f"`identities {action}` takes {takes.get(action, 'no name')}")
    if wrong := sorted(options.keys() - ALLOWED[action]):
        raise InvalidArgument(f"--{wrong[0]} has no meaning for `identities {action}`: leave it out")
    if action == "merge" and "evidence" not in options:
        raise InvalidArgument(
            "say why they are one person with --evidence TEXT: who reads it later must be able to tell"
        )


def _sought(options: dict[str, Any]) -> dict[str, Any]:
    sought = {name: value for name, value in options.items() if name in ("most", "again", "values")}
    namespaces = options.get("namespaces", "").split(",")
    return sought | {"namespaces": [name.strip() for name in namespaces if name.strip()]}


def _suggest(session: Session, _names: tuple[str, ...], options: dict[str, Any]) -> None:
    import msgspec

    from ledger.queries.identities import suggest

    rows = msgspec.to_builtins(suggest(session.store, **_sought(options)))
    session.out.rows(rows, _suggested_view, columns=SUGGESTED)
    _doubt_namespaces(session, options)
    proposed = sum(row["verdict"] == "proposed" for row in rows)
    session.say(f"{counted(proposed, 'shared value')} proposed, {len(rows) - proposed} not")


def _doubt_namespaces(session: Session, options: dict[str, Any]) -> None:
    """Say in which of the namespaces asked for nobody is known, as in a misspelt one."""
    from ledger.queries.identities import unknown_namespaces

    if asked := _sought(options)["namespaces"]:
        for name, near in unknown_namespaces(session.store, asked).items():
            session.say(f"nobody is known by a {name!r}: {near}")


def _apply(session: Session, _names: tuple[str, ...], options: dict[str, Any]) -> None:
    from ledger.commands import DECISIONS, Merger, merge
    from ledger.queries.identities import clusters

    found = clusters(session.store, **_sought(options))
    kept = [one for one in found if one.refused is None]
    mergers = [Merger(from_=name, into=one.into, evidence=one.evidence) for one in kept for name in one.from_]
    written = merge(session.store, mergers, source=options.get("source", DECISIONS)) if "yes" in options else []
    rows = [
        {
            "into": one.into,
            "from": one.from_,
            "namespaces": one.namespaces,
            "differ": one.differ,
            "evidence": one.evidence,
            "refused": one.refused,
            "merged": one.refused is None and "yes" in options,
        }
        for one in found
    ]
    session.out.rows(rows, _ruled_view, columns=RULED)
    _doubt_namespaces(session, options)
    refused = f", {counted(len(found) - len(kept), 'chain')} refused" if len(found) > len(kept) else ""
    if "yes" in options:
        session.say(
            f"{counted(len(written), 'merge')} recorded{refused}: run `customer-ledger catch-up` for the figures"
        )
    else:
        session.say(f"{counted(len(mergers), 'merge')} to record{refused}: nothing is recorded without --yes")
        if differing := sum(bool(one.differ) for one in kept):
            session.say(
                f"{differing} of {len(kept)} would join customers who differ in something else: look at them first"
            )


def _merge(session: Session, names: tuple[str, ...], options: dict[str, Any]) -> None:
    from ledger.cli.drawing import clock
    from ledger.commands import DECISIONS, Merger, merge
    from ledger.queries.decisions import told_apart

    from_, into = names
    before = told_apart(session.store, from_, into)
    merger = Merger(from_=from_, into=into, evidence=options["evidence"])
    written = merge(session.store, [merger], source=options.get("source", DECISIONS))
    _say_written(session, written, "they are one customer already")
    for one in before if written else ():
        why = f": {one.why}" if one.why else ""
        session.say(
            f"this overrules {one.undone_by}, by whom they were told apart on "
            f"{clock(one.undone_at, session.store.context.zone)}{why}"
        )


def _unmerge(session: Session, names: tuple[str, ...], options: dict[str, Any]) -> None:
    from ledger.commands import DECISIONS, unmerge

    decided_by = options.get("source", DECISIONS)
    written = unmerge(session.store, *names, why=options.get("why"), decided_by=decided_by)
    _say_written(session, written, "that merge is undone already")


def _reject(session: Session, names: tuple[str, ...], options: dict[str, Any]) -> None:
    from ledger.commands import DECISIONS, reject

    written = reject(session.store, *names, why=options.get("why"), source=options.get("source", DECISIONS))
    _say_written(session, written, "they were told apart already")


def _say_written(session: Session, written: Iterable[Any], otherwise: str) -> None:
    rows = [{name: getattr(place, name) for name in WRITTEN} for place in written]
    session.out.rows(rows, _written_view, columns=WRITTEN)
    session.say(
        "recorded: run `customer-ledger catch-up` for the figures" if rows else f"nothing to record: {otherwise}"
    )


def _decided(session: Session, _names: tuple[str, ...], _options: dict[str, Any]) -> None:
    import msgspec

    from ledger.queries.decisions import decided

    rows = [
        {name.rstrip("_"): value for name, value in msgspec.to_builtins(one).items()} for one in decided(session.store)
    ]
    session.out.rows(rows, _decided_view, columns=DECIDED)


def _suggested_view(rows: list[dict[str, Any]], _zone: Any) -> Iterable[Any]:
    from ledger.cli.drawing import Shown, plain, table

    if not rows:
        yield plain("no two customers share an identifier")
        return
    told = Shown("value", "value") if any(row["value"] for row in rows) else Shown("mark", "mark")
    about = {
        "proposed": (Shown("customers", "customer_ids"), Shown("same", "agree"), Shown("differ", "differ")),
        "rejected": (Shown("customers", "customer_ids"), Shown("because", "because")),
        "too common": (Shown("namespace", "namespace"), Shown("customers", "customers", "right")),
    }
    for verdict, alike in groupby(rows, key=lambda row: str(row["verdict"])):
        yield table((told, *about[verdict]), list(alike), title=verdict)
        yield plain("")


def _ruled_view(rows: list[dict[str, Any]], _zone: Any) -> Iterable[Any]:
    from ledger.cli.drawing import Shown, plain, table

    if not rows:
        yield plain("nobody shares such a value who is not one customer already")
        return
    columns = (Shown("into", "into"), Shown("from", "from"), Shown("same", "namespaces"), Shown("differ", "differ"))
    refused = (Shown("refused", "refused"),) if any(row["refused"] for row in rows) else ()
    yield table((*columns, *refused), rows)


def _written_view(rows: list[dict[str, Any]], _zone: Any) -> Iterable[Any]:
    from ledger.cli.drawing import pairs

    for row in rows:
        yield pairs({"recorded as": row["event_id"], "source": row["source"], "position": row["position"]})


def _decided_view(rows: list[dict[str, Any]], zone: Any) -> Iterable[Any]:
    from ledger.cli.drawing import Shown, clock, plain, stacked, table

    if not rows:
        yield plain("nobody was merged")
        return
    # An event_id is long, and to be copied whole: what goes with it stands above it.
    columns = (Shown("from, into", "who"), Shown("source, event_id", "event", fold=False), Shown("decided", "since"))
    yield table(
        columns,
        [
            {
                "who": stacked([row["from"], row["into"]]),
                "event": stacked([row["source"], row["event_id"]]),
                "since": stacked([clock(row["recorded_at"], zone), *["undone"] * row["undone"]]),
            }
            for row in rows
        ],
    )
