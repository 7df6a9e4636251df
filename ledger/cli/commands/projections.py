"""`projections`: how far the read model is behind the log, and which version of it is live."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import click

from ledger.cli.command import command
from ledger.cli.comparing import comparison_view
from ledger.cli.exits import Exit
from ledger.cli.session import Session
from ledger.cli.words import counted
from ledger.errors import InvalidArgument

if TYPE_CHECKING:
    from ledger.projecting.activate import Activated

TAKES = {"list": (0, 0), "versions": (0, 0), "compare": (0, 2), "activate": (1, 1), "rollback": (0, 0), "drop": (1, 1)}
"""What can be done, and how many versions are named at least and at most."""


@command(
    "projections",
    examples=(
        "customer-ledger projections",
        "customer-ledger projections versions",
        "customer-ledger projections compare",
        "customer-ledger projections compare 3 what-if -f json",
        "customer-ledger projections activate what-if",
        "customer-ledger projections rollback",
        "customer-ledger projections drop 4",
    ),
)
@click.argument(
    "action",
    type=click.Choice(list(TAKES)),
    default="list",
    metavar="[ACTION]",
    help="list (also without an action), versions, compare, activate, rollback or drop.",
)
@click.argument("versions", nargs=-1, metavar="[VERSION]...", help="Versions of the read model, by number or name.")
def run(session: Session, action: str, versions: tuple[str, ...]) -> int:
    """Show how far every projection is, and which versions of them there are.

    list: the version, position and lag of every projection that is live.
    versions: every version of the read model: the live one, those beside it, the one to roll back to.
    compare: what differs between two versions (one: between it and the live one; none: the newest one beside it),
    with the events behind it. Both are brought up to date first. The exit code is 8 where they differ.
    activate: put a version in place of the live one, at once for all readers, with the journey it was made by.
    rollback: put the version that was live before back in place.
    drop: give up a version that is not live.
    """
    _check(action, versions)
    if action == "list":
        return _list(session)
    if action == "versions":
        return _versions(session)
    if action == "compare":
        return _compare(session, versions)
    if action == "drop":
        return _drop(session, versions[0])
    return _put_in_place(session, versions)


def _check(action: str, versions: tuple[str, ...]) -> None:
    least, most = TAKES[action]
    if len(versions) < least:
        raise InvalidArgument(f"name the version to {action}: `customer-ledger projections versions` lists them")
    if len(versions) > most:
        takes = {0: "no version", 1: "one version", 2: "two versions at most"}[most]
        raise InvalidArgument(f"`projections {action}` takes {takes}: leave out {' '.join(versions[most:])}")


def _list(session: Session) -> int:
    import msgspec

    from ledger.events.event import utc
    from ledger.projecting.status import cure_of, status

    rows = [msgspec.to_builtins(one) for one in status(session.store)]
    for row in rows:
        row["built_at"] = None if row["built_at"] is None else utc(row["built_at"]).isoformat()
    session.out.rows(rows, _view)
    if rows and rows[0]["parked"]:
        session.say(
            f"{counted(rows[0]['parked'], 'customer')} set aside, because an event of theirs cannot be read: "
            "see `quarantine list`"
        )
    if any(not row["current"] for row in rows):
        session.say(f"not current: {cure_of(session.store)}")
    elif any(row["lag_events"] for row in rows):
        session.say("behind the log: run `customer-ledger catch-up`")
    return Exit.DONE


def _view(rows: list[dict[str, Any]], _zone: Any) -> Iterable[Any]:
    from ledger.cli.drawing import Shown, table

    columns = (
        Shown("projection", "name"),
        Shown("version", "version", "right"),
        Shown("position", "position", "right"),
        Shown("behind", "lag_events", "right"),
        Shown("seconds", "lag_seconds", "right"),
        Shown("rows", "rows", "right"),
        Shown("current", "current"),
    )
    yield table(columns, rows)


def _versions(session: Session) -> int:
    import msgspec

    from ledger.projecting.listing import versions

    session.out.rows(msgspec.to_builtins(versions(session.store)), _versions_view)
    return Exit.DONE


def _versions_view(rows: list[dict[str, Any]], zone: Any) -> Iterable[Any]:
    from ledger.cli.drawing import Shown, clock, table

    columns = (
        Shown("version", "version", "right"),
        Shown("name", "name"),
        Shown("state", "state"),
        Shown("journey", "journey"),
        Shown("position", "position", "right"),
        Shown("built", "built"),
    )
    yield table(columns, [row | {"built": clock(row["built_at"], zone)} for row in rows])


def _compare(session: Session, names: tuple[str, ...]) -> int:
    import msgspec

    from ledger.projecting.choosing import chosen
    from ledger.projecting.compare import compare

    before, after = chosen(session.store, *(*names, None, None)[:2])
    made = msgspec.to_builtins(compare(session.store, before, after))
    session.out.one(made, comparison_view, flat=made["projections"])
    if made["equal"]:
        return Exit.DONE
    if made["sample"]:
        session.say(f"`explain CUSTOMER --between {before} {after}` tells more of a customer")
    return Exit.DIFFERENT


def _put_in_place(session: Session, names: tuple[str, ...]) -> int:
    import msgspec

    from ledger.projecting.activate import activate, roll_back
    from ledger.projecting.choosing import numbered

    made = activate(session.store, numbered(session.store, names[0])) if names else roll_back(session.store)
    session.out.one(msgspec.to_builtins(made), _activated_view)
    session.say(_told(made))
    return Exit.DONE


def _activated_view(made: Any, _zone: Any) -> Iterable[Any]:
    from ledger.cli.drawing import pairs

    yield pairs({"live": made["version"], "name": made["name"], "before": made["before"], "in force": made["enacted"]})


def _told(made: Activated) -> str:
    enacted = f"; with it its {' and '.join(made.enacted)} in force" if made.enacted else ""
    back = "" if made.before is None else f"; `projections rollback` puts version {made.before} back"
    return f"version {made.version} of the read model is live{enacted}{back}"


def _drop(session: Session, name: str) -> int:
    from ledger.projecting.activate import drop
    from ledger.projecting.choosing import numbered

    version = numbered(session.store, name)
    drop(session.store, version)
    session.say(f"version {version} of the read model is given up")
    return Exit.DONE
