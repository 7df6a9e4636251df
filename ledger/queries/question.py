"""What is asked of the metrics: the split, the filters, the window, and from when and by what the log is read."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import cache
from typing import Any, Literal, TypedDict, get_args, get_type_hints

from msgspec import Struct, ValidationError, convert, structs

from ledger.errors import InvalidArgument
from ledger.metrics.metric import Option
from ledger.schemas.definitions import Definitions

Per = Literal["case", "interaction", "customer"]
"""What a sequence of events is of: a case, an interaction, or a customer."""

Step = Literal["touchpoint", "type"]
"""What a step is called: its touchpoint_id (the type where there is none), or always its type."""

SEGMENT = "segment"


class Asked(TypedDict, total=False):
    """The keywords of `metrics`; `Question` says what each means."""

    by: str | Sequence[str]
    where: Mapping[str, str]
    since: int | None
    before: int | None
    as_of: int | None
    known_at: int | None
    zone: str | None
    journey: Definitions | None
    from_type: str | None
    to_type: str | None
    per: Per
    step: Step
    kind: str | None
    measure: str | None
    currency: str | None
    within: int | None
    top: int


class Question(Struct, frozen=True, kw_only=True):
    """A question to the metrics; times are microseconds since 1970 UTC.

    `by` splits: stage, channel, department, segment:SCHEME, month, punctuality, kind, …; `where` keeps the rows
    whose value of such a key is the given one (`unknown` where there is none). The window is [`since`, `before`).
    `as_of` bounds what had happened, `known_at` what was recorded. `zone` and `journey` replace those in force.
    `from_type` and `to_type` are types of event for time_between, stages for conversion. `per` and `step` say
    what time_between, transitions and variants look at. `kind` is the kind of case (case, feedback, order),
    `measure` one of volume's, `currency` the only one to tell, `within` a window in microseconds in place of the
    metric's own, `top` how many variants to show. A metric names those it takes in its `options`.
    """

    by: tuple[str, ...] = ()
    where: tuple[tuple[str, str], ...] = ()
    since: int | None = None
    before: int | None = None
    as_of: int | None = None
    known_at: int | None = None
    zone: str | None = None
    journey: Definitions | None = None
    from_type: str | None = None
    to_type: str | None = None
    per: Per = "case"
    step: Step = "touchpoint"
    kind: str | None = None
    measure: str | None = None
    currency: str | None = None
    within: int | None = None
    top: int = 10

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys that rows are split by or kept by."""
        return (*self.by, *(key for key, _ in self.where))

    def always_by(self, key: str) -> Question:
        """Return the question split by `key` too."""
        return self if key in self.by else structs.replace(self, by=(*self.by, key))

    def without(self, keys: Collection[str]) -> Question:
        """Return the question neither split by these keys nor kept by them."""
        return structs.replace(
            self,
            by=tuple(key for key in self.by if key not in keys),
            where=tuple((key, value) for key, value in self.where if key not in keys),
        )

    def definitions(self, in_force: Definitions) -> Definitions:
        """Return the definitions to fold under."""
        definitions = self.journey if self.journey is not None else in_force
        return structs.replace(definitions, zone=self.zone) if self.zone is not None else definitions


def question(asked: Asked) -> Question:
    """Return the question that keywords ask. Raises InvalidArgument."""
    _demand_known(asked)
    _demand_typed(asked)
    by = asked.get("by", ())
    keywords = {
        **asked,
        "by": tuple(dict.fromkeys([by] if isinstance(by, str) else by)),
        "where": tuple(asked.get("where", {}).items()),
    }
    made = Question(**keywords)  # type: ignore[arg-type]  # the keywords of Asked are its fields
    for key in made.keys:
        if key in (SEGMENT, f"{SEGMENT}:"):
            raise InvalidArgument("a segment belongs to a scheme: write segment:SCHEME, as in segment:tier")
    if made.top < 1:
        raise InvalidArgument(f"the first {made.top} cannot be told: ask for 1 or more")
    if made.within is not None and made.within < 0:
        raise InvalidArgument(f"{made.within} microseconds are no window: `within` is not below 0")
    if made.since is not None and made.before is not None and made.since >= made.before:
        raise InvalidArgument("the window ends before it begins: `since` must be earlier than `before`")
    return made


def _demand_known(asked: Asked) -> None:
    for name, known in (("per", get_args(Per)), ("step", get_args(Step))):
        if asked.get(name, known[0]) not in known:
            raise InvalidArgument(f"{asked.get(name)!r} is no `{name}`: choose from {', '.join(known)}")


def _demand_typed(asked: Asked) -> None:
    """Refuse what is no keyword of a question, and what is not of its keyword's type."""
    for name, given in asked.items():
        if name not in Asked.__annotations__:
            raise InvalidArgument(f"there is no `{name}` to ask for: choose from {', '.join(Asked.__annotations__)}")
        try:
            convert(given, _hints()[name])
        except ValidationError:
            # What a person wrote in `Asked` says more than the name of a type.
            wanted = Asked.__annotations__[name].__forward_arg__
            raise InvalidArgument(f"`{name}` cannot be {given!r}: give {wanted}; lengths are microseconds") from None


@cache
def _hints() -> dict[str, Any]:
    return get_type_hints(Asked)


def options(asked: Asked) -> list[Option]:
    """Return the options that are given, beside split, window and times."""
    return [option for option in get_args(Option) if asked.get(option) is not None]


def dimension(key: str) -> str:
    """Return the dimension of a key: `segment` of `segment:tier`, any other is its own."""
    return SEGMENT if key.startswith(f"{SEGMENT}:") else key
